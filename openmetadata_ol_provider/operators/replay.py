"""Put dead letters back onto their topics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from openmetadata_ol_provider.operators._base import airflow_errors, as_topics, batch_limits, dead_letter_target

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class ReplayDeadLettersOperator(BaseOperator):
    """Put the dead letters that came since the last time back onto their topics, for the next run to read them again.

    Each goes back as it came (key, value, headers, timestamp, partition), each delivery is confirmed, then the
    checkpoint of the dead-letter topic moves. A header counts how often a message was put back; it stays with the
    message when it fails again, and after ``max_replays`` times the message is left alone, and reported.

    :param topics: topics that messages may go back to; one that begins with ``^`` is a regular expression
    :param kafka_config_id: Airflow connection of type ``kafka``
    :param dead_letter_topic: where the letters are (default: ``[openmetadata_ol] dead_letter_topic``, else
        ``<topic>.dead-letter``)
    :param target_topic: put all of them on this topic instead of where they came from
    :param max_replays: leave a message alone that was put back so often
    :param keep_timestamp: with their first timestamps; ``False``: with now's, where retention would delete old ones
    :param max_events: most messages in one batch (default: ``[openmetadata_ol] max_events``)
    :param max_bytes: most bytes in one batch (default: ``[openmetadata_ol] max_bytes``)
    :param max_duration: seconds after which no further batch is begun (default: ``[openmetadata_ol] max_duration``)
    :param dry_run: report what would be put back; nothing is sent, nothing moves
    :param state_key: Variable with the checkpoint of the letters (default: made of their topics, shared with
        ``openmetadata-ol dlq replay``)
    :return: the report as plain JSON: numbers of letters read, replayed, exhausted, foreign
    """

    template_fields: Sequence[str] = ("topics", "kafka_config_id", "dead_letter_topic", "target_topic", "state_key")
    ui_color = "#f7d7d7"

    def __init__(
        self,
        *,
        topics: str | Sequence[str],
        kafka_config_id: str = "kafka_default",
        dead_letter_topic: str | None = None,
        target_topic: str | None = None,
        max_replays: int = 3,
        keep_timestamp: bool = True,
        max_events: int | None = None,
        max_bytes: int | None = None,
        max_duration: float | None = None,
        dry_run: bool = False,
        state_key: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.topics = topics
        self.kafka_config_id = kafka_config_id
        self.dead_letter_topic = dead_letter_topic
        self.target_topic = target_topic
        self.max_replays = max_replays
        self.keep_timestamp = keep_timestamp
        self.max_events = max_events
        self.max_bytes = max_bytes
        self.max_duration = max_duration
        # Not self.dry_run: that is a method of BaseOperator.
        self.is_dry_run = dry_run
        self.state_key = state_key

    def execute(self, context: Context) -> dict[str, Any]:
        """Put them back."""
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
        from openmetadata_ol_provider.ingestion.dead_letters import Rules, default_key, letter_topics, replay_new

        with airflow_errors():
            topics = as_topics(self.topics)
            where = letter_topics(topics, dead_letter_target(self).topic)
            report = replay_new(
                OpenLineageKafkaHook(self.kafka_config_id),
                Rules(topics, where, self.target_topic, self.max_replays, self.keep_timestamp),
                self.state_key or default_key(where),
                bounds=batch_limits(self),
                dry_run=self.is_dry_run,
            )
        self.log.info(
            "%d dead letters read: %d put back, %d left alone after %d times, %d that may go nowhere%s",
            report.read,
            report.replayed,
            report.exhausted,
            self.max_replays,
            report.foreign,
            "; more are waiting" if report.more else "",
        )
        return report.to_dict()

"""Put dead letters back on their topics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from openmetadata_ol_provider.ingestion.parameters import check_count
from openmetadata_ol_provider.operators._base import (
    airflow_errors,
    batch_limits,
    dead_letter_target,
    parse_bool,
    topic_list,
)
from openmetadata_ol_provider.operators._literals import CheckedParameters, check_literals
from openmetadata_ol_provider.operators._openlineage import OwnLineage

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class ReplayDeadLettersOperator(CheckedParameters, OwnLineage, BaseOperator):
    """Put dead letters that are new since the last replay back on their topics, so that the next run reads them again.

    Each message goes back unchanged (key, value, headers, timestamp, partition), each delivery is confirmed, then the
    checkpoint of the dead-letter topic moves. A header counts how often a message was put back; it stays with the
    message when it fails again, and after ``max_replays`` replays the message is skipped and reported.

    :param topics: topics that messages may go back to: names, or regular expressions when they start with ``^``
    :param kafka_config_id: Airflow connection of type ``kafka``
    :param dead_letter_topic: topic of the dead letters (default: ``[openmetadata_ol] dead_letter_topic``, else
        ``<topic>.dead-letter``)
    :param target_topic: topic for all messages (default: the topics they came from)
    :param max_replays: number of replays after which a message is skipped
    :param keep_timestamp: ``True`` to send the original timestamps; ``False``: the current time, for topics whose
        retention would delete old messages
    :param max_events: largest number of messages in one batch (default: ``[openmetadata_ol] max_events``)
    :param max_bytes: largest size of the messages in one batch, in bytes (default: ``[openmetadata_ol] max_bytes``)
    :param max_duration: seconds after which no further batch begins (default: ``[openmetadata_ol] max_duration``)
    :param dry_run: ``True`` to report only what would be put back; nothing is sent and nothing moves
    :param state_key: Variable with the checkpoint of the dead-letter topics (default: derived from their names, shared
        with ``openmetadata-ol dlq replay``)
    :return: the report as plain JSON: numbers of dead letters read, replayed, exhausted, foreign
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
        self.keep_timestamp = parse_bool("keep_timestamp", keep_timestamp)
        self.max_events = max_events
        self.max_bytes = max_bytes
        self.max_duration = max_duration
        # Not self.dry_run: that is a method of BaseOperator.
        self.is_dry_run = parse_bool("dry_run", dry_run)
        self.state_key = state_key
        check_count("max_replays", max_replays)
        check_literals(self)

    def execute(self, context: Context) -> dict[str, Any]:
        """Put the dead letters back."""
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
        from openmetadata_ol_provider.ingestion.dead_letters import (
            ReplayRules,
            dead_letter_topics,
            default_key,
            replay_new,
        )
        from openmetadata_ol_provider.openlineage.listing import counted

        activity = self.begin_activity()
        with airflow_errors():
            topics = topic_list(self.topics)
            sources = dead_letter_topics(topics, dead_letter_target(self).topic)
            hook = OpenLineageKafkaHook(self.kafka_config_id)
            activity.read(hook.settings.bootstrap, sources)
            report = replay_new(
                hook,
                ReplayRules(topics, sources, self.target_topic, self.max_replays, self.keep_timestamp),
                self.state_key or default_key(sources),
                limits=batch_limits(self),
                dry_run=self.is_dry_run,
            )
            if report.replayed and not self.is_dry_run and (target := self._only_target(topics)):
                activity.write(hook.settings.bootstrap, [target])
        counts = {name: getattr(report, name) for name in ("read", "replayed", "repeated", "exhausted", "foreign")}
        activity.counts = {"dryRun": self.is_dry_run, "outcomes": {"deadLetters": counts}}
        self.log.info(
            "%s read: %d put back, %d skipped because another letter of their message was read before, %d skipped "
            "after %s, %d skipped without an allowed topic%s",
            counted(report.read, "dead letter"),
            report.replayed,
            report.repeated,
            report.exhausted,
            counted(self.max_replays, "replay"),
            report.foreign,
            "; more are waiting" if report.more else "",
        )
        return report.to_dict()

    def _only_target(self, topics: Sequence[str]) -> str | None:
        """Return the topic that all dead letters are put back into; ``None`` if there may be several."""
        if self.target_topic or len(topics) != 1:
            return self.target_topic
        return None if topics[0].startswith("^") else topics[0]

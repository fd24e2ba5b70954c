"""Kafka for OpenLineage: the Kafka provider's own connection type, read in bounded batches, never auto-committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.apache.kafka.hooks.base import KafkaBaseHook

from openmetadata_ol_provider.exceptions import ConfigError, OpenLineageProviderError
from openmetadata_ol_provider.kafka.backlog import BacklogQuery
from openmetadata_ol_provider.kafka.data_loss import GO_ON, OnLoss
from openmetadata_ol_provider.kafka.dead_letters import send_back, send_dead_letters
from openmetadata_ol_provider.kafka.group_offsets import commit_offsets
from openmetadata_ol_provider.kafka.messages import DeadLetter, Outgoing, ReadResult
from openmetadata_ol_provider.kafka.offsets import Backlog, Checkpoint
from openmetadata_ol_provider.kafka.reader import BacklogReader
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, StartPoint

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Connection
    from confluent_kafka import Consumer


class _ConfigHook(KafkaBaseHook):
    """Builds the librdkafka settings the Kafka provider's way (cloud tokens, callbacks) and returns just them."""

    def __init__(self, kafka_config_id: str, connection: Connection | None) -> None:
        super().__init__(kafka_config_id)  # type: ignore[no-untyped-call]
        self.connection = connection

    def get_connection(self, conn_id: str) -> Connection:  # type: ignore[override]
        return self.connection or super().get_connection(conn_id)

    def _get_client(self, config: dict[str, Any]) -> dict[str, Any]:
        return config


class OpenLineageKafkaHook(KafkaBaseHook):
    """Reads OpenLineage messages from Kafka, puts unusable ones on a dead-letter topic, commits for lag tools.

    It uses a connection of the Kafka provider's type ``kafka``: all of librdkafka's settings in the extra, of which
    ``bootstrap.servers`` is mandatory and ``group.id`` defaults to ``openmetadata-openlineage``. No group is joined:
    partitions are assigned explicitly, and ``enable.auto.commit`` is always false.

    :param kafka_config_id: Airflow connection id
    """

    def __init__(self, kafka_config_id: str = KafkaBaseHook.default_conn_name) -> None:
        super().__init__(kafka_config_id)  # type: ignore[no-untyped-call]
        self._connection: Connection | None = None

    @cached_property
    def settings(self) -> KafkaSettings:
        """The connection's settings, checked.

        :raises ConfigError: if the connection is missing, has no ``bootstrap.servers``, or turns auto-commit on
        """
        from airflow.providers.common.compat.sdk import AirflowNotFoundException

        try:
            config = _ConfigHook(self.kafka_config_id, self._connection).get_conn
        except AirflowNotFoundException:
            raise self._missing() from None
        except ValueError as error:
            raise ConfigError(
                f"Kafka connection {self.kafka_config_id!r}: {error} Correct the connection's extra"
            ) from None
        return KafkaSettings(self.kafka_config_id, config)

    async def load_connection(self) -> None:
        """Fetch the connection without blocking the event loop; for triggers, before any other call.

        :raises ConfigError: if the connection is missing
        """
        from airflow.providers.common.compat.sdk import AirflowNotFoundException

        try:
            if hasattr(self, "aget_connection"):
                self._connection = await self.aget_connection(self.kafka_config_id)
            else:
                # Airflow 2: asking for it asynchronously is not possible.
                import asyncio

                self._connection = await asyncio.to_thread(self.get_connection, self.kafka_config_id)
        except AirflowNotFoundException:
            raise self._missing() from None

    def query(self) -> BacklogQuery:
        """Return an open query, a context manager, for asking where things stand repeatedly over one connection.

        :raises ConfigError: if the connection is wrong
        """
        return BacklogQuery(self.settings)

    def backlog(
        self,
        topics: Sequence[str],
        checkpoint: Checkpoint,
        exclude: Sequence[str] = (),
        start: StartPoint = OWN_GROUP,
        takes: Callable[[str, int], bool] | None = None,
    ) -> Backlog:
        """Return what is still to be read, from watermarks only: joins no group, commits nothing.

        :param topics: names, or regular expressions when they start with ``^``
        :param checkpoint: topic -> partition -> next offset
        :param exclude: topics that a regular expression shall not match, such as the dead-letter topic
        :param start: where partitions start that the checkpoint does not name; by default at the group's committed
            offset, else where ``auto.offset.reset`` says (``earliest`` by default)
        :param takes: tells which partitions (topic, number) are asked about: those of a lane
        :raises UnknownTopicError: if a topic does not exist or nothing matches a pattern
        :raises ConfigError: if the connection is wrong, or credentials or rights are refused
        :raises KafkaError: if the broker does not answer
        """
        with self.query() as query:
            return query.backlog(topics, checkpoint, exclude, start, takes)

    def positions(
        self,
        topics: Sequence[str],
        start: StartPoint,
        exclude: Sequence[str] = (),
        takes: Callable[[str, int], bool] | None = None,
    ) -> dict[str, dict[str, int]]:
        """Return where a start lies, in the form of a checkpoint.

        :param topics: names, or regular expressions when they start with ``^``
        :param start: partitions are left out of which a group has committed nothing, or that given offsets do not name
        :param takes: as for :meth:`backlog`
        :raises ConfigError: also if a given offset is not within what the partition holds, or the group has none
        :raises KafkaError: if the broker does not answer
        """
        with self.query() as query:
            return query.positions(topics, start, exclude, takes)

    def reader(self, backlog: Backlog, on_loss: OnLoss = GO_ON) -> BacklogReader:
        """Return a reader, a context manager, that reads the backlog batch after batch over one connection.

        :param on_loss: what to do when retention has deleted what is to be read
        :raises ConfigError: if the connection is wrong
        :raises DataLossError: if that is so, and is not to be passed over
        """
        return BacklogReader(self.settings, backlog, on_loss)

    def read(
        self,
        backlog: Backlog,
        *,
        max_messages: int,
        max_bytes: int,
        max_duration: float,
        on_loss: OnLoss = GO_ON,
    ) -> ReadResult:
        """Read one bounded batch of the backlog.

        :param max_messages: at most so many messages
        :param max_bytes: at most so many bytes, but always one message
        :param max_duration: at most so many seconds
        :param on_loss: what to do when retention has deleted what is to be read
        :raises KafkaError: if there is something to read and nothing came
        :raises DataLossError: if something is lost, and that is not to be passed over
        :raises ConfigError: if the connection or a bound is wrong
        """
        with self.reader(backlog, on_loss) as reader:
            return reader.read(max_messages=max_messages, max_bytes=max_bytes, max_duration=max_duration)

    def dead_letter(self, letters: Sequence[DeadLetter], topic: str) -> int:
        """Put messages on the dead-letter topic and wait until the broker has confirmed each of them.

        :return: how many were sent
        :raises DeadLetterError: if one was not confirmed
        """
        return send_dead_letters(self.settings, letters, topic)

    def send_back(self, messages: Sequence[Outgoing]) -> int:
        """Put messages (dead letters that are replayed) on topics and wait until each of them is confirmed.

        :return: how many were sent
        :raises KafkaError: if one was not confirmed
        :raises ConfigError: if a topic may not be written
        """
        return send_back(self.settings, messages)

    def commit(self, offsets: Mapping[str, Mapping[int, int]]) -> None:
        """Commit next offsets for the group, for lag tools; nothing happens when there are none.

        :param offsets: topic -> partition -> next offset
        :raises KafkaError: if the broker refuses or does not answer
        """
        commit_offsets(self.settings, offsets)

    def test_connection(self) -> tuple[bool, str]:
        """Test the connection, for the UI and the command line: settings, reachability, credentials."""
        try:
            with self.query() as query:
                return True, f"Connected to {self.settings.bootstrap}: {query.count_topics()} topics."
        except OpenLineageProviderError as error:
            return False, str(error)

    def _missing(self) -> ConfigError:
        return ConfigError(
            f"Kafka connection {self.kafka_config_id!r} does not exist; create it: airflow connections add "
            f'{self.kafka_config_id} --conn-type kafka --conn-extra \'{{"bootstrap.servers": "host:9092"}}\''
        )

    def _get_client(self, config: dict[str, Any]) -> Consumer:
        """Return what ``get_conn`` gives: a consumer, neither subscribed nor assigned."""
        return KafkaSettings(self.kafka_config_id, config).consumer()[0]

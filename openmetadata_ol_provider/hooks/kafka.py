"""The Kafka hook: connections of the Kafka provider's own type, read in bounded batches and never auto-committed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.apache.kafka.hooks.base import KafkaBaseHook

from openmetadata_ol_provider.exceptions import ConfigError, OpenLineageProviderError
from openmetadata_ol_provider.hooks._extra import unreadable_variable
from openmetadata_ol_provider.hooks._kafka_extra import check_kafka_extra
from openmetadata_ol_provider.kafka.backlog import BacklogQuery
from openmetadata_ol_provider.kafka.cluster import PartitionFilter
from openmetadata_ol_provider.kafka.data_loss import CONTINUE, DataLossPolicy
from openmetadata_ol_provider.kafka.dead_letters import send_dead_letters, send_replayed
from openmetadata_ol_provider.kafka.group_offsets import commit_offsets
from openmetadata_ol_provider.kafka.messages import DeadLetter, OutgoingMessage, ReadResult
from openmetadata_ol_provider.kafka.offsets import Backlog
from openmetadata_ol_provider.kafka.reader import BacklogReader
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, StartPosition
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.positions import Checkpoint

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Connection
    from confluent_kafka import Consumer


class _ConfigHook(KafkaBaseHook):
    """Returns the librdkafka settings that the Kafka provider builds (with cloud tokens and callbacks) as they are."""

    def __init__(self, kafka_config_id: str, connection: Connection | None) -> None:
        super().__init__(kafka_config_id)  # type: ignore[no-untyped-call]
        self.connection = connection

    def get_connection(self, conn_id: str) -> Connection:  # type: ignore[override]
        connection = self.connection or super().get_connection(conn_id)
        check_kafka_extra(connection)
        return connection

    def _get_client(self, config: dict[str, Any]) -> dict[str, Any]:
        return config


class OpenLineageKafkaHook(KafkaBaseHook):
    """Reads OpenLineage messages from Kafka, writes malformed ones to a dead-letter topic, commits for lag tools.

    It uses a connection of the Kafka provider's type ``kafka`` with librdkafka's settings in the extra:
    ``bootstrap.servers`` is mandatory, ``group.id`` defaults to a group of the DAG's own. No group is joined:
    partitions are assigned explicitly, and ``enable.auto.commit`` is always false.

    :param kafka_config_id: Airflow connection id
    :param default_group: group if the connection sets no ``group.id``; operators and sensor give
        ``openmetadata-openlineage.<DAG id>.<digest of the topics>`` (default: ``openmetadata-openlineage``)
    """

    def __init__(
        self, kafka_config_id: str = KafkaBaseHook.default_conn_name, default_group: str | None = None
    ) -> None:
        super().__init__(kafka_config_id)  # type: ignore[no-untyped-call]
        self.default_group = default_group
        self._connection: Connection | None = None

    @cached_property
    def settings(self) -> KafkaSettings:
        """The connection's settings, checked.

        :raises ConfigError: if the connection is missing, has no ``bootstrap.servers``, turns auto-commit on, or needs
            a package that is not installed
        """
        from airflow.providers.common.compat.sdk import (
            AirflowNotFoundException,
            AirflowOptionalProviderFeatureException,
        )

        try:
            config = _ConfigHook(self.kafka_config_id, self._connection).get_conn
        except AirflowNotFoundException:
            raise self._missing() from None
        except ConfigError as error:
            raise ConfigError(f"Kafka connection {self.kafka_config_id!r}: {error}") from None
        except ValueError as error:
            raise ConfigError(
                f"Kafka connection {self.kafka_config_id!r}: {error} Correct the connection's extra"
            ) from None
        except (AirflowOptionalProviderFeatureException, ImportError) as error:
            # Logins of clouds, and callbacks named in the extra.
            raise ConfigError(
                f"Kafka connection {self.kafka_config_id!r}: {error}; install what it needs on every worker and the "
                "triggerer, or correct the connection's extra"
            ) from None
        return KafkaSettings(self.kafka_config_id, config, self.default_group)

    async def load_connection(self) -> None:
        """Fetch the connection without blocking the event loop; triggers call this before any other method.

        :raises ConfigError: if the connection is missing
        """
        from airflow.providers.common.compat.sdk import AirflowNotFoundException

        from openmetadata_ol_provider.hooks._loading import load_connection

        try:
            self._connection = await load_connection(self, self.kafka_config_id)
        except AirflowNotFoundException:
            raise self._missing() from None

    def query(self) -> BacklogQuery:
        """Return an open query, a context manager, for repeated requests over one connection.

        :raises ConfigError: if the connection is wrong
        """
        return BacklogQuery(self.settings)

    def backlog(
        self,
        topics: Sequence[str],
        checkpoint: Checkpoint,
        exclude: Sequence[str] = (),
        start: StartPosition = OWN_GROUP,
        takes: PartitionFilter | None = None,
        *,
        topic_ids: Mapping[str, str] | None = None,
    ) -> Backlog:
        """Return what is still to be read, from watermarks only: this joins no group and commits nothing.

        :param topics: names, or regular expressions when they start with ``^``
        :param checkpoint: topic -> partition -> next offset
        :param exclude: topics that a regular expression must not match, such as the dead-letter topic
        :param start: start of partitions that the checkpoint does not name; default: the group's committed offset,
            else ``auto.offset.reset`` (``earliest`` by default)
        :param takes: filter of the partitions to include, e.g. those of a lane; default: all
        :param topic_ids: id of each topic when the checkpoint was stored, to notice topics that were recreated since;
            default: the cluster is not asked for ids
        :raises UnknownTopicError: if a topic does not exist or nothing matches a pattern
        :raises ConfigError: if the connection is wrong, or credentials or rights are refused
        :raises KafkaError: if the broker does not answer
        """
        with self.query() as query:
            return query.backlog(topics, checkpoint, exclude, start, takes, topic_ids=topic_ids)

    def positions(
        self,
        topics: Sequence[str],
        start: StartPosition,
        exclude: Sequence[str] = (),
        takes: PartitionFilter | None = None,
    ) -> dict[str, dict[str, int]]:
        """Return the offsets of a start position, in the form of a checkpoint.

        Partitions for which a group has committed nothing, or that given offsets do not name, are left out.

        :param topics: names, or regular expressions when they start with ``^``
        :param start: the start position
        :param takes: filter of the partitions to include; default: all
        :raises ConfigError: also if a given offset is not within the retained ones, or the group has committed none
        :raises KafkaError: if the broker does not answer
        """
        with self.query() as query:
            return query.positions(topics, start, exclude, takes)

    def reader(self, backlog: Backlog, on_loss: DataLossPolicy = CONTINUE) -> BacklogReader:
        """Return a reader, a context manager, that reads the backlog batch after batch over one connection.

        :param on_loss: reaction when retention has deleted messages before they were read
        :raises ConfigError: if the connection is wrong
        :raises DataLossError: if messages are lost and the policy is ``fail``
        """
        return BacklogReader(self.settings, backlog, on_loss)

    def read(
        self,
        backlog: Backlog,
        *,
        max_messages: int,
        max_bytes: int,
        max_duration: float,
        on_loss: DataLossPolicy = CONTINUE,
    ) -> ReadResult:
        """Read one bounded batch of the backlog.

        :param max_messages: largest number of messages
        :param max_bytes: largest size of keys, values and headers, in bytes; a single larger message is still read
        :param max_duration: largest number of seconds
        :param on_loss: reaction when retention has deleted messages before they were read
        :raises KafkaError: if there is something to read and nothing came
        :raises DataLossError: if messages are lost and the policy is ``fail``
        :raises ConfigError: if the connection or a limit is wrong
        """
        with self.reader(backlog, on_loss) as reader:
            return reader.read(max_messages=max_messages, max_bytes=max_bytes, max_duration=max_duration)

    def dead_letter(self, letters: Sequence[DeadLetter], topic: str) -> int:
        """Write messages to the dead-letter topic and wait until the broker has confirmed each of them.

        :return: number of messages written
        :raises DeadLetterError: if a message was not confirmed
        """
        return send_dead_letters(self.settings, letters, topic)

    def send_back(self, messages: Sequence[OutgoingMessage]) -> int:
        """Put replayed dead letters on topics and wait until the broker has confirmed each of them.

        :return: number of messages written
        :raises KafkaError: if a message was not confirmed
        :raises ConfigError: if writing to a topic is not allowed
        """
        return send_replayed(self.settings, messages)

    def commit(self, offsets: Mapping[str, Mapping[int, int]], owner: str = "") -> None:
        """Commit next offsets for the group, for lag tools.

        :param offsets: topic -> partition -> next offset; an empty mapping does nothing
        :param owner: state key of the reader, which the commit names as the group's owner
        :raises KafkaError: if the broker refuses or does not answer
        """
        commit_offsets(self.settings, offsets, owner)

    def test_connection(self) -> tuple[bool, str]:
        """Test settings, reachability and credentials, for the UI and the command line."""
        try:
            with self.query() as query:
                topics = f"Connected to {self.settings.bootstrap}: {counted(query.count_topics(), 'topic')}."
                return True, f"{topics} {self._group_rights(query)}"
        except OpenLineageProviderError as error:
            return False, str(error)

    def _group_rights(self, query: BacklogQuery) -> str:
        """Return what the principal may do with the group, or with one such as DAGs have by default.

        :raises ConfigError: if it may not read the group's offsets
        """
        from openmetadata_ol_provider.kafka.default_group import GROUP_PREFIX, default_group

        if self.settings.names_group:
            query.may_read_group(self.settings.group)
            return f"Group {self.settings.group!r} (group.id) is used by all DAGs with this connection."
        try:
            query.may_read_group(default_group("any-dag", ["any-topic"]))
        except ConfigError:
            what = f"consumer groups whose names begin with {GROUP_PREFIX!r} may not be used"
            remedy = (
                "grant the principal READ on groups with that prefix (kafka-acls --resource-pattern-type prefixed), "
            )
            raise ConfigError(self.settings.describe(what, f"{remedy}or set group.id to one that it may use")) from None
        return (
            f"group.id is not set: each DAG commits to a group of its own, whose name begins with {GROUP_PREFIX!r}; it "
            "needs READ on groups with that prefix (kafka-acls --resource-pattern-type prefixed)."
        )

    def _missing(self) -> ConfigError:
        unreadable = unreadable_variable(self.kafka_config_id)
        if unreadable:
            return ConfigError(f"Kafka connection {self.kafka_config_id!r}: {unreadable}")
        return ConfigError(
            f"Kafka connection {self.kafka_config_id!r} does not exist; create it: airflow connections add "
            f'{self.kafka_config_id} --conn-type kafka --conn-extra \'{{"bootstrap.servers": "host:9092"}}\''
        )

    def _get_client(self, config: dict[str, Any]) -> Consumer:
        """Return the result of ``get_conn``: a consumer, neither subscribed nor assigned."""
        return KafkaSettings(self.kafka_config_id, config, self.default_group).consumer()[0]

"""The interface to Kafka that ingestion works with; the Airflow hook implements it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from openmetadata_ol_provider.kafka.data_loss import CONTINUE, DataLossPolicy
from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, StartPosition

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.backlog import BacklogQuery
    from openmetadata_ol_provider.kafka.cluster import PartitionFilter
    from openmetadata_ol_provider.kafka.messages import DeadLetter, OutgoingMessage
    from openmetadata_ol_provider.kafka.offsets import Backlog
    from openmetadata_ol_provider.kafka.reader import BacklogReader
    from openmetadata_ol_provider.kafka.settings import KafkaSettings
    from openmetadata_ol_provider.openlineage.positions import Checkpoint


class KafkaClient(Protocol):
    """One Kafka connection: computes backlogs, reads them, writes dead letters and commits offsets."""

    @property
    def kafka_config_id(self) -> str:
        """Id of the connection."""

    @property
    def settings(self) -> KafkaSettings:
        """The connection's settings, checked."""

    def query(self) -> BacklogQuery:
        """Return an open query, a context manager, for repeated requests over one connection."""

    def backlog(
        self,
        topics: Sequence[str],
        checkpoint: Checkpoint,
        exclude: Sequence[str] = (),
        start: StartPosition = OWN_GROUP,
        partition_filter: PartitionFilter | None = None,
        /,
        *,
        topic_ids: Mapping[str, str] | None = None,
    ) -> Backlog:
        """Return what is still to be read."""

    def positions(
        self,
        topics: Sequence[str],
        start: StartPosition,
        exclude: Sequence[str] = (),
        partition_filter: PartitionFilter | None = None,
        /,
    ) -> dict[str, dict[str, int]]:
        """Return the offsets of a start position, in the form of a checkpoint."""

    def reader(self, backlog: Backlog, loss_policy: DataLossPolicy = CONTINUE, /) -> BacklogReader:
        """Return a reader, a context manager, that reads a backlog batch after batch."""

    def dead_letter(self, letters: Sequence[DeadLetter], topic: str) -> int:
        """Write messages to the dead-letter topic, confirmed by the broker."""

    def send_back(self, messages: Sequence[OutgoingMessage]) -> int:
        """Put replayed dead letters back on their topics, confirmed by the broker."""

    def commit(self, offsets: Mapping[str, Mapping[int, int]], owner: str = "") -> None:
        """Commit next offsets for the connection's group, for lag tools."""

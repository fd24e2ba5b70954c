"""The Kafka connection of a trigger; the Kafka client blocks, so it has a thread of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from openmetadata_ol_provider.exceptions import OpenLineageProviderError
from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, StartPosition
from openmetadata_ol_provider.triggers._thread import ThreadBound

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.backlog import BacklogQuery
    from openmetadata_ol_provider.kafka.offsets import Backlog
    from openmetadata_ol_provider.openlineage.positions import Checkpoint


class TriggerConnection(ThreadBound):
    """An open query with its own thread; after an error, the next request opens a new one. A context manager.

    :param kafka_config_id: Airflow connection of type ``kafka``
    :param default_group: consumer group if the connection sets no ``group.id``
    """

    def __init__(self, kafka_config_id: str, default_group: str | None) -> None:
        super().__init__("openlineage-trigger")
        self._kafka_config_id = kafka_config_id
        self._default_group = default_group
        self._query: BacklogQuery | None = None
        #: Whether the connection sets ``group.id``; known after the first request.
        self.names_group = True

    async def backlog(
        self,
        topics: Sequence[str],
        checkpoint: Checkpoint,
        exclude: Sequence[str] = (),
        start: StartPosition = OWN_GROUP,
    ) -> Backlog:
        """Return what is to be read, see :meth:`~openmetadata_ol_provider.kafka.backlog.BacklogQuery.backlog`."""
        try:
            query = self._query or await self._open()
            return await self._run(lambda: query.backlog(topics, checkpoint, exclude, start))
        except OpenLineageProviderError:
            await self._run(self._close)
            raise

    async def _open(self) -> BacklogQuery:
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook

        hook = OpenLineageKafkaHook(self._kafka_config_id, self._default_group)
        await hook.load_connection()
        self.names_group = hook.settings.names_group

        def connect() -> BacklogQuery:
            # Assigned in the thread, so that a trigger that is cancelled meanwhile still closes it.
            self._query = hook.query()
            return self._query

        return await self._run(connect)

    def _close(self) -> None:
        query, self._query = self._query, None
        if query is not None:
            query.close()

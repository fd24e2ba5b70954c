"""Prepares a batch in another thread while the one before is published, so that the wait for the catalogue is used.

The thread only reads from Kafka and computes; Airflow, the catalogue and the dead-letter topic are left to the task's
own thread. One batch at most is prepared, and it is thrown away if the task ends before it is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openlineage.thread_turns import short_turns

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from openmetadata_ol_provider.ingestion.batch_preparation import BatchRequest, PreparedBatch


class Prefetch:
    """Prepares the next batch in advance; a context manager.

    :param prepare: function that prepares a batch; it is never called twice at a time
    :param cancel: function that makes it end early
    """

    def __init__(self, prepare: Callable[[BatchRequest], PreparedBatch], cancel: Callable[[], None]) -> None:
        self._prepare = prepare
        self._cancel = cancel
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="prefetch")
        self._next: Future[PreparedBatch] | None = None
        self._turns = ExitStack()

    def begin(self, request: BatchRequest) -> None:
        """Begin to prepare the next batch in the other thread."""
        self._next = self._thread.submit(self._prepare, request)

    def take(self) -> PreparedBatch | None:
        """Return the batch that was begun, once it is prepared; ``None`` if none was begun.

        :raises KafkaError: if it could not be read
        :raises DataLossError: if messages are lost and ``on_data_loss`` is ``fail``
        """
        begun, self._next = self._next, None
        return begun.result() if begun is not None else None

    def __enter__(self) -> Self:
        self._turns.enter_context(short_turns())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What was begun and not taken is thrown away, and so is its error: the next task reads the same again.
        with self._turns:
            self._cancel()
            try:
                self._thread.shutdown(cancel_futures=True)
            finally:
                # Also if Airflow ends the task a second time: the reader must not be closed while the thread uses it.
                self._thread.shutdown()

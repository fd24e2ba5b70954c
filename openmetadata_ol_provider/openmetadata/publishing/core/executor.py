"""Runs many calls at once, and distinguishes a refused item from a failing catalogue."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Generic, TypeVar

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueError, CatalogueRequestError
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.circuit import EndpointClosedError
from openmetadata_ol_provider.openmetadata.client.worker_pool import WorkerPool

log = logging.getLogger(__name__)
Item = TypeVar("Item")
Value = TypeVar("Value")


class ItemResult(Generic[Value]):
    """The result of one item: the value that the function returned, or the reason why it failed.

    :param value: value returned; ``None`` if the item failed
    :param problems: problems of this item
    :param detail: why it failed, if another problem reports that
    """

    __slots__ = ("_detail", "problems", "value")

    def __init__(self, value: Value | None, problems: tuple[Problem, ...] = (), detail: str = "") -> None:
        self.value = value
        self.problems = problems
        self._detail = detail

    @property
    def failed(self) -> bool:
        """Whether the catalogue refused the item."""
        return self.value is None

    @property
    def detail(self) -> str:
        """Why the item failed, in one line."""
        return self._detail or "; ".join(problem.detail for problem in self.problems)


class Executor:
    """Runs functions over items in threads.

    A refusal of one item (4xx, or 500 in spite of retries) is that item's problem and the rest goes on, and so is any
    failure of an endpoint that only decorates lineage. A refused token, an unreachable server, or an endpoint that
    answers call after call with 500 stops everything.

    :param threads: number of calls at the same time
    :param raises: ``False`` to leave it to the caller to ask :meth:`require_running`, so that what was done until then
        can be recorded first
    :param parent: executor whose threads this one uses, and that stops this one, too, when it stops; default: none
    """

    #: From this many calls of one endpoint in a row on that end in 500, the server is at fault and not the items.
    MAX_ERRORS_IN_A_ROW = 5

    def __init__(self, threads: int, *, raises: bool = True, parent: Executor | None = None) -> None:
        self._threads = threads
        self._raises = raises
        self._parent = parent
        self._stopped: CatalogueError | None = None
        #: threads that make the calls
        self.pool: WorkerPool = parent.pool if parent else WorkerPool(threads)

    @property
    def stopped(self) -> CatalogueError | None:
        """Error that stopped the publication; ``None`` as long as it goes on."""
        return self._stopped or (self._parent.stopped if self._parent else None)

    def fork(self) -> Executor:
        """Return an executor for what runs at the same time: with the same threads, and stopped with this one.

        What is handed in first is begun first, and what stops the fork does not stop this one.
        """
        return Executor(self._threads, raises=self._raises, parent=self)

    def require_running(self) -> None:
        """Raise the error that stopped the publication, if one has.

        :raises CatalogueAuthError: if the token is refused, or may not do what is needed
        :raises CatalogueUnavailableError: if the catalogue does not answer in spite of retries
        """
        if self.stopped is not None:
            raise self.stopped

    def run(
        self, items: Iterable[Item], function: Callable[[Item], Value], where: Callable[[Item], str]
    ) -> list[ItemResult[Value]]:
        """Return the result of each item, in the order of the items; see :meth:`run_grouped`.

        :param where: function that names an item in its problem
        """
        return self.run_grouped(items, function, where, key=lambda _: object())

    def run_grouped(
        self,
        items: Iterable[Item],
        function: Callable[[Item], Value],
        where: Callable[[Item], str],
        key: Callable[[Item], Hashable],
        on_taken: Callable[[], object] | None = None,
    ) -> list[ItemResult[Value]]:
        """Return the results of all items; those with the same key are done one after the other, in their order.

        If the publication has to stop, the items that are left are not tried and count as failed.

        :param on_taken: function that is called as soon as no item waits for a thread any more; default: none
        :raises CatalogueError: what stopped it, unless that is left to the caller
        """
        groups: dict[Hashable, list[tuple[int, Item]]] = {}
        for index, item in enumerate(items):
            groups.setdefault(key(item), []).append((index, item))
        results: dict[int, ItemResult[Value]] = {}

        def work(group: list[tuple[int, Item]]) -> None:
            for index, item in group:
                results[index] = self._attempt(item, function, where)

        self.pool.run([partial(work, group) for group in groups.values()], on_taken)
        if self._raises:
            self.require_running()
        return [results[index] for index in range(len(results))]

    def _attempt(
        self, item: Item, function: Callable[[Item], Value], where: Callable[[Item], str]
    ) -> ItemResult[Value]:
        stopped = self.stopped
        if stopped is not None:
            return ItemResult(None, detail=f"not tried: {stopped}")
        try:
            return ItemResult(function(item))
        except EndpointClosedError as error:
            # Reported once for the endpoint.
            return ItemResult(None, detail=str(error))
        except CatalogueError as error:
            if not is_of_one_item(error):
                self._stopped = self._stopped or error
                return ItemResult(None, detail=str(error))
            problem = Problem(ProblemKind.FAILED, where(item), str(error))
            log.warning("%s: %s", problem.where, problem.detail)
            return ItemResult(None, (problem,))


def is_of_one_item(error: CatalogueError) -> bool:
    """Return whether an error costs no more than the item for which the request was sent."""
    if isinstance(error, CatalogueRequestError):
        return True
    if isinstance(error, CatalogueAuthError):
        return error.optional and error.status == 403
    return error.optional or (error.status == 500 and error.consecutive < Executor.MAX_ERRORS_IN_A_ROW)

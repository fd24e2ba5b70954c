"""Runs many calls at once, and distinguishes a refused item from a failing catalogue."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from typing import Generic, TypeVar

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueError, CatalogueRequestError
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.circuit import EndpointClosedError

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
    """

    #: From this many calls of one endpoint in a row on that end in 500, the server is at fault and not the items.
    MAX_ERRORS_IN_A_ROW = 5

    def __init__(self, threads: int, *, raises: bool = True) -> None:
        self._threads = threads
        self._raises = raises
        #: error that stopped the publication; ``None`` as long as it goes on
        self.stopped: CatalogueError | None = None

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
    ) -> list[ItemResult[Value]]:
        """Return the results of all items; those with the same key are done one after the other, in their order.

        If the publication has to stop, the items that are left are not tried and count as failed.

        :raises CatalogueError: what stopped it, unless that is left to the caller
        """
        groups: dict[Hashable, list[tuple[int, Item]]] = {}
        for index, item in enumerate(items):
            groups.setdefault(key(item), []).append((index, item))

        def work(group: list[tuple[int, Item]]) -> list[tuple[int, ItemResult[Value]]]:
            return [(index, self._attempt(item, function, where)) for index, item in group]

        with ThreadPoolExecutor(self._threads, thread_name_prefix="publish") as pool:
            try:
                done = [result for group in pool.map(work, groups.values()) for result in group]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        if self._raises:
            self.require_running()
        return [result for _, result in sorted(done, key=itemgetter(0))]

    def _attempt(
        self, item: Item, function: Callable[[Item], Value], where: Callable[[Item], str]
    ) -> ItemResult[Value]:
        if self.stopped is not None:
            return ItemResult(None, detail=f"not tried: {self.stopped}")
        try:
            return ItemResult(function(item))
        except EndpointClosedError as error:
            # Reported once for the endpoint.
            return ItemResult(None, detail=str(error))
        except CatalogueError as error:
            if not is_of_one_item(error):
                self.stopped = self.stopped or error
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

"""Runs many calls at once, and distinguishes a refused item from a failing catalogue."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from openmetadata_ol_provider.exceptions import CatalogueError, CatalogueRequestError, CatalogueUnavailableError
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

log = logging.getLogger(__name__)
Item = TypeVar("Item")
Value = TypeVar("Value")


class ItemResult(Generic[Value]):
    """The result of one item: the value that the function returned, or the reason why it failed.

    :param value: value returned; ``None`` if the item failed
    :param problems: problems of this item
    """

    __slots__ = ("problems", "value")

    def __init__(self, value: Value | None, problems: tuple[Problem, ...] = ()) -> None:
        self.value = value
        self.problems = problems

    @property
    def failed(self) -> bool:
        """Whether the catalogue refused the item."""
        return self.value is None

    @property
    def detail(self) -> str:
        """The problems in one line."""
        return "; ".join(problem.detail for problem in self.problems)


class Executor:
    """Runs functions over items in threads.

    A refusal of one item (4xx, or 500 in spite of retries) is that item's problem and the rest goes on. A refused
    token, an unreachable server, or item after item answered with 500 stops everything: the error is raised.

    :param threads: number of calls at the same time
    """

    #: From this many answers of 500 in a row on, the server is at fault and not the items.
    MAX_ERRORS_IN_A_ROW = 5

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._errors = 0

    def run(
        self, items: Iterable[Item], function: Callable[[Item], Value], where: Callable[[Item], str]
    ) -> list[ItemResult[Value]]:
        """Return the result of each item, in the order of the items.

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
        """Return the results of all items; those with the same key are done one after the other, in their order."""
        groups: dict[Hashable, list[Item]] = {}
        for item in items:
            groups.setdefault(key(item), []).append(item)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="publish") as pool:
            try:
                done = pool.map(lambda group: [self._attempt(item, function, where) for item in group], groups.values())
                return [result for group in done for result in group]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _attempt(
        self, item: Item, function: Callable[[Item], Value], where: Callable[[Item], str]
    ) -> ItemResult[Value]:
        try:
            value = function(item)
        except CatalogueRequestError as error:
            return self._failed(error, where(item))
        except CatalogueUnavailableError as error:
            if error.status != 500 or self._too_many():
                raise
            return self._failed(error, where(item))
        with self._lock:
            self._errors = 0
        return ItemResult(value)

    def _too_many(self) -> bool:
        with self._lock:
            self._errors += 1
            return self._errors >= self.MAX_ERRORS_IN_A_ROW

    @staticmethod
    def _failed(error: CatalogueError, where: str) -> ItemResult[Value]:
        problem = Problem(ProblemKind.FAILED, where, str(error))
        log.warning("%s: %s", problem.where, problem.detail)
        return ItemResult(None, (problem,))

"""Doing many calls at once, and telling one that failed from a catalogue that fails."""

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
Result = TypeVar("Result")


class Outcome(Generic[Result]):
    """What became of one item: its result, or what went wrong; and what there is to say about it.

    :param result: ``None`` if it failed
    :param problems: of this item
    """

    __slots__ = ("problems", "result")

    def __init__(self, result: Result | None, problems: tuple[Problem, ...] = ()) -> None:
        self.result = result
        self.problems = problems


class Executor:
    """Runs functions over items in threads.

    A refusal of one item (4xx, or 500 in spite of retries) is that item's problem and the rest goes on. A refused
    token, an unreachable server, or item after item answered with 500 stops everything: the error is raised.

    :param threads: calls at the same time
    """

    #: So many items in a row answered with 500 are no longer the items' fault.
    MAX_ERRORS_IN_A_ROW = 5

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._errors = 0

    def run(
        self, items: Iterable[Item], function: Callable[[Item], Result], where: Callable[[Item], str]
    ) -> list[Outcome[Result]]:
        """Return the outcome of each item, in their order.

        :param where: names an item in its problem
        """
        return self.run_grouped(items, function, where, key=lambda _: object())

    def run_grouped(
        self,
        items: Iterable[Item],
        function: Callable[[Item], Result],
        where: Callable[[Item], str],
        key: Callable[[Item], Hashable],
    ) -> list[Outcome[Result]]:
        """Return the outcomes of all items; those of one key are done one after the other, in their order."""
        groups: dict[Hashable, list[Item]] = {}
        for item in items:
            groups.setdefault(key(item), []).append(item)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="publish") as pool:
            try:
                done = pool.map(lambda group: [self._attempt(item, function, where) for item in group], groups.values())
                return [outcome for group in done for outcome in group]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _attempt(self, item: Item, function: Callable[[Item], Result], where: Callable[[Item], str]) -> Outcome[Result]:
        try:
            result = function(item)
        except CatalogueRequestError as error:
            return self._failed(error, where(item))
        except CatalogueUnavailableError as error:
            if error.status != 500 or self._too_many():
                raise
            return self._failed(error, where(item))
        with self._lock:
            self._errors = 0
        return Outcome(result)

    def _too_many(self) -> bool:
        with self._lock:
            self._errors += 1
            return self._errors >= self.MAX_ERRORS_IN_A_ROW

    @staticmethod
    def _failed(error: CatalogueError, where: str) -> Outcome[Result]:
        problem = Problem(ProblemKind.FAILED, where, str(error))
        log.warning("%s: %s", problem.where, problem.detail)
        return Outcome(None, (problem,))

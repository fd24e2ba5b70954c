"""The context that the stages of one publication share: catalogue, rules, threads, and the changes to report."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor, ItemResult
from openmetadata_ol_provider.openmetadata.publishing.core.ledger_recorder import LedgerRecorder
from openmetadata_ol_provider.openmetadata.publishing.core.parking_builder import ParkingBuilder
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openlineage.problems import Problem
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.history import History
    from openmetadata_ol_provider.openmetadata.publishing.core.selection import Selection
    from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache

Value = TypeVar("Value")


class PublishContext:
    """The tools of one publication, and the changes that it collects.

    :param client: client of the catalogue
    :param config: rules, filters and write policies
    :param history: what earlier publications left behind, valid for this catalogue and configuration
    :param selection: parts of the plan to publish
    :param now: current time, in seconds since 1970
    :param dry_run: read and count what would be written, but write nothing
    :param concurrent: ``True`` if other tasks write to the same catalogue at the same time (lanes)
    :param hold: ``True`` to hold back rows of pipeline observability and usage, which the next batch may replace
    :param cache: what this task has read and written itself; not used while others write at the same time
    """

    def __init__(
        self,
        client: OpenMetadataClient,
        config: Config,
        history: History,
        selection: Selection,
        now: float,
        *,
        dry_run: bool = False,
        concurrent: bool = False,
        hold: bool = False,
        cache: SessionCache | None = None,
    ) -> None:
        self.client = client
        self.config = config
        self.dry_run = dry_run
        self.concurrent = concurrent
        self.hold = hold
        self.history = history
        self.selection = selection
        self.cache = None if concurrent else cache
        self.now = now
        self.recorder = LedgerRecorder(history.ledger, selection, now)
        self.parking = ParkingBuilder(selection)
        self.problems: list[Problem] = []
        self.executor = Executor(client.threads, raises=False)
        self._requests_before = Counter(client.calls)

    @property
    def requests(self) -> dict[str, int]:
        """Number of requests that this publication has sent so far, by method."""
        return dict(Counter(self.client.calls) - self._requests_before)

    def fork(self) -> PublishContext:
        """Return a context for stages that run at the same time: problems and errors in a row are its own."""
        forked = copy.copy(self)
        forked.problems = []
        forked.executor = self.executor.fork()
        return forked

    def collect(self, results: Iterable[ItemResult[Value]]) -> list[Value | None]:
        """Return the values, ``None`` for items that failed, and keep their problems."""
        results = list(results)
        self.problems += [problem for result in results for problem in result.problems]
        return [result.value for result in results]


def count_written(values: Iterable[bool | None]) -> Written:
    """Count the facts that were written, were up to date already, or failed."""
    counts = Counter(values)
    return Written(published=counts[True], unchanged=counts[False], failed=counts[None])

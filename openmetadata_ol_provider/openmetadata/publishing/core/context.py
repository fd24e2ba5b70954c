"""What the stages of one publication share: the catalogue, the rules, the threads, and what there is to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor, Outcome
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

Result = TypeVar("Result")


class PublishContext:
    """One publication's tools.

    :param client: the catalogue
    :param config: rules, filters and write policies
    :param dry_run: read, but do not write
    :param problems: what is known before the publication begins
    :param shared: others publish at the same time
    """

    def __init__(
        self,
        client: OpenMetadataClient,
        config: Config,
        *,
        dry_run: bool,
        problems: Iterable[Problem] = (),
        shared: bool = False,
    ) -> None:
        self.client = client
        self.config = config
        self.dry_run = dry_run
        self.shared = shared
        self.problems = list(problems)
        self.worker = Executor(client.max_connections)

    def beside(self) -> PublishContext:
        """Return a desk for stages that run at the same time; what they have to say is to be taken over from it."""
        return PublishContext(self.client, self.config, dry_run=self.dry_run, shared=self.shared)

    def collect(self, outcomes: Iterable[Outcome[Result]]) -> list[Result | None]:
        """Return the results, ``None`` for what failed, and take over what there is to say."""
        outcomes = list(outcomes)
        self.problems += [problem for outcome in outcomes for problem in outcome.problems]
        return [outcome.result for outcome in outcomes]


def written(results: Iterable[bool | None]) -> Written:
    """Count what was written, what was as it should be, and what failed."""
    counts = Counter(results)
    return Written(published=counts[True], unchanged=counts[False], failed=counts[None])

"""Assigns problems to the runs, edges and datasets that they are about, for ``openmetadata-ol explain``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, JobId, LineagePlan, RunRecord
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import MAX_WHERE, Problem
from openmetadata_ol_provider.openlineage.sanitize import safe_text

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

#: The location in a line about an event, ``START 2026-... (events.ndjson:17): ...``.
_LOCATION = re.compile(r"^(?P<type>.*?) \d{4}-\S+ \((?P<location>.*)\): \d+ inputs?, \d+ outputs?(?:, as .*)?$")
#: What may follow a location or a name in the ``where`` of a problem.
_END = re.compile(r"$|[\s:,;]")
#: Rule that is no kind of problems.
_IGNORED = "ignored"


class Reason(NamedTuple):
    """A rule that dropped, held back or assumed something.

    :param rule: name of the rule: the kind of its problems, ``ignored``, or the option that allows an assumption
    :param detail: what happened and, if there is one, the remedy
    :param meaning: description of the rule
    """

    rule: str
    detail: str
    meaning: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"

    @classmethod
    def of(cls, problem: Problem) -> Reason:
        """Return the reason that a problem reports."""
        return cls(str(problem.kind), problem.detail, problem.kind.description)


class ExplainedProblems:
    """The problems of a plan by what they are about.

    A problem of a job, or of a type of events, is shown with the first run that has it, so that thousands of runs show
    it once.

    :param plan: plan with the problems
    :param events_of_runs: a line for each event, by job and run id
    :param resolutions: result of looking up each dataset, ``None`` if they were not looked up
    """

    def __init__(
        self,
        plan: LineagePlan,
        events_of_runs: Mapping[tuple[JobId, str], Sequence[str]],
        resolutions: Mapping[DatasetId, Resolution] | None,
    ) -> None:
        self._events_of_runs = events_of_runs
        self._resolutions = resolutions
        self._datasets = {dataset.id for dataset in plan.datasets}
        self._by_where: dict[str, list[Problem]] = {}
        #: Problems about runs by run id, and about events by location, which may be followed by other words.
        self._of_runs: dict[str, list[Problem]] = {}
        self._of_events: dict[str, list[Problem]] = {}
        self._first_runs: dict[str, RunRecord] = {}
        for run in plan.runs:
            for where in self._shared_places(run):
                self._first_runs.setdefault(where, run)
        locations = {location for lines in events_of_runs.values() for location in _locations(lines)}
        for problem in plan.problems:
            self._by_where.setdefault(problem.where, []).append(problem)
            words = problem.where.split()
            if len(words) > 1 and words[0] == "run":
                self._of_runs.setdefault(words[1], []).append(problem)
            for end in _END.finditer(problem.where):
                if (location := problem.where[: end.start()]) in locations:
                    self._of_events.setdefault(location, []).append(problem)

    def of_run(self, run: RunRecord) -> list[Reason]:
        """Return the problems of a run, of its events, and of its job if it is the job's first run."""
        named = {_where(f"run {run.run_id} of {run.job.namespace}"), _where(f"run {run.run_id} of {run.job}")}
        found = [problem for problem in self._of_runs.get(run.run_id, ()) if problem.where in named]
        for location in _locations(self._events_of_runs[run.job, run.run_id]):
            found += self._of_events.get(location, ())
        for where in self._shared_places(run):
            if self._first_runs[where] is run:
                found += self._at(where)
        return _reasons(found)

    def _shared_places(self, run: RunRecord) -> Iterator[str]:
        """Yield what a run shares with others: its job, and the types of its events."""
        yield run.job.label
        for line in self._events_of_runs[run.job, run.run_id]:
            if match := _LOCATION.search(line):
                yield f"event type {match['type']} in namespace {run.job.namespace}"

    def of_edge(self, edge: Edge, *, is_brief: bool = False) -> list[Reason]:
        """Return the problems of an edge, and what holds it back: an end that is not one entity of the catalogue.

        :param is_brief: ``True`` to leave what is said of an end to its dataset, if the plan has it
        """
        source, target = map(str, (edge.source, edge.target))
        reasons = _reasons(self._at(f"{source} -> {target}"))
        ends = (edge.source, edge.target)
        return [*reasons, *(reason for end in ends for reason in self._held_back(end, is_brief=is_brief))]

    def of_dataset(self, dataset: DatasetId) -> list[Reason]:
        """Return the problems of a dataset, and what was assumed to find it."""
        name = str(dataset)
        return [*_reasons((*self._at(name), *self._at(f"dataset {name}"))), *self._assumed(dataset)]

    def _at(self, where: str) -> list[Problem]:
        return list(self._by_where.get(_where(where), ()))

    def _held_back(self, end: DatasetId, *, is_brief: bool) -> Iterator[Reason]:
        resolution = self._resolutions.get(end) if self._resolutions is not None else None
        if resolution is None or resolution.entity is not None:
            return
        rule = resolution.reason or _IGNORED
        meaning = ProblemKind(rule).description if resolution.reason else "The configuration leaves the dataset out."
        why = " (see DATASETS)" if is_brief and end in self._datasets else f": {resolution.detail}"
        yield Reason(rule, f"held back because of {end}{why}", meaning)

    def _assumed(self, dataset: DatasetId) -> Iterator[Reason]:
        resolution = self._resolutions.get(dataset) if self._resolutions is not None else None
        if resolution is None or resolution.entity is None:
            return
        from openmetadata_ol_provider.openmetadata.resolution.address_hints import (
            assumed_service_hint,
            matched_by_name_hint,
            rule_namespace,
        )

        for mismatch in resolution.mismatches:
            kind = ProblemKind.MATCHED_BY_NAME
            yield Reason(str(kind), matched_by_name_hint(mismatch), kind.description)
        if resolution.by == "name" and not resolution.mismatches:
            kind = ProblemKind.ASSUMED_SERVICE
            namespace = rule_namespace(resolution.namespace, resolution.identity)
            detail = assumed_service_hint(namespace, resolution.entity.service)
            yield Reason(str(kind), detail, kind.description)


def _reasons(problems: Iterable[Problem]) -> list[Reason]:
    return [Reason.of(problem) for problem in dict.fromkeys(problems)]


def _where(text: str) -> str:
    return safe_text(text, MAX_WHERE)


def _locations(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if match := _LOCATION.search(line):
            yield match["location"]

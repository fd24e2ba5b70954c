"""Finds the runs below and above a run, and compares its own lineage with theirs.

Some runs sum up the runs below them: Airflow's task of a BigQuery script, or a flow of one's own, lists the inputs and
outputs of all its parts, whose own runs say which of them belong together. Multiplying the sum would be false.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from openmetadata_ol_provider.lineage.identities import Key, Naming, keys_of
from openmetadata_ol_provider.lineage.job_hierarchy import MAX_CHAIN, parent_of
from openmetadata_ol_provider.lineage.pairing_rules import Pairing, PairingRules
from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, JobId
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_index import PARENTS, RunIndex
from openmetadata_ol_provider.openlineage.run_state import Run

#: Most runs below one run that are looked at.
MAX_BELOW = 10_000
_WITHOUT_LINEAGE = frozenset({"FAIL", "ABORT"})


class PairedRun(NamedTuple):
    """A run below another one.

    :param pairing: how its inputs and outputs are paired by name, ``None`` if they are not
    """

    run: Run
    pairing: Pairing | None


def key_of_parent(run: Run, index: RunIndex) -> str | None:
    """Return the key of the run that started a run, ``None`` if it is not remembered."""
    parent = parent_of(run)
    return index.lookup_key(parent.job.namespace, parent.job.name, parent.run_id) if parent else None


def may_sum_up(run: Run) -> bool:
    """Tell whether a run has several pairs of inputs and outputs, which may be those of the runs below it."""
    return len(run.inputs) * len(run.outputs) > 1


def runs_below(run: Run, index: RunIndex, rules: PairingRules, latest_at: int) -> list[PairedRun]:
    """Return the runs below a run that read and write something; none for a run that cannot sum them up.

    :param index: all runs that are remembered
    :param rules: rules by which runs are paired by name
    :param latest_at: time of the latest event of any run, in microseconds
    """
    is_sum = may_sum_up(run) and run.run_id in index.grouped(PARENTS)
    own = index.lookup_key(run.namespace, run.name, run.run_id) if is_sum else None
    if own is None:
        return []
    below: dict[str, Run] = {}
    level = {own: run}
    for _ in range(MAX_CHAIN):
        keys = index.below({above.run_id for above in level.values()}) if level else ()
        level = {
            key: child
            for key in keys
            if key != own and key not in below and key_of_parent(child := index.runs[key], index) in level
        }
        below.update(level)
        if not level or len(below) > MAX_BELOW:
            break
    return [
        PairedRun(one, rules.of(one, JobId(one.namespace, one.name), latest_at))
        for one in below.values()
        if one.inputs and one.outputs and one.state not in _WITHOUT_LINEAGE
    ]


def sums_above(changed: Mapping[str, Run], index: RunIndex) -> Iterator[str]:
    """Yield the keys of runs that may sum up runs below them that a batch has changed.

    :param changed: runs with events in the batch, by key
    :param index: all runs that are remembered
    """
    passed: set[str] = set()
    for run in changed.values():
        above = key_of_parent(run, index) if run.inputs and run.outputs else None
        while above is not None and above not in passed:
            passed.add(above)
            if may_sum_up(index.runs[above]):
                yield above
            above = key_of_parent(index.runs[above], index)


class Flows:
    """What flows where through the runs below a run.

    :param edges: edges of those runs
    :param naming: normaliser of dataset names
    """

    def __init__(self, edges: Iterable[Edge], naming: Naming) -> None:
        self._naming = naming
        self._targets: dict[Key, set[Key]] = {}
        for edge in edges:
            self._targets.setdefault(self._key(edge.source), set()).add(self._key(edge.target))
        self._written = {target for targets in self._targets.values() for target in targets}
        self._reached: dict[Key, frozenset[Key]] = {}

    def contradict(self, edge: Edge) -> bool:
        """Tell whether an edge is only a pair of a sum: its source flows elsewhere, its target comes from elsewhere."""
        source, target = self._key(edge.source), self._key(edge.target)
        return source in self._targets and target in self._written and target not in self._reached_from(source)

    def _reached_from(self, source: Key) -> frozenset[Key]:
        if source not in self._reached:
            reached: set[Key] = set()
            waiting = [source]
            while waiting:
                new = self._targets.get(waiting.pop(), set()) - reached
                reached |= new
                waiting += new
            self._reached[source] = frozenset(reached)
        return self._reached[source]

    def _key(self, dataset: DatasetId) -> Key:
        return keys_of(self._naming.identities(dataset.namespace, dataset.name)[0])[0]


def sum_problem(job: JobId, edges: Collection[Edge]) -> Problem:
    """Return the report of pairs that are left out.

    :param edges: those pairs, at least one
    """
    first = min(edges, key=lambda edge: (edge.source, edge.target))
    detail = (
        f"sums up the inputs and outputs of runs below it, which say what belongs together: no edge for "
        f"{counted(len(edges), 'pair')} of them, such as {first.source} and {first.target}. If one is a "
        "source of the other, state it with a lineage facet"
    )
    return Problem(ProblemKind.SUMMED_UP, job.label, detail)

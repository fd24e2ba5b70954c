"""Divides the datasets of a run by the events that they came with, where each event has inputs and outputs of its own.

Airflow's ``emit_dataset_lineage`` sends what a task reads and writes in the middle of it, mostly once for each table of
a loop, and other tools send an event for each step of a pipeline. To multiply the inputs of all of these events with
the outputs of all of them would be false.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_instances import has_instances
from openmetadata_ol_provider.openlineage.run_state import Run

#: Fewest inputs and outputs of which some may not belong together.
_SEVERAL = 2

#: Keys of inputs and outputs that came with one event.
Part = tuple[frozenset[str], frozenset[str]]


class Parts(NamedTuple):
    """The parts of a run, and what was assumed."""

    runs: Sequence[Run] = ()
    problems: tuple[Problem, ...] = ()


def emitted_parts(run: Run) -> tuple[Part, ...]:
    """Return the keys of the inputs and outputs that each of several events has named for itself; nothing if not so.

    A run whose start or end names datasets of several events is one: it read and wrote them together. Of
    other events it is not remembered which datasets of earlier ones they name again.
    """
    is_one = min(len(run.inputs), len(run.outputs)) < _SEVERAL or (run.ended_at is not None and not run.instances)
    if is_one or not run.has_paired_event or not has_instances(run):
        return ()
    parts = _sides_by_event(run)
    if len(parts) < _SEVERAL or not all(reads and writes for reads, writes in parts):
        return ()
    for one in run.instances:
        if sum(not (reads.isdisjoint(one.inputs) and writes.isdisjoint(one.outputs)) for reads, writes in parts) > 1:
            return ()
    return tuple(parts)


def parts_of(run: Run, parts: Sequence[Part]) -> Parts:
    """Return a run as one for each of its parts, and what was assumed.

    :param parts: its :func:`emitted_parts`, nothing if it is one
    """
    if not parts:
        return Parts((run,))
    runs = [
        replace(
            run,
            inputs={key: dataset for key, dataset in run.inputs.items() if key in reads},
            outputs={key: dataset for key, dataset in run.outputs.items() if key in writes},
        )
        for reads, writes in parts
    ]
    return Parts(runs, (_assumed(run, len(runs)),))


def _sides_by_event(run: Run) -> Sequence[Part]:
    """Return the keys of the inputs and outputs that each event was the first to name, in the order of time."""
    by_time: dict[int, tuple[set[str], set[str]]] = {}
    for number, side in enumerate((run.inputs, run.outputs)):
        for key, dataset in side.items():
            by_time.setdefault(dataset.first_at or 0, (set(), set()))[number].add(key)
    return [(frozenset(reads), frozenset(writes)) for _, (reads, writes) in sorted(by_time.items())]


def _assumed(run: Run, count: int) -> Problem:
    detail = (
        f"{counted(count, 'event')} of a run have inputs and outputs of their own, so those of one event are connected "
        "and no others; a dataset that several of them name counts for the first one only. If others belong together, "
        "let the run's end name all datasets, or state their lineage (lineage facet)"
    )
    return Problem(ProblemKind.ASSUMED_PAIR, run.job_label, detail)

"""Decides which instances a run consists of: a job may have run several times under one run id.

Starts and ends are put in the order of their times. A start after an end begins another instance. Of several ends
without a start in between, each is an instance of its own if their datasets differ, unless one start and ends that
complete each other show that it is one run. What cannot be assigned to an instance gives no edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.event import State
from openmetadata_ol_provider.openlineage.run_instances import MAX_INSTANCES, has_instances, may_be_mapped
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, Run, RunInstance


class Instance(NamedTuple):
    """One of the instances of a run.

    :param state: its end; OTHER if it has not ended
    :param at: time of its end, in microseconds; 0 if it has not ended
    :param inputs: keys of its datasets
    """

    state: State
    at: int
    inputs: frozenset[str]
    outputs: frozenset[str]


class Repeated(NamedTuple):
    """The instances of a run.

    :param unassigned: keys of datasets of which nothing tells to which instance they belong
    """

    instances: tuple[Instance, ...]
    unassigned: tuple[str, ...] = ()


class _Stretch(NamedTuple):
    """Starts with the ends that follow before the next start."""

    starts: list[RunInstance]
    ends: list[RunInstance]


def is_repeated(run: Run) -> bool:
    """Return whether a run has several instances."""
    records = run.instances
    if len(records) < 2:
        return False
    if may_be_mapped(run):
        return _is_mapped(run)
    first, second = records[:2]
    if len(records) == 2 and first.state == "START" and second.state in TERMINAL and first.at <= second.at:
        return False
    return bool(repeated(run).instances)


def repeated(run: Run) -> Repeated:
    """Return the instances of a run, none if nothing tells that there are several."""
    if may_be_mapped(run):
        return _mapped_instances(run)
    stretches = _stretches(run.instances) if has_instances(run) else []
    if len(stretches) < 2 and not any(_is_several(stretch) for stretch in stretches):
        return Repeated(())
    instances: list[Instance] = []
    for number, stretch in enumerate(stretches):
        if _is_several(stretch):
            instances += map(_instance, stretch.ends)
        else:
            since = stretch.starts[0].at if number and stretch.starts else 0
            until = stretches[number + 1].starts[0].at if number + 1 < len(stretches) else None
            instances.append(_whole(run, stretch, since, until))
    return Repeated(tuple(instances), _unassigned(run, instances))


def states_of(run: Run) -> Sequence[Instance]:
    """Return the instances of a run that have ended and have not been repeated because they failed."""
    ended = [instance for instance in repeated(run).instances if instance.state in TERMINAL]
    if may_be_mapped(run):
        return ended
    return [
        instance
        for number, instance in enumerate(ended)
        if instance.state == "COMPLETE" or not any(_repeats(instance, later) for later in ended[number + 1 :])
    ]


def _repeats(failed: Instance, later: Instance) -> bool:
    """Return whether an instance is a further try of one that has failed: it has no other datasets."""
    if later.at <= failed.at:
        return False
    return not (_are_apart(failed.inputs, later.inputs) or _are_apart(failed.outputs, later.outputs))


# -- instances of Airflow ------------------------------------------------------------------------------------------


def _is_mapped(run: Run) -> bool:
    """Return whether several mapped instances share a run: several map indexes, or ends at several times."""
    indexes = {one.map_index for one in run.instances if one.map_index is not None}
    ends = _plain_ends(run)
    # Ends at the same time are of several instances if each names datasets of its own.
    sides = {(tuple(one.inputs), tuple(one.outputs)) for one in ends if one.inputs or one.outputs}
    return len(indexes) > 1 or len({one.at for one in ends}) > 1 or len(sides) > 1 or _have_started_apart(run)


def _have_started_apart(run: Run) -> bool:
    """Return whether starts name different datasets, and no end names those of all: only some of them have ended.

    A task that was deferred starts again with the datasets that it had. A start and an end that have nothing in common
    are of two instances as well.
    """
    starts = [one for one in run.instances if one.map_index is None and one.state == "START"]
    if any(_have_nothing_in_common(start, end) for start in starts for end in _plain_ends(run)):
        return True
    if len(starts) < 2 or not any(_differ(one, other) for one, other in combinations(starts, 2)):
        return False
    return not any(all(_contains(end, start) for start in starts) for end in _plain_ends(run))


def _plain_ends(run: Run) -> list[RunInstance]:
    return [one for one in run.instances if one.map_index is None and one.state in TERMINAL]


def _mapped_instances(run: Run) -> Repeated:
    """Return mapped instances; an end without map index has datasets only if it names both sides of a success."""
    ends = [
        _instance(
            end if end.state == "COMPLETE" and end.inputs and end.outputs else replace(end, inputs=[], outputs=[])
        )
        for end in _plain_ends(run)
    ]
    return Repeated((*(_instance(one) for one in run.instances if one.map_index is not None), *ends))


# -- instances of other tools --------------------------------------------------------------------------------------


def _stretches(records: Iterable[RunInstance]) -> list[_Stretch]:
    """Return starts and ends in the order of their times, a start after an end in the next stretch."""
    in_order = sorted(records, key=lambda record: (record.at, record.state != "START"))
    if [record.state == "START" for record in in_order] == [False, True] and not _differ(*in_order):
        # One start and one end: only the clocks disagree.
        return [_Stretch(in_order[1:], in_order[:1])]
    stretches: list[_Stretch] = []
    for record in in_order:
        if not stretches or (record.state == "START" and stretches[-1].ends):
            stretches.append(_Stretch([], []))
        (stretches[-1].starts if record.state == "START" else stretches[-1].ends).append(record)
    return stretches


def _is_several(stretch: _Stretch) -> bool:
    """Return whether the ends of a stretch are those of several instances."""
    starts, ends = stretch.starts, stretch.ends
    if any(_differ(one, other) for one, other in combinations(ends, 2)):
        return True
    if any(_have_nothing_in_common(one, other) for one, other in combinations(starts, 2)):
        return not any(all(_contains(end, start) for start in starts) for end in ends)
    several_starts = len({start.at for start in starts}) > 1
    return several_starts and any(not _are_nested(one, other) for one, other in combinations(ends, 2))


def _differ(one: RunInstance, other: RunInstance) -> bool:
    """Return whether two events name datasets of which they have none in common on a side, or both sides differ."""
    if _are_nested(one, other):
        return False
    if _are_apart(one.inputs, other.inputs) or _are_apart(one.outputs, other.outputs):
        return True
    return all((one.inputs, one.outputs, other.inputs, other.outputs))


def _have_nothing_in_common(one: RunInstance, other: RunInstance) -> bool:
    return _are_apart(one.inputs, other.inputs) and _are_apart(one.outputs, other.outputs)


def _are_nested(one: RunInstance, other: RunInstance) -> bool:
    return _contains(one, other) or _contains(other, one)


def _contains(one: RunInstance, other: RunInstance) -> bool:
    return set(other.inputs) <= set(one.inputs) and set(other.outputs) <= set(one.outputs)


def _are_apart(one: Iterable[str], other: Iterable[str]) -> bool:
    ones, others = frozenset(one), frozenset(other)
    return bool(ones and others) and ones.isdisjoint(others)


def _instance(record: RunInstance) -> Instance:
    return Instance(record.state, record.at, frozenset(record.inputs), frozenset(record.outputs))


def _whole(run: Run, stretch: _Stretch, since: int, until: int | None) -> Instance:
    """Return all events of a stretch as one instance: its first end counts, at the same time the worse one.

    :param since: time of its start, 0 for the first stretch
    :param until: time of the next start, ``None`` for the last stretch
    """
    end = min(stretch.ends, key=lambda end: (end.at, -TERMINAL[end.state]), default=None)
    records = (*stretch.starts, *stretch.ends)
    named = {key for record in run.instances for key in (*record.inputs, *record.outputs)}
    inputs, outputs = (
        {
            key
            for key, dataset in side.items()
            if key not in named and (at := dataset.first_at or 0) >= since and (until is None or at < until)
        }
        for side in (run.inputs, run.outputs)
    )
    return Instance(
        end.state if end is not None else "OTHER",
        end.at if end is not None else 0,
        frozenset(inputs.union(*(record.inputs for record in records))),
        frozenset(outputs.union(*(record.outputs for record in records))),
    )


def _unassigned(run: Run, instances: Sequence[Instance]) -> tuple[str, ...]:
    """Return the datasets that only ended instances with one side have, or that none has."""
    whole = [one for one in instances if gives_edges(run, one) or one.state not in TERMINAL]
    assigned = {key for one in whole for key in (*one.inputs, *one.outputs)}
    return tuple(sorted({key for side in (run.inputs, run.outputs) for key in side} - assigned))


def gives_edges(run: Run, instance: Instance) -> bool:
    """Return whether an instance names inputs and outputs, or an output that has column lineage."""
    if not instance.outputs or instance.inputs:
        return bool(instance.outputs)
    outputs = (run.outputs[key] for key in instance.outputs if key in run.outputs)
    return any(output.facets is not None and output.facets.columnLineage is not None for output in outputs)


def is_full(run: Run) -> bool:
    """Return whether no further instance of a run can be remembered."""
    return len(run.instances) >= MAX_INSTANCES

"""Decides which remembered parts are one run: a run is a job and a run id, and some jobs send two names.

Events are merged by job name and run id, into parts. Parts of one run id are joined only where that is how a producer
behaves (Spark's ``unknown``, and its renaming within an application) and nothing contradicts it. The decision is made
from all that is known of both parts, each time, so that order and batches do not show.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from openmetadata_ol_provider.openlineage.facets import ParentFacet, RunFacets
from openmetadata_ol_provider.openlineage.job_names import letters_of
from openmetadata_ol_provider.openlineage.job_types import job_type_of
from openmetadata_ol_provider.openlineage.run_state import UNKNOWN, Run
from openmetadata_ol_provider.openlineage.run_state_merge import merge_runs

#: Most names of one run id that are compared in pairs.
_MAX_COMPARED = 50
#: Job type of Spark's applications.
_APPLICATION = "APPLICATION"


def parent_facet(facets: RunFacets | None) -> ParentFacet | None:
    """Return the facet ``parent``, or ``parentRun``, its older name; ``None`` if it is withdrawn."""
    facet = (facets.parent or facets.parentRun) if facets else None
    return None if facet is None or facet.deleted else facet


def parent_id(facets: RunFacets | None) -> str | None:
    """Return the run id of a run's parent, ``None`` if it has none."""
    if facets is None or (facet := facets.parent or facets.parentRun) is None or facet.deleted:
        return None
    return facet.run.runId if facet.run is not None else None


def ids_above(run: Run) -> tuple[str, ...]:
    """Return the ids of the runs that a run names as its parent and its root."""
    facets = run.run_facets
    if facets is None or (facet := facets.parent or facets.parentRun) is None or facet.deleted:
        return ()
    parent = facet.run.runId if facet.run is not None else None
    root = facet.root.run.runId if facet.root is not None and facet.root.run is not None else None
    if parent and root and parent != root:
        return parent, root
    named = parent or root
    return (named,) if named else ()


def is_unnamed(run: Run) -> bool:
    """Return whether a run would be a pipeline, but Spark has not sent the name yet."""
    return run.spark and run.name == UNKNOWN and not run.terminal and parent_facet(run.run_facets) is None


def joined_parts(parts: Sequence[Run]) -> list[list[Run]]:
    """Return parts with one namespace and run id, grouped by the run that they belong to.

    :param parts: parts in any order
    """
    # Of other producers it is the name of a job.
    unknown = [part for part in parts if part.name == UNKNOWN and part.spark]
    groups = list(_by_job([part for part in parts if part.name != UNKNOWN or not part.spark]))
    if not unknown:
        return groups
    whole = _sum(unknown)
    # Spark starts a run again under its name.
    candidates = [group for group in groups if not _differ(whole, _sum(group))]
    if len(groups) > 1:
        parent = _parent(whole)
        candidates = [group for group in candidates if parent is not None and _parent(_sum(group)) == parent]
    if len(candidates) != 1:
        return [*groups, unknown]
    return [[*group, *unknown] if group is candidates[0] else group for group in groups]


def are_proven_apart(runs: Collection[Run]) -> bool:
    """Return whether evidence shows that all runs of one run id are different runs, and not one under two names."""
    if all(run.started_at is not None for run in runs) or all(run.ended_at is not None for run in runs):
        return True
    compared = sorted(runs, key=lambda run: run.name)[:_MAX_COMPARED]
    return all(_contradict(one, other) for one, other in combinations(compared, 2))


def _by_job(parts: Sequence[Run]) -> Iterator[list[Run]]:
    """Yield the parts of each job: those with one name, and those that Spark has renamed."""
    related: dict[object, list[Run]] = {}
    for part in parts:
        related.setdefault(part.name, []).append(part)
    of_spark = []
    for group in related.values():
        if all(part.spark for part in group):
            of_spark.append(group)
        else:
            yield group
    for groups in _components(of_spark):
        runs = [_sum(group) for group in groups]
        many = len(runs) > _MAX_COMPARED
        if many or any(_contradict(one, other) for one, other in combinations(runs, 2)):
            yield from groups
        else:
            yield [part for group in groups for part in group]


def _components(groups: Iterable[list[Run]]) -> Iterator[list[list[Run]]]:
    """Yield groups whose names are related, directly or through others."""
    groups = sorted(groups, key=lambda group: group[0].name)
    by_key: dict[object, int] = {}
    component = list(range(len(groups)))

    def root(number: int) -> int:
        while component[number] != number:
            number = component[number]
        return number

    for number, group in enumerate(groups):
        for key in _relations(group[0]):
            component[root(number)] = root(by_key.setdefault(key, number))
    # A name comes after its beginnings when sorted, so their own numbers are known by now.
    names = {group[0].name: number for number, group in enumerate(groups)}
    for name, number in names.items():
        for end, character in enumerate(name):
            if character in "._" and name[:end] in names:
                component[root(number)] = root(names[name[:end]])
    found: dict[int, list[list[Run]]] = {}
    for number, group in enumerate(groups):
        found.setdefault(root(number), []).append(group)
    yield from found.values()


def _relations(part: Run) -> Iterator[object]:
    yield "name", letters_of(part.name)
    facet = parent_facet(part.run_facets)
    name = facet.job.name if facet and facet.job else None
    if name and part.name.startswith(name) and (parent := _parent(part)):
        yield parent


def _parent(run: Run) -> tuple[str, str] | None:
    facet = parent_facet(run.run_facets)
    if facet is None or facet.run is None or not facet.run.runId or facet.job is None or not facet.job.name:
        return None
    return facet.run.runId, letters_of(facet.job.name)


def _contradict(one: Run, other: Run) -> bool:
    """Return whether two parts of one run id cannot be one run: both started, both ended, or they differ."""
    if one.started_at is not None and other.started_at is not None:
        return True
    return (one.ended_at is not None and other.ended_at is not None) or _differ(one, other)


def _differ(one: Run, other: Run) -> bool:
    """Return whether two parts cannot be one run: one is the other's parent, or what they say of it differs.

    That is: other parents, nothing in common on a side, or one is an application and the other a job in it.
    """
    types = job_type_of(one.job_facets), job_type_of(other.job_facets)
    if all(types) and _APPLICATION in types and types[0] != types[1]:
        return True
    parents = _parent(one), _parent(other)
    if None not in parents and parents[0] != parents[1]:
        return True
    if (one.run_id, letters_of(one.name)) == parents[1] or (other.run_id, letters_of(other.name)) == parents[0]:
        return True
    sides = ((one.outputs, other.outputs), (one.inputs, other.inputs))
    return any(own and others and own.keys().isdisjoint(others) for own, others in sides)


def _sum(parts: Sequence[Run]) -> Run:
    ordered = sorted(parts, key=lambda part: (part.name, part.legacy))
    whole = ordered[0]
    for part in ordered[1:]:
        whole = merge_runs(whole, part)
    return whole


class JoinedRun(NamedTuple):
    """A run that consists of several parts.

    :param keys: keys of its parts
    """

    run: Run
    keys: tuple[str, ...]


def join(parts: Mapping[str, Run]) -> list[JoinedRun]:
    """Return the runs that some parts with one namespace and run id are.

    :param parts: parts by key
    """
    keys = {id(part): key for key, part in parts.items()}
    return [
        JoinedRun(_sum(group), tuple(sorted(keys[id(part)] for part in group)))
        for group in joined_parts(sorted(parts.values(), key=lambda part: (part.name, part.legacy)))
    ]

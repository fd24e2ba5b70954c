"""Learns from Databricks' mounts where paths of DBFS lie, as further names of the datasets (:mod:`.symlinks`).

``/mnt/raw/orders`` of ``dbfs`` is ``abfss://raw@account/orders`` if ``/mnt/raw`` is a mount of that container. Paths of
``dbfs`` do not say whose workspace they belong to, so a mount with two sources is no name of anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from openmetadata_ol_provider.lineage.symlinks import MAX_ALIASES, MAX_NAMES
from openmetadata_ol_provider.lineage.systems import parse_namespace
from openmetadata_ol_provider.openlineage.facets import EnvironmentFacet, Identifier
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import Alias, Run, name_key

#: Most mounts of one run that are looked at.
MAX_MOUNTS: Final = 1_000
_LOCATION: Final = "LOCATION"
#: Type of a name that is none: it remembers that the mounts of a path contradict each other.
_CONFLICT: Final = "MOUNT_CONFLICT"

Dataset = tuple[str, str]


class LearntMounts(NamedTuple):
    """Other names of datasets, with those by mounts.

    :param problems: paths whose mounts contradict each other
    """

    aliases: Mapping[str, Alias]
    problems: tuple[Problem, ...] = ()


def learn_mounts(remembered: Mapping[str, Alias], runs: Iterable[Run], seen_at: int) -> LearntMounts:
    """Return the remembered names with the places of datasets that are mounted.

    :param runs: runs that changed, with all that is known of them
    :param seen_at: time of consumption, in microseconds
    """
    places: dict[Dataset, set[Dataset]] = {}
    for run in runs:
        facet = run.run_facets.environment_properties if run.run_facets else None
        mounts = _mounts(facet) if facet is not None else {}
        if not mounts:
            continue
        for dataset in (*run.inputs.values(), *run.outputs.values()):
            path = _path(dataset.namespace, dataset.name)
            if path is not None:
                places.setdefault((dataset.namespace, dataset.name), set()).update(_places(path, mounts))
    if not any(places.values()):
        return LearntMounts(remembered)
    aliases = dict(remembered)
    problems = []
    for (namespace, name), found in sorted(places.items()):
        if not found:
            continue
        key = name_key(namespace, name)
        alias = aliases.pop(key, None) or Alias()
        mounted = [item for item in alias.identifiers if item.type in (_LOCATION, _CONFLICT)]
        others = [item for item in alias.identifiers if item not in mounted]
        known = {(item.namespace or "", item.name or "") for item in mounted} | found
        if len(known) > 1:
            problems.append(_conflict(namespace, name, sorted(filter(any, known))))
            names = [Identifier(type=_CONFLICT)]
        else:
            names = [Identifier(namespace=place, name=path, type=_LOCATION) for place, path in known]
        aliases[key] = Alias(identifiers=[*names, *others][:MAX_NAMES], last_seen_at=seen_at)
    for key in list(aliases)[: max(0, len(aliases) - MAX_ALIASES)]:
        del aliases[key]
    return LearntMounts(aliases, tuple(problems))


def _mounts(facet: EnvironmentFacet) -> dict[str, set[str]]:
    """Return the sources of each mounted path; those that Databricks itself mounts are left out."""
    inner = facet.inner.mountPoints if facet.inner else None
    mounts: dict[str, set[str]] = {}
    for item in [*(facet.mountPoints or ()), *(inner or ())][:MAX_MOUNTS]:
        if item.mountPoint and item.source and "://" in item.source:
            mounts.setdefault("/" + item.mountPoint.strip("/"), set()).add(item.source.rstrip("/"))
    return mounts


def _path(namespace: str, name: str) -> str | None:
    """Return the path in DBFS of a dataset, ``None`` for other datasets."""
    parsed = parse_namespace(namespace)
    if parsed.scheme == "dbfs":
        return "/" + f"{parsed.path.strip('/')}/{name.removeprefix('dbfs:').strip('/')}".strip("/")
    if parsed.scheme == "file":
        # Spark's own file system shows it below /dbfs.
        path = f"{parsed.path.rstrip('/')}/{name.removeprefix('file:').lstrip('/')}"
        return path.removeprefix("/dbfs") if path.startswith("/dbfs/") else None
    return None


def _places(path: str, mounts: Mapping[str, set[str]]) -> Iterator[Dataset]:
    """Yield namespace and name of a path in the storage that is mounted deepest above it."""
    above = path
    while above:
        if above in mounts:
            for source in sorted(mounts[above]):
                scheme, _, rest = source.partition("://")
                authority, _, directory = rest.partition("/")
                yield f"{scheme}://{authority}", f"{directory}{path[len(above) :]}".strip("/") or "/"
            return
        above = above.rpartition("/")[0]


def _conflict(namespace: str, name: str, places: Iterable[Dataset]) -> Problem:
    urls = [f"{place}/{path}" for place, path in places]
    said = f"is mounted from {' and '.join(urls)}" if urls else "is mounted from several sources"
    detail = f"{said}: it is neither; say which in datasets.rename, or have the producer name its workspace"
    return Problem(ProblemKind.MOUNT_CONFLICT, f"{namespace} {name}", detail)

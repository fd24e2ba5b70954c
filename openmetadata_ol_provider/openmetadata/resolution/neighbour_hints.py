"""Finds hints for datasets that did not resolve, with a view of the other datasets of their namespace.

What would help depends on the neighbours: where others of the namespace resolve, a dataset is missing, and a rule for
the whole namespace would only take their lineage away. A rule is tried on datasets of the same events before it is
offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId
from openmetadata_ol_provider.openmetadata.resolution.hints import (
    Hint,
    Neighbours,
    exclusion_rule,
    missing_hint,
    namespace_rule,
    unmatched_hint,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.openlineage.problems import Rule
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver

#: Most datasets that resolve, and most that do not, on which a rule is tried.
_TRIED: Final = 10
#: Most rules that are tried for a namespace.
_MOST_RULES: Final = 3


class Trial(NamedTuple):
    """What a rule would change.

    :param missing: number of datasets tried that do not resolve today
    :param gained: number of them that the rule resolves
    :param resolved: number of datasets tried that resolve today
    :param lost: number of them that the rule resolves no longer, or to something else
    """

    missing: int
    gained: int
    resolved: int
    lost: int

    @property
    def text(self) -> str:
        """What the rule does, to follow its text."""
        gained = f"resolves {self.gained} of the {self.missing} that are missing"
        if not self.resolved:
            return gained
        lost = f"takes away {self.lost} of" if self.lost else "changes none of"
        return f"{gained} and {lost} the {self.resolved} that resolve"


class Neighbourhood(NamedTuple):
    """The datasets of a namespace.

    :param missing: ids of those that do not resolve
    :param resolved: ids of those that resolve
    :param elsewhere: number of further ones that resolved earlier and are not part of this publication
    :param waiting: number of edges that wait for the missing ones
    """

    missing: tuple[DatasetId, ...]
    resolved: tuple[DatasetId, ...]
    elsewhere: int
    waiting: int

    @property
    def number_resolved(self) -> int:
        """Number of datasets that resolve."""
        return len(self.resolved) + self.elsewhere

    def neighbours(self, services: Sequence[str]) -> Neighbours:
        """Return the numbers for a hint, with the services that it names."""
        return Neighbours(self.number_resolved, self.number_resolved + len(self.missing), self.waiting, services)


def neighbour_hints(
    resolver: Resolver,
    datasets: Iterable[Dataset],
    resolutions: Mapping[DatasetId, Resolution],
    ends: Iterable[tuple[DatasetId, DatasetId]],
    earlier: Mapping[DatasetId, str] | None = None,
) -> dict[DatasetId, Resolution]:
    """Return the resolutions of datasets that did not resolve, with hints that consider their neighbours.

    :param datasets: datasets that were resolved
    :param resolutions: their resolutions
    :param ends: source and target of each edge
    :param earlier: outcomes of further datasets, which were resolved before
    """
    missing = [id_ for id_, resolution in resolutions.items() if resolution.reason is not None]
    if not missing:
        return {}
    by_id = {dataset.id: dataset for dataset in datasets}
    hints = _HintWriter(resolver, by_id, resolutions)
    neighbourhoods = _neighbourhoods(missing, resolutions, set(ends), earlier or {})
    return {id_: hints.with_hint(id_, neighbourhoods[id_.namespace]) for id_ in missing}


def _neighbourhoods(
    missing: Iterable[DatasetId],
    resolutions: Mapping[DatasetId, Resolution],
    ends: Iterable[tuple[DatasetId, DatasetId]],
    earlier: Mapping[DatasetId, str],
) -> dict[str, Neighbourhood]:
    namespaces = {id_.namespace for id_ in missing}
    by_namespace: dict[str, list[list[DatasetId]]] = {name: [[], []] for name in namespaces}
    for id_, resolution in resolutions.items():
        if id_.namespace in namespaces and resolution.outcome != "ignored":
            by_namespace[id_.namespace][resolution.entity is not None].append(id_)
    elsewhere = dict.fromkeys(namespaces, 0)
    for id_, outcome in earlier.items():
        if id_.namespace in namespaces and outcome == "resolved" and id_ not in resolutions:
            elsewhere[id_.namespace] += 1
    waiting = dict.fromkeys(namespaces, 0)
    for pair in ends:
        for name in {end.namespace for end in pair if end in resolutions and resolutions[end].reason is not None}:
            waiting[name] += 1
    return {
        name: Neighbourhood(tuple(lost), tuple(found), elsewhere[name], waiting[name])
        for name, (lost, found) in by_namespace.items()
    }


class _HintWriter:
    def __init__(
        self, resolver: Resolver, datasets: Mapping[DatasetId, Dataset], resolutions: Mapping[DatasetId, Resolution]
    ) -> None:
        self._resolver = resolver
        self._datasets = datasets
        self._resolutions = resolutions
        self._trials: dict[tuple[str, str], Trial] = {}

    def with_hint(self, id_: DatasetId, around: Neighbourhood) -> Resolution:
        """Return the resolution of a dataset with its hint, cause and rule."""
        resolution = self._resolutions[id_]
        if resolution.options:
            hint = self._tried_hint(id_, resolution, list(self._tried(resolution.options, around)))
        elif resolution.hint is not None:
            # Its rule applies to this dataset only.
            hint = resolution.hint
        elif around.number_resolved:
            entities = [self._resolutions[other].entity for other in around.resolved]
            services = sorted({entity.service for entity in entities if entity is not None})
            hint = missing_hint(id_, resolution.detail, around.neighbours(services))
        else:
            around_it = around.neighbours(resolution.services)
            hint = unmatched_hint(id_, resolution.detail, around_it, resolution.chosen, resolution.candidates)
        return resolution._replace(detail=hint.detail, hint=hint)

    def _tried_hint(self, id_: DatasetId, resolution: Resolution, trials: list[tuple[Rule, Trial]]) -> Hint:
        """Return the hint with the rule that helps and harms nothing, or else the one that leaves the dataset out."""
        assert resolution.hint is not None
        detail, cause, _, finding = resolution.hint
        texts = "; ".join(f"{rule.entry} {trial.text}" for rule, trial in trials)
        helpful = [(rule, trial) for rule, trial in trials if trial.gained and not trial.lost]
        if not helpful:
            exclude = exclusion_rule(id_)
            return Hint(
                f"{finding}. A rule for the namespace, tried on these events, does harm: {texts}. To leave out just "
                f"this dataset, add to `datasets.exclude`: {exclude.entry}",
                f"{cause}; a rule for the namespace, tried on these events, does harm: {texts}",
                exclude,
            )
        rule, trial = helpful[0]
        others = "".join(f"; or {other.entry}, which {tried.text}" for other, tried in helpful[1:])
        return Hint(
            f"{detail}. Tried on these events: {texts}",
            f"{cause}; the rule, tried on these events, {trial.text}{others}",
            rule,
        )

    def _tried(self, options: Iterable[tuple[str, str]], around: Neighbourhood) -> Iterator[tuple[Rule, Trial]]:
        for namespace, service in list(options)[:_MOST_RULES]:
            key = (namespace, service)
            if key not in self._trials:
                self._trials[key] = self._try(namespace, service, around)
            yield namespace_rule(namespace, service), self._trials[key]

    def _try(self, namespace: str, service: str, around: Neighbourhood) -> Trial:
        """Return what a rule changes, tried on some datasets of the namespace."""
        trial = self._resolver.with_rule(namespace, service)
        missing, resolved = ([self._datasets[id_] for id_ in ids[:_TRIED]] for ids in (around.missing, around.resolved))
        after = trial.resolve_all([*missing, *resolved])
        return Trial(
            len(missing),
            sum(after[dataset.id].entity is not None for dataset in missing),
            len(resolved),
            sum(after[dataset.id].entity != self._resolutions[dataset.id].entity for dataset in resolved),
        )

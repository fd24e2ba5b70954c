"""Sorts the events of jobs and datasets that belong to no run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.json import encode

from openmetadata_ol_provider.lineage.declarations import dataset_states
from openmetadata_ol_provider.openlineage.event import Event, EventJob
from openmetadata_ol_provider.openlineage.run_state import DatasetState
from openmetadata_ol_provider.openlineage.times import microseconds


class JobStatement(NamedTuple):
    """A JobEvent.

    :param at: time of the event, in microseconds
    """

    job: EventJob
    event: Event
    at: int


class StaticEvents(NamedTuple):
    """JobEvents and DatasetEvents, the oldest first.

    :param datasets: datasets of DatasetEvents
    """

    jobs: list[JobStatement]
    datasets: list[DatasetState]

    def derived(self) -> list[DatasetState]:
        """Return the datasets that state their own sources, each as its latest event with that facet has it.

        An event with column lineage alone withdraws no lineage facet, in whichever batch they come.
        """
        stating = {
            (dataset.namespace, dataset.name, facet): dataset
            for dataset in self.datasets
            if (facet := _facet_with_sources(dataset)) is not None
        }
        return list(stating.values())


def sort_static(events: Iterable[Event]) -> StaticEvents:
    """Return static events by kind and time, independent of the order of arrival."""
    sorted_events = StaticEvents([], [])
    for event in sorted(events, key=lambda event: (event.eventTime, encode(event))):
        at = microseconds(event.eventTime)
        if event.job is not None:
            sorted_events.jobs.append(JobStatement(event.job, event, at))
        elif event.dataset is not None:
            sorted_events.datasets.extend(dataset_states([event.dataset], at).values())
    return sorted_events


def _facet_with_sources(dataset: DatasetState) -> str | None:
    """Return the name of the facet that states the sources of a dataset, ``None`` if there is none."""
    facets = dataset.facets
    if facets is None:
        return None
    return next((name for name in ("lineage", "columnLineage") if getattr(facets, name) is not None), None)

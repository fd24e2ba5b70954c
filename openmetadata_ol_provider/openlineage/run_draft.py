"""Merges the events of one run into a draft, from which the run is made once all events of a batch are in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.event import Event, EventDataset, EventJob, EventRun, State
from openmetadata_ol_provider.openlineage.facet_merge import FacetDraft
from openmetadata_ol_provider.openlineage.facets import DatasetFacets
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, UNKNOWN, DatasetState, Run, name_key

#: Datasets of one side that are remembered of a run: a stream may show new ones for ever.
MAX_DATASETS = 10_000


class RunDraft:
    """One run while events are merged into it.

    :param run: run so far, which is not changed
    """

    __slots__ = (
        "_ended_at", "_first_at", "_has_paired_event", "_inputs", "_job_facets", "_name", "_name_at", "_outputs",
        "_run", "_run_facets", "_saw_running", "_started_at", "_state",
    )  # fmt: skip

    def __init__(self, run: Run) -> None:
        self._run = run
        self._name, self._name_at = run.name, run.name_at
        self._state: State = run.state
        self._first_at, self._started_at, self._ended_at = run.first_at, run.started_at, run.ended_at
        self._saw_running, self._has_paired_event = run.saw_running, run.has_paired_event
        self._run_facets = FacetDraft(run.run_facets, run.run_times)
        self._job_facets = FacetDraft(run.job_facets, run.job_times)
        self._inputs, self._outputs = _SideDraft(run.inputs), _SideDraft(run.outputs)

    def merge(self, run: EventRun, job: EventJob, event_type: str | None, time: int) -> None:
        """Merge all of an event but its datasets.

        :param time: time of the event in microseconds
        """
        self._first_at = min(self._first_at, time)
        # The latest event names the job: some producers learn the name only after the start.
        if job.name != UNKNOWN and (self._name == UNKNOWN or (time, job.name) >= (self._name_at, self._name)):
            self._name, self._name_at = job.name, time
        self._merge_state((event_type or "OTHER").upper(), time)
        self._run_facets.merge(run.facets, time)
        self._job_facets.merge(job.facets, time)

    def merge_datasets(self, event: Event, time: int) -> int:
        """Merge the datasets of an event.

        :return: number of datasets for which there was no room
        """
        self._has_paired_event = self._has_paired_event or bool(event.inputs and event.outputs)
        return self._inputs.merge(event.inputs or (), time) + self._outputs.merge(event.outputs or (), time)

    @property
    def sends_snapshots(self) -> bool:
        """Whether each event holds the complete picture of a time window, so that events must not be merged."""
        facets = self._job_facets.facets
        kind = facets.jobType if facets else None
        pattern = kind.emissionPattern if kind else None
        return pattern is not None and (pattern.eventContentMode or "").upper() == "COMPLETE_SNAPSHOT"

    def finish(self, seen_at: int) -> Run:
        """Return the run with everything that was merged.

        :param seen_at: time of consumption in microseconds
        """
        return replace(
            self._run,
            name=self._name,
            name_at=self._name_at,
            state=self._state,
            first_at=self._first_at,
            started_at=self._started_at,
            ended_at=self._ended_at,
            saw_running=self._saw_running,
            has_paired_event=self._has_paired_event,
            last_seen_at=seen_at,
            from_previous_lanes=False,
            run_facets=self._run_facets.facets,
            run_times=self._run_facets.times,
            job_facets=self._job_facets.facets,
            job_times=self._job_facets.times,
            inputs=self._inputs.finish(),
            outputs=self._outputs.finish(),
        )

    def _merge_state(self, event_type: str, time: int) -> None:
        """Move the state forward: the first terminal state stays, at the same time the worse one does."""
        if event_type in TERMINAL:
            ended = (time, -TERMINAL[event_type])
            if self._ended_at is None or ended < (self._ended_at, -TERMINAL[self._state]):
                self._state, self._ended_at = event_type, time  # type: ignore[assignment]
        elif event_type == "START":
            self._started_at = time if self._started_at is None else min(self._started_at, time)
            if self._state == "OTHER":
                self._state = "START"
        elif event_type == "RUNNING":
            self._saw_running = True
            if self._state in ("OTHER", "START"):
                self._state = "RUNNING"


class _SideDraft:
    """The inputs or outputs of a run while events are merged into it; only what they touch is drafted."""

    __slots__ = ("_before", "_drafts", "_room")

    def __init__(self, before: Mapping[str, DatasetState]) -> None:
        self._before = before
        self._drafts: dict[str, _DatasetDraft] = {}
        self._room = MAX_DATASETS - len(before)

    def merge(self, datasets: Iterable[EventDataset], time: int) -> int:
        """Merge the datasets of one event and return the number of those for which there was no room."""
        left_out = 0
        for dataset in datasets:
            key = name_key(dataset.namespace, dataset.name)
            draft = self._drafts.get(key) or self._draft(key, dataset)
            if draft is None:
                left_out += 1
                continue
            if draft.first_at is None or time < draft.first_at:
                draft.first_at = time
            draft.merge(dataset.facets, time)
        return left_out

    def _draft(self, key: str, dataset: EventDataset) -> _DatasetDraft | None:
        state = self._before.get(key)
        if state is None:
            if self._room <= 0:
                return None
            self._room -= 1
            state = DatasetState(namespace=dataset.namespace, name=dataset.name)
        draft = self._drafts[key] = _DatasetDraft(state)
        return draft

    def finish(self) -> Mapping[str, DatasetState]:
        """Return the side with everything that was merged."""
        if not self._drafts:
            return self._before
        merged = {key: draft.finish() for key, draft in self._drafts.items()}
        return {**self._before, **merged} if self._before else merged


class _DatasetDraft(FacetDraft[DatasetFacets]):
    """One dataset of a run while events are merged into it."""

    __slots__ = ("_name", "_namespace", "first_at")

    def __init__(self, state: DatasetState) -> None:
        super().__init__(state.facets, state.times)
        self._namespace, self._name, self.first_at = state.namespace, state.name, state.first_at

    def finish(self) -> DatasetState:
        """Return the dataset with everything that was merged."""
        return DatasetState(
            namespace=self._namespace, name=self._name, first_at=self.first_at, facets=self.facets, times=self.times
        )

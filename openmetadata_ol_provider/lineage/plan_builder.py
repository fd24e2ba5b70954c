"""Builds one plan: places jobs, derives edges, names datasets, and notes what is to be remembered of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.assumed_products import assumed_products
from openmetadata_ol_provider.lineage.dataset_collector import DatasetCollector
from openmetadata_ol_provider.lineage.declarations import dataset_states, declared_by, learn_declarations
from openmetadata_ol_provider.lineage.derivations import Derivations
from openmetadata_ol_provider.lineage.edge_collector import CollectedEdges, EdgeCollector
from openmetadata_ol_provider.lineage.emitted_parts import Parts, parts_of
from openmetadata_ol_provider.lineage.instance_lineage import lineage_of_instances
from openmetadata_ol_provider.lineage.job_collector import JobCollector
from openmetadata_ol_provider.lineage.job_placer import JobPlacer, without_run
from openmetadata_ol_provider.lineage.jobs import JobPlacement
from openmetadata_ol_provider.lineage.latest_runs import end_of, latest_runs
from openmetadata_ol_provider.lineage.pairing_rules import TRANSFER, PairingRules
from openmetadata_ol_provider.lineage.plan import JobId, LineagePlan, RunRecord
from openmetadata_ol_provider.lineage.remembered_runs import remembered_runs
from openmetadata_ol_provider.lineage.run_completion import is_presumed_running, lineage_is_final
from openmetadata_ol_provider.lineage.run_datasets import single_topics
from openmetadata_ol_provider.lineage.run_ends import EndsOfBatch
from openmetadata_ol_provider.lineage.run_facts import FACTS, PAIRED, STARTED_ONLY
from openmetadata_ol_provider.lineage.run_fingerprint import RunFingerprint, fingerprint
from openmetadata_ol_provider.lineage.runs import fix_pipeline_starts, run_record
from openmetadata_ol_provider.lineage.runs_below import PairedRun, runs_below
from openmetadata_ol_provider.lineage.sql import apply_sql_policy_to_plan
from openmetadata_ol_provider.lineage.static_events import sort_static
from openmetadata_ol_provider.lineage.symlinks import Aliases
from openmetadata_ol_provider.lineage.transfers import transfer_lineage
from openmetadata_ol_provider.lineage.views import Views
from openmetadata_ol_provider.lineage.written_datasets import NOT_WRITTEN, RunId, Writing
from openmetadata_ol_provider.openlineage.event import Event, EventJob
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.repeated_runs import is_repeated
from openmetadata_ol_provider.openlineage.reported_once import report_once
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Declaration, Run, RunState


class Built(NamedTuple):
    """A finished plan, and the state to remember with it."""

    plan: LineagePlan
    state: RunState


class PlanBuilder:
    """Collects the parts of one plan; the state that it is given is not changed.

    :param config: configuration
    :param state: state with all that the batch says of runs and symlinks
    :param index: the runs of that state
    :param seen_at: time of consumption, in microseconds
    :param latest_at: time of the latest event of any run, in microseconds
    :param earlier_at: the same before this batch; ``None`` if there is none
    :param derivations: what was derived before, under the same configuration; default: none
    :param written: what the batch shows runs to have written; default: nothing
    """

    def __init__(
        self,
        config: Config,
        state: RunState,
        index: RunIndex,
        *,
        seen_at: int,
        latest_at: int,
        earlier_at: int | None = None,
        derivations: Derivations | None = None,
        written: Mapping[RunId, Writing] | None = None,
    ) -> None:
        self._config = config
        self._state = state
        self._index = index
        self._seen_at = seen_at
        self._latest_at = latest_at
        self._written = written or {}
        self._earlier_at = latest_at if earlier_at is None else earlier_at
        derivations = derivations or Derivations(config)
        naming = derivations.naming
        aliases, self._views = Aliases(state.aliases, naming), Views(state.views, naming)
        self._datasets = DatasetCollector(config, naming, aliases)
        self._edges = EdgeCollector(derivations, aliases, self._views, state.temporary_datasets)
        self._pairing_rules = PairingRules(config.lineage.pair_by_name)
        self._placer = JobPlacer(config, index)
        nodes = config.lineage.pipeline_nodes
        self._jobs = JobCollector(index, is_included=self._placer.admits, adds_triggers=nodes)
        self._records: list[RunRecord] = []
        self._problems: list[Problem] = []
        self._fingerprints: dict[JobId, RunFingerprint] = {}
        self._changed: set[str] = set()
        self._added: set[str] = set()
        self._emitted: set[str] = set()
        self._pipeline_starts = state.pipeline_starts
        self._declarations = state.declarations

    def learn_views(self, runs: Iterable[Run], static: Iterable[Event]) -> None:
        """Learn what is behind the views that runs and static events name, before any edge is derived."""
        self._views.learn(runs, static, self._seen_at, self._index)

    # -- runs ------------------------------------------------------------------------------------------------------

    def add_runs(self, runs: Mapping[str, Run], new: Collection[str] = ()) -> None:
        """Add runs with their records, the run that ended last at the end.

        :param runs: runs by key
        :param new: keys of the runs that no earlier batch has shown
        """
        self._changed.update(runs)
        placed = [(key, run, placement) for key, run in runs.items() if (placement := self._placer.place(run))]
        placed.sort(key=lambda item: end_of(item[1]))
        pipeline_runs = [(run, placement.pipeline) for _, run, placement in placed]
        self._pipeline_starts = fix_pipeline_starts(self._pipeline_starts, pipeline_runs, self._seen_at)
        for key, run, placement in placed:
            self._add_run(key, run, placement)
            self._records.append(self._record(run, placement, new=key in new))

    def add_snapshots(self, snapshots: Iterable[Run]) -> None:
        """Add COMPLETE_SNAPSHOT events, each in the form of a run."""
        for snapshot in snapshots:
            if placement := self._placer.place(snapshot):
                self._add_datasets(snapshot)
                self._add_edges(snapshot, placement, self._fingerprint(snapshot, placement))
                self._fingerprints.pop(placement.names.own.job, None)

    def add_later_runs(self, changed: Mapping[str, Run]) -> None:
        """Add the latest run of each job that changed, which wins even if it came in an earlier batch."""
        self._add_keys(key for key, _ in latest_runs(changed, self._index))

    def add_earlier_runs(self, keys: Collection[str]) -> None:
        """Add runs of earlier batches, as far as they are not added yet."""
        self._add_keys({*keys} - self._added - self._changed)

    def add_quiet_streams(self, changed: Mapping[str, Run]) -> None:
        """Add runs that did not change, but whose lineage is complete by now, because time has passed."""
        # Which jobs the configuration means is seen when they are looked at.
        is_any = self._pairing_rules.has_patterns
        quiet = self._index.runs if is_any else self._index.grouped(FACTS).keys_of_any((STARTED_ONLY, PAIRED))
        keys = quiet.keys() - changed.keys() - self._added
        self._add_keys(key for key in keys if not (run := self._index.runs[key]).terminal and self._is_due(run))

    def _add_keys(self, keys: Iterable[str]) -> None:
        for key in self._index.in_order(keys):
            if placement := self._placer.place(run := self._index.runs[key]):
                self._add_run(key, run, placement)

    def _is_due(self, run: Run) -> bool:
        """Tell whether a stream has had the time to fail, or a connector the time to show all its datasets."""
        if run.state == "START" and not run.lineage_emitted and is_presumed_running(run, self._latest_at):
            return self._is_final(run)
        return self._pairing_rules.settles(run, self._earlier_at, self._latest_at)

    def add_transfers(self, tasks: Iterable[tuple[Run, list[Run]]]) -> None:
        """Add the lineage of transfer tasks, whose reads and writes show in different child runs."""
        for task, children in tasks:
            if (placement := self._placer.place(task)) and self._is_final(task) and not is_repeated(task):
                self._jobs.add(placement, task.job_facets, task.run_facets)
                self._edges.add(placement.names, transfer_lineage(task, children), TRANSFER)

    # -- ends that were not sent -----------------------------------------------------------------------------------

    def add_ends(self, changed: Mapping[str, Run], before: Mapping[str, Run]) -> None:
        """Add what follows from ends that were not sent, and correct what earlier plans have said of ends.

        :param changed: runs that were added, by key
        :param before: parts of runs after earlier batches, by key
        """
        batch = EndsOfBatch(self._index, changed, before, self._placer.place, self._record)
        ends = batch.complete(self._records, self._jobs.jobs)
        self._records, self._jobs.jobs = ends.records, ends.jobs
        self._problems += ends.problems

    def _record(self, run: Run, placement: JobPlacement, *, new: bool = False) -> RunRecord:
        writing = self._written.get((placement.names.own.job, run.run_id), NOT_WRITTEN)
        return run_record(run, placement, self._pipeline_starts, self._datasets.wanted, writing, new=new)

    def _is_final(self, run: Run) -> bool:
        if run.other_names or (run.state == "START" and self._index.failed_at_once(run)):
            # Merged by an earlier version: nobody knows which dataset is whose. Or it did not run at all.
            return False
        return lineage_is_final(run, self._config.lineage.on, self._latest_at)

    def _fingerprint(self, run: Run, placement: JobPlacement) -> RunFingerprint:
        is_final = self._is_final(run)
        pairing = self._pairing_rules.of(run, placement.names.own.job, self._latest_at) if is_final else None
        return fingerprint(run, placement, pairing, is_final=is_final)

    def _add_run(self, key: str, run: Run, placement: JobPlacement) -> None:
        self._added.add(key)
        self._add_datasets(run)
        own, job = self._fingerprint(run, placement), placement.names.own.job
        if own.is_final and not run.lineage_emitted:
            self._emitted.add(key)
        sums_up = own.is_final and own.pairing is None
        below = runs_below(run, self._index, self._pairing_rules, self._latest_at) if sums_up else []
        if not below:
            if own == self._fingerprints.get(job) and not (run.columns_evicted or job in self._edges.jobs_with_times):
                # Nothing new: the job's previous run had the same job and edges.
                return
            self._fingerprints[job] = own
        self._jobs.add(placement, run.job_facets, run.run_facets)
        self._add_edges(run, placement, own, below)

    def _add_edges(
        self, run: Run, placement: JobPlacement, own: RunFingerprint, below: Collection[PairedRun] = ()
    ) -> None:
        if not own.is_final:
            return
        if run.columns_evicted and not run.lineage_emitted:
            detail = "its edges lack the columns and SQL of its earlier events"
            self._problems.append(Problem(ProblemKind.RUN_TRIMMED, run.label, detail))
        parts = Parts() if own.instances else parts_of(run, own.parts)
        self._problems += parts.problems
        for part in parts.runs:
            self._edges.add(placement.names, part, own.pairing, below)
        for lineage in lineage_of_instances(run, self._config.lineage.on) if own.instances else ():
            self._edges.add(placement.names, lineage, own.pairing)

    def _add_datasets(self, run: Run) -> None:
        for side in (run.inputs, run.outputs):
            for dataset in single_topics(side.values()):
                self._datasets.add(dataset)

    # -- declared lineage ------------------------------------------------------------------------------------------

    def add_static(self, events: Iterable[Event]) -> None:
        """Add what jobs and datasets declare, which holds until they declare something else."""
        static = sort_static(events)
        for dataset in static.datasets:
            self._datasets.add(dataset)
        declared = [one for statement in static.jobs for one in self._declared(*statement)]
        self._declarations = learn_declarations(self._declarations, declared, self._seen_at)
        self.add_declared(job for job, _ in declared)
        for dataset in static.derived():
            self._edges.add_derivation(dataset)

    def add_declared(self, jobs: Iterable[JobId]) -> None:
        """Add the edges of what jobs declare."""
        for job in dict.fromkeys(jobs):
            declaration = declared_by(job, self._declarations)
            pairing = self._pairing_rules.of(declaration, job, self._latest_at)
            self._edges.add(without_run(job), declaration, pairing)

    def _declared(self, job: EventJob, event: Event, at: int) -> Iterable[tuple[JobId, Declaration]]:
        own = JobId(job.namespace, job.name)
        placement = self._placer.place_declared(own, job.facets)
        if placement is None:
            return ()
        self._jobs.add(placement, job.facets)
        self._jobs.mark_declared(own)
        inputs, outputs = dataset_states(event.inputs, at), dataset_states(event.outputs, at)
        for dataset in single_topics((*inputs.values(), *outputs.values())):
            self._datasets.add(dataset)
        return [(own, Declaration(job_facets=job.facets, inputs=inputs, outputs=outputs, at=at))]

    # -- the outcome -----------------------------------------------------------------------------------------------

    def collect_edges(self) -> CollectedEdges:
        """Return the edges of everything that was added; nothing is noted of it."""
        return self._edges.collect(self._jobs.jobs, self._datasets.wanted, self._seen_at)

    def finish(self, events: int, problems: Iterable[Problem]) -> Built:
        """Return the plan of everything that was added, and the state to remember with it.

        :param events: number of events in the batch
        :param problems: problems of earlier steps
        """
        collected = self.collect_edges()
        for dataset in (end for edge in collected.edges for end in (edge.source, edge.target)):
            self._datasets.mention(dataset)
        found = (*problems, *self._placer.problems, *self._problems, *collected.problems, *self._jobs.problems())
        found += assumed_products(collected.edges, self._jobs.jobs)
        reported = report_once(found, self._state.reported_once, self._seen_at)
        plan = LineagePlan(
            events=events,
            edges=collected.edges,
            jobs=tuple(self._jobs.jobs.values()),
            runs=tuple(self._records),
            datasets=self._datasets.datasets(),
            one_sided=collected.one_sided,
            problems=reported.problems,
        )
        state = replace(
            self._state,
            runs=remembered_runs(self._state.runs, self._index, emitted=self._emitted, changed=self._changed),
            pipeline_starts=self._pipeline_starts,
            temporary_datasets=collected.temporary_datasets,
            declarations=self._declarations,
            views=self._views.remembered,
            reported_once=reported.remembered,
        )
        # The state may remember SQL from before the policy.
        return Built(apply_sql_policy_to_plan(plan, self._config.write.sql), state)

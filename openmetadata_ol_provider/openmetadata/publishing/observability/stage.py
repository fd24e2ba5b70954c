"""Publishes the newest run of each pipeline on the pages of the tables that it wrote, after their edges.

A run is published when the pipeline's run has ended, so that its status is true. Until then the ledger remembers the
tables that its tasks have written. While a task has more batches to publish, rows are held back: the next batch may
replace them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.lineage.plan import JobId, RunRecord
from openmetadata_ol_provider.openmetadata.client.version import OBSERVABILITY_SINCE
from openmetadata_ol_provider.openmetadata.publishing.core.decoration import DecorationFact, publish_decoration
from openmetadata_ol_provider.openmetadata.publishing.core.held import HeldRows, dropped, try_again
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import digest
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.observability.held import divide_rows, held_row, rows_of
from openmetadata_ol_provider.openmetadata.publishing.observability.memory import PipelineMemory
from openmetadata_ol_provider.openmetadata.publishing.observability.rows import EndedRun, Row, ended_run, newest_rows
from openmetadata_ol_provider.openmetadata.publishing.observability.tables import (
    TableRef,
    forget_tables,
    written_tables,
)
from openmetadata_ol_provider.openmetadata.publishing.observability.writer import ObservabilityWriter
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import epoch_ms

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import DatasetId
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import PublishedPipelines
    from openmetadata_ol_provider.openmetadata.publishing.runs.stage import StatusOutcome
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

RunKey = tuple[JobId, str]


class _Group(NamedTuple):
    """The records of one run of a pipeline.

    :param run: the run if it has ended, else ``None``
    """

    ref: PipelineRef
    run_id: str
    records: tuple[RunRecord, ...]
    run: EndedRun | None


class ObservabilityOutcome(NamedTuple):
    """The rows of a publication.

    :param counts: outcome counts
    :param held: rows that wait for a later publication
    """

    counts: Written
    held: HeldRows


def publish_observability(
    context: PublishContext,
    pipelines: PublishedPipelines,
    statuses: StatusOutcome,
    resolutions: Mapping[DatasetId, Resolution],
) -> ObservabilityOutcome:
    """Publish the newest run of each pipeline for the tables that it wrote; servers before 1.11 do not store it."""
    held = context.history.held.rows
    if not context.config.write.observability:
        context.problems += dropped(held, "`write.observability` is `false`")
        return ObservabilityOutcome(Written(), {})
    if not (context.selection.runs or held):
        return ObservabilityOutcome(Written(), {})
    if not context.client.version.at_least(*OBSERVABILITY_SINCE):
        context.problems += dropped(held, f"OpenMetadata {context.client.version} does not store it")
        return ObservabilityOutcome(Written(), {})
    groups = list(_groups(context, pipelines, statuses))
    ids = (id_ for group in groups for record in group.records for id_ in record.writes)
    tables = written_tables(context, ids, resolutions)
    before = {fqn: _memory(context, fqn) for fqn in dict.fromkeys(group.ref.fqn for group in groups)}
    memories = _learned(before, groups, tables)
    rows = [
        Row(table, group.run, _schedule(context, group))
        for group in groups
        if group.run is not None
        for table in _due(memories[group.ref.fqn], group, group.run, tables)
    ]
    newest = [_with_average(row, memories) for row in newest_rows([*rows_of(held), *rows])]
    divided = divide_rows(newest, held, context.now, hold=context.hold)
    cache = None if context.dry_run else context.cache
    writer = ObservabilityWriter(context.client, dry_run=context.dry_run, cache=cache, alone=not context.concurrent)
    published = publish_decoration(context, map(_fact, divided.due), writer.write, most=len(divided.due))
    forget_tables(context, tables, writer.gone)
    missing = sorted(published.missing, key=lambda item: -item[0].value.run.newest_time)
    failed = [(held_row(fact.value, held), detail) for fact, detail in missing]
    again, given_up = try_again(failed, context.now, context.config.parking, waiting=len(divided.waiting))
    context.problems += given_up
    for group in groups:
        if group.run is not None:
            memory = memories[group.ref.fqn]
            ended = memory.closed(group.run_id) if group.run.final else memory.shown(group.run_id, group.run.status)
            memories[group.ref.fqn] = ended
    for fqn, memory in memories.items():
        if memory != before[fqn]:
            context.recorder.record_fact(_key(fqn), 0, memory.note)
    return ObservabilityOutcome(published.written, {**divided.waiting, **again})


def _groups(context: PublishContext, pipelines: PublishedPipelines, statuses: StatusOutcome) -> Iterator[_Group]:
    """Yield the runs of published pipelines, each with the records of its tasks and of their parts."""
    ended = {run.key: ended_run(run, status) for run, status in statuses.merged if run.records}
    records: dict[RunKey, list[RunRecord]] = {}
    for record in context.selection.runs:
        records.setdefault((record.pipeline, record.pipeline_run_id), []).append(record)
    for key, group in records.items():
        ref = pipelines.refs.get(key[0])
        if ref is not None and ref.change != "missing":
            yield _Group(ref, key[1], tuple(group), ended.get(key))


def _learned(
    before: Mapping[str, PipelineMemory], groups: Iterable[_Group], tables: Mapping[DatasetId, TableRef]
) -> dict[str, PipelineMemory]:
    """Return the memories of pipelines, by FQN, with what the records of their runs add to them."""
    memories = dict(before)
    durations: dict[str, dict[int, int]] = {}
    for group in groups:
        fqn, run = group.ref.fqn, group.run
        if run is None or not run.final:
            memories[fqn] = _opened(memories[fqn], group, tables)
        elif (duration := run.duration) is not None:
            durations.setdefault(fqn, {})[run.at] = duration
    for fqn, of_pipeline in durations.items():
        memories[fqn] = memories[fqn].timed(of_pipeline)
    return memories


def _opened(memory: PipelineMemory, group: _Group, tables: Mapping[DatasetId, TableRef]) -> PipelineMemory:
    """Return the memory of a pipeline with the tables of a run that is not done with."""
    written = _written(group, tables)
    if not written:
        return memory
    first = group.records[0]
    at = group.run.at if group.run else epoch_ms(first.pipeline_started_at or first.started_at) or 0
    return memory.opened(group.run_id, at, written)


def _due(
    memory: PipelineMemory, group: _Group, run: EndedRun, tables: Mapping[DatasetId, TableRef]
) -> Collection[TableRef]:
    """Return the tables whose rows a run changes.

    As long as only its tasks tell how a run goes, each of them moves its end: that alone is not written to all tables.
    """
    written = _written(group, tables)
    if run.final or memory.status(group.run_id) != run.status:
        return dict.fromkeys((*memory.tables(group.run_id), *written))
    return written


def _written(group: _Group, tables: Mapping[DatasetId, TableRef]) -> Collection[TableRef]:
    """Return the tables that the records of a run have written."""
    return dict.fromkeys(tables[id_] for record in group.records for id_ in record.writes if id_ in tables)


def _schedule(context: PublishContext, group: _Group) -> str | None:
    job = context.selection.jobs.get(group.records[0].pipeline)
    return (job.schedule if job else None) or group.ref.stored.get("scheduleInterval")


def _with_average(row: Row, memories: Mapping[str, PipelineMemory]) -> Row:
    """Return a row with the average of its pipeline's runs; one that was held back has it already."""
    memory = memories.get(row.run.ref.fqn)
    return row._replace(average=memory.average(row.run.at)) if row.average is None and memory else row


def _fact(row: Row) -> DecorationFact[Row]:
    table, fqn = row.table, row.run.ref.fqn
    name = ("observability", table.id, fqn)
    return DecorationFact(name, row.body, table.id, f"observability of {table.fqn}", row)


def _memory(context: PublishContext, fqn: str) -> PipelineMemory:
    fact = context.recorder.fact(_key(fqn))
    return PipelineMemory.read(fact.note if fact else "")


def _key(fqn: str) -> int:
    return digest("observed", fqn)

"""Writes edges between entities: several edges of the plan between the same two entities are one write."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.lineage.plan import ColumnPair, DatasetId, Edge, Job, JobId, Transformation
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.guarded_patch import ATTEMPTS, PatchRefusedError
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import edge_key
from openmetadata_ol_provider.openmetadata.publishing.core.values import (
    ColumnLineage,
    Columns,
    EdgeColumns,
    EdgeWrite,
    PipelineRef,
)
from openmetadata_ol_provider.openmetadata.publishing.edges.changers import Changers
from openmetadata_ol_provider.openmetadata.publishing.edges.merge import (
    is_ours,
    writer_name,
    writers_of,
)
from openmetadata_ol_provider.openmetadata.publishing.edges.sending import (
    Ends,
    deleted_pipeline,
    renewed_edge,
    send_details,
)
from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import cap_sql
from openmetadata_ol_provider.openmetadata.resolution.resolver import entity_of

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

#: Longest description of a transformation that is shown, in characters.
MAX_FUNCTION = 500


def function_text(transformations: Iterable[Transformation]) -> str | None:
    """Return the text that describes how a column is computed, ``None`` for a plain copy."""
    words = set()
    for item in transformations:
        word = (item.subtype or "").upper() or ("" if item.type.upper() == "DIRECT" else item.type.upper())
        if item.masking:
            word = f"{word or 'DIRECT'} (masked)"
        description = _description(item)
        if description:
            words.add(f"{word}: {description}" if word else description)
        elif word and word != "IDENTITY":
            words.add(word)
    return ", ".join(sorted(words)) or None


def _description(item: Transformation) -> str:
    text = " ".join((item.description or "").split())
    return text if len(text) <= MAX_FUNCTION else f"{text[:MAX_FUNCTION]}..."


def is_indirect(pair: ColumnPair) -> bool:
    """Return whether a source column only influences a target column (filter, join ...) and never enters it."""
    return bool(pair.transformations) and all(item.type.upper() == "INDIRECT" for item in pair.transformations)


class EdgePlanner:
    """Turns the plan's edges into edges between entities.

    :param resolutions: resolutions of all datasets at an end of an edge
    :param pipelines: published pipelines by their job
    :param jobs: jobs of the plan
    :param partial: jobs whose producer reports that it could not extract all of their lineage
    """

    def __init__(
        self,
        config: Config,
        resolutions: Mapping[DatasetId, Resolution],
        pipelines: Mapping[JobId, PipelineRef],
        jobs: Mapping[JobId, Job],
        partial: frozenset[JobId] = frozenset(),
    ) -> None:
        self._config = config
        self._resolutions = resolutions
        self._pipelines = pipelines
        self._jobs = jobs
        self._partial = partial

    def plan_writes(self, edges: Iterable[Edge]) -> list[EdgeWrite]:
        """Return one write for each pair of entities.

        Edges with an end that did not resolve, and edges from an entity to itself, are left out.
        """
        groups: dict[tuple[Entity, Entity], list[Edge]] = {}
        for edge in edges:
            source, target = self._entity(edge.source), self._entity(edge.target)
            if source is not None and target is not None and source != target:
                groups.setdefault((source, target), []).append(edge)
        return [self._write(source, target, group) for (source, target), group in groups.items()]

    def _entity(self, dataset: DatasetId) -> Entity | None:
        return entity_of(dataset, self._resolutions)

    def _is_certain(self, dataset: DatasetId) -> bool:
        resolution = self._resolutions.get(dataset)
        return resolution is not None and resolution.by != "name"

    def _write(self, source: Entity, target: Entity, edges: list[Edge]) -> EdgeWrite:
        # What a dataset itself declares (a view's derivation) has no job.
        jobs = list(dict.fromkeys(edge.job for edge in edges if edge.job is not None))
        certain = [edge.job for edge in edges if self._is_certain(edge.source) and self._is_certain(edge.target)]
        # As if they came one after the other: jobs that only names match do not join the first.
        shown = list(dict.fromkeys(job for job in reversed(certain) if job is not None)) or jobs[:1]
        latest = shown[0] if shown else None
        job = self._jobs.get(latest) if latest else None
        last = next((edge for edge in reversed(edges) if edge.job == latest), edges[-1])
        text = last.sql or (job.sql if job else None)
        return EdgeWrite(
            source,
            target,
            EdgeColumns(partial(self._columns, source, target, edges)),
            pipeline=self._pipeline(latest) if latest else None,
            writers=frozenset(name for id_ in shown if (name := self.writer(id_))),
            sql=cap_sql(text) if text else None,
            partial=any(id_ in self._partial for id_ in jobs),
            keys=tuple(dict.fromkeys(edge_key(edge) for edge in edges)),
            certain=bool(certain),
        )

    def writer(self, job_id: JobId) -> str | None:
        """Return the name of a job in descriptions, ``None`` if its pipeline is not in the catalogue."""
        ref = self._pipeline(job_id)
        job = self._jobs.get(job_id)
        return writer_name(ref, job.task if job else None) if ref is not None else None

    def _pipeline(self, job_id: JobId) -> PipelineRef | None:
        job = self._jobs.get(job_id)
        return self._pipelines.get(job.pipeline if job else job_id)

    def _columns(self, source: Entity, target: Entity, edges: list[Edge]) -> ColumnLineage:
        if not self._config.lineage.columns:
            return ColumnLineage()
        targets: dict[str, tuple[set[str], list[Transformation]]] = {}
        unknown: dict[tuple[Entity, str], None] = {}
        for pair in (pair for edge in edges for pair in edge.columns):
            if is_indirect(pair) and not self._config.lineage.indirect:
                continue
            owner = self._entity(DatasetId(pair.source.namespace, pair.source.name)) or source
            start = source.column(pair.source.field) if owner == source else None
            end = target.column(pair.target_field)
            if start is None:
                unknown[source, pair.source.field] = None
            if end is None:
                unknown[target, pair.target_field] = None
            if start is not None and end is not None:
                sources, transformations = targets.setdefault(end, (set(), []))
                sources.add(start)
                transformations += [
                    item for item in pair.transformations if self._config.lineage.indirect or not _is_indirect(item)
                ]
        columns: Columns = {end: (frozenset(starts), function_text(how)) for end, (starts, how) in targets.items()}
        return ColumnLineage(columns, tuple(unknown))


def _is_indirect(item: Transformation) -> bool:
    return item.type.upper() == "INDIRECT"


class EdgeWriter:
    """Publishes edges.

    :param client: client of the catalogue
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, *, dry_run: bool) -> None:
        self._client = client
        self._dry_run = dry_run
        self._lock = threading.Lock()
        self._problems: list[Problem] = []
        self._created: dict[tuple[str, str], float] = {}
        self._changers = Changers(client)
        self._is_proven = False
        self._proof = threading.Lock()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Problems of edges that were not written as they should be, or as new ones, or that others have changed."""
        with self._lock:
            return (*self._problems, *self._changers.problems)

    def created(self, write: EdgeWrite) -> float | None:
        """Return since when an edge has named all jobs of a write, in hours since 1970; ``None``: it has not so far."""
        return self._created.get((write.source.ref, write.target.ref))

    def _note_age(self, write: EdgeWrite, stored: dict[str, Any] | None) -> None:
        """Note the age of an edge before it is written."""
        if stored is not None and is_ours(stored) and write.writers <= writers_of(stored):
            with self._lock:
                self._created[write.source.ref, write.target.ref] = (stored.get("createdAt") or 0) / 3_600_000

    def publish(self, write: EdgeWrite) -> bool:
        """Publish one edge and return whether there was anything to write.

        :raises CatalogueError: if the catalogue refuses
        """
        refused: PatchRefusedError | None = None
        before: dict[str, Any] | None = None
        for _ in range(ATTEMPTS):
            stored = read_details(self._client, write.source.id, write.target.id)
            if refused is None:
                self._note_age(write, stored)
            details, is_same = self._changers.merged(stored, write)
            if is_same and refused is None:
                return False
            if self._dry_run:
                return True
            # A patch that is refused although nobody has changed the edge would be refused for ever, and an edge that
            # looks new is better than none. Details that are there although it was refused: search may not have them.
            puts = is_same or (refused is not None and stored == before)
            before = stored
            try:
                self._send(write, None if puts else stored, details, refused if stored is not None and puts else None)
            except PatchRefusedError as error:
                refused = error
            else:
                return True
        assert refused is not None
        raise PatchRefusedError(f"{refused} (tried {ATTEMPTS} times)", refused.status, refused.reason)

    def _send(
        self,
        write: EdgeWrite,
        stored: dict[str, Any] | None,
        details: dict[str, Any],
        refused: PatchRefusedError | None = None,
    ) -> None:
        """Write the details of an edge and note what is to be reported.

        :param stored: details that are patched, ``None`` if the edge is put
        :param refused: why an edge that exists is put, ``None`` if it is not
        """
        own = {"id": write.pipeline.id, "type": "pipeline"} if write.pipeline and write.certain else None
        sent = send_details(self._client, Ends(write.source.reference, write.target.reference), stored, details, own)
        problem = deleted_pipeline(write.where, stored, details, sent.details)
        refusal = refused or sent.refusal
        if stored is None:
            self._require_written(write)
        with self._lock:
            if problem is not None:
                self._problems.append(problem)
            if refusal is not None:
                self._problems.append(renewed_edge(write.where, refusal))

    def _require_written(self, write: EdgeWrite) -> None:
        """Read the first edge that was put: the answer to a PUT has no content, so anything may have sent it.

        :raises CatalogueRequestError: if it is not there
        """
        server = self._client.server
        with self._proof:
            self._is_proven = self._is_proven or bool(read_details(self._client, write.source.id, write.target.id))
        if not self._is_proven:
            raise CatalogueRequestError(
                f"{server.base_url} accepted PUT v1/lineage, but the edge is not there; check "
                f"{server.settings.address}, and whether a proxy or a gateway answers for it"
            )


def read_details(client: OpenMetadataClient, source_id: str, target_id: str) -> dict[str, Any] | None:
    """Return the lineage details of an edge, ``None`` if there is none."""
    return stored_details(client.get(path("v1/lineage/getLineageEdge", source_id, target_id)))


def stored_details(answer: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the lineage details in the answer of ``getLineageEdge``, ``None`` when there is no edge."""
    if answer is None:
        return None
    edge = answer.get("edge", answer)
    details = edge.get("lineageDetails", edge) if isinstance(edge, dict) else None
    return details if isinstance(details, dict) else {}

"""What became of each edge and dataset of a publication, for the receipts of runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from openmetadata_ol_provider.openmetadata.publishing.core.ledger import job_key
from openmetadata_ol_provider.openmetadata.publishing.core.selection import EDGE, edge_parking_key

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import DatasetId, JobId
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
    from openmetadata_ol_provider.openmetadata.publishing.core.parking import ParkingChanges
    from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeWrite

Outcome = Literal["published", "unchanged", "parked", "failed", "left_out", "given_up"]


class EdgeResult(NamedTuple):
    """What became of one edge of the plan.

    :param job: key of its job, see :func:`~openmetadata_ol_provider.openmetadata.publishing.core.ledger.job_key`; empty
        for a derivation that a dataset itself states
    :param reason: why it is parked or failed
    """

    job: str
    outcome: Outcome
    reason: str = ""


class WrittenColumns(NamedTuple):
    """The column lineage of an edge, as it was written last.

    :param keys: ledger keys of the plan's edges that it was made of
    :param pairs: name of a column of the source, name of a column of the target
    """

    keys: tuple[int, ...]
    pairs: tuple[tuple[str, str], ...]


class Outcomes(NamedTuple):
    """What became of everything in a publication, one by one; the report has only the numbers.

    :param edges: results by ledger key, those of parked edges that were tried again or given up included
    :param datasets: outcomes of datasets
    :param pipelines: FQNs of the pipelines that were published or compared
    :param site: address of OpenMetadata's web interface
    :param columns: column lineage of the edges that are in the catalogue now, except of those that were not looked at
    """

    edges: Mapping[int, EdgeResult] = {}
    datasets: Mapping[DatasetId, str] = {}
    pipelines: Mapping[JobId, str] = {}
    site: str = ""
    columns: tuple[WrittenColumns, ...] = ()


def edge_results(
    context: PublishContext, writes: Iterable[EdgeWrite], written: Collection[EdgeWrite], changes: ParkingChanges
) -> dict[int, EdgeResult]:
    """Return the results of a publication's edges.

    :param writes: edges between entities
    :param written: those of them that differed from the catalogue and were written
    :param changes: items that were parked and released
    """
    selection, before, ledger = context.selection, context.history.parking.items, context.history.ledger
    jobs = context.recorder.edge_jobs
    results = {key: EdgeResult(job, "left_out") for key, job in jobs.items()}
    results.update((key, EdgeResult(ledger.edges[key].job, "unchanged")) for key in selection.current_edges)
    differed = {key for write in written for key in write.keys}
    for write in writes:
        for key in write.keys:
            results[key] = EdgeResult(jobs.get(key, ""), "published" if key in differed else "unchanged")
    for parking_key, item in context.parking.items.items():
        if parking_key.startswith(EDGE):
            results[edge_key_of(parking_key)] = _waiting(item, is_given_up=changes.get(parking_key, item) is None)
    for key in selection.waiting:
        results[key] = _waiting(before[edge_parking_key(key)])
    for parking_key, change in changes.items():
        # Parked by an earlier batch, and too old, or too many, without having been tried now.
        if change is None and parking_key.startswith(EDGE) and parking_key in before:
            results.setdefault(edge_key_of(parking_key), _waiting(before[parking_key], is_given_up=True))
    return results


def written_columns(writes: Iterable[EdgeWrite], results: Mapping[int, EdgeResult]) -> tuple[WrittenColumns, ...]:
    """Return the column lineage of the edges that are in the catalogue now.

    :param writes: edges between entities
    :param results: what became of them
    """
    written = []
    for write in writes:
        keys = tuple(key for key in write.keys if results[key].outcome in {"published", "unchanged"})
        if keys:
            source, target = f"{write.source.fqn}.", f"{write.target.fqn}."
            pairs = (
                (one.removeprefix(source), column.removeprefix(target))
                for column, (sources, _) in sorted(write.columns.items())
                for one in sorted(sources)
            )
            written.append(WrittenColumns(keys, tuple(pairs)))
    return tuple(written)


def _waiting(item: Parked, *, is_given_up: bool = False) -> EdgeResult:
    job = item.edges[0].job if item.edges else None
    outcome: Outcome = "failed" if item.reason == "failed" else "parked"
    return EdgeResult(job_key(job) if job else "", "given_up" if is_given_up else outcome, item.detail)


def edge_key_of(parking_key: str) -> int:
    """Return the ledger key of an edge that is parked under a key."""
    return int(parking_key.removeprefix(EDGE), 16)

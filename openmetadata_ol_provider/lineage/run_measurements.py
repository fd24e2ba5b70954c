"""Derives from a run what it has measured of its datasets: rows read and written, metrics, results of tests.

Rows written are only what a producer surely counts: Spark counts per stage while a run goes on, an Iceberg or Delta
table that is changed by rewriting files counts the rows that stay, too, and Snowflake answers a CREATE TABLE with one
row. Such numbers stay in the plan, without an operation, and are not published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from openmetadata_ol_provider.lineage.assertions import assertions_of, results_of_run
from openmetadata_ol_provider.lineage.dbt_jobs import counts_failures
from openmetadata_ol_provider.lineage.metrics import is_count, metrics_of
from openmetadata_ol_provider.lineage.names.interim_tables import is_interim
from openmetadata_ol_provider.lineage.paths import trim_path
from openmetadata_ol_provider.lineage.plan import Assertion, DatasetId, Measurement, Statistics
from openmetadata_ol_provider.lineage.plan_jobs import Operation
from openmetadata_ol_provider.lineage.run_datasets import materialization_of
from openmetadata_ol_provider.openlineage.facets import DatasetFacets, StatisticsFacet
from openmetadata_ol_provider.openlineage.job_types import integration_of, job_type_of
from openmetadata_ol_provider.openlineage.repeated_runs import is_repeated
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run

#: Parts of the names of Spark's jobs whose row counts are those of rewritten files, or of unknown rows.
_REWRITING: Final = ("replace_data", "write_delta", "merge_into", "delete", "update", "optimize", "compact")
#: Parts of the names of Spark's jobs that may replace a part of a table only.
_PARTIAL: Final = ("overwrite_by_expression", "overwrite_partitions", "hive_table")
#: Changes of a dataset that write no rows.
_NO_ROWS: Final = frozenset({"ALTER", "DROP", "RENAME", "TRUNCATE"})
_VIEWS: Final = frozenset({"view", "materialized_view", "ephemeral"})
_VERBS: Final[dict[str, Operation]] = {"insert": "INSERT", "update": "UPDATE", "delete": "DELETE"}
_VERB = re.compile(r"(?:\s+|--[^\n]*\n|/\*.*?\*/)*(\w+)", re.DOTALL)


def statistics_of(run: Run) -> tuple[Statistics, ...]:
    """Return how much a run read and wrote, what was read first, both sorted by name."""
    read = [
        Statistics(dataset.namespace, dataset.name, "read", facet.rowCount, facet.size, facet.fileCount)
        for dataset in run.inputs.values()
        if dataset.facets is not None and (facet := dataset.facets.inputStatistics) is not None
    ]
    written = [
        _written(run, dataset, dataset.facets, facet)
        for dataset in run.outputs.values()
        if dataset.facets is not None and (facet := dataset.facets.outputStatistics) is not None
    ]
    return (*sorted(read, key=_by_name), *sorted(written, key=_by_name)) if read or written else ()


def measurements_of(run: Run) -> tuple[Measurement, ...]:
    """Return the metrics and the results of tests of a run's datasets, sorted by name."""
    measurements = dict.fromkeys(_measurements(run))
    return tuple(sorted(measurements, key=lambda item: (item.namespace, item.name))) if measurements else ()


def tests_of(run: Run) -> tuple[Assertion, ...]:
    """Return the results of tests of which a run does not say which dataset they are of.

    They are those that it reports itself, and those that Great Expectations has of a query of several tables, which it
    reports for each of them.
    """
    shared = assertions_of(next(iter(run.inputs.values())).facets or DatasetFacets()) if _validates_query(run) else ()
    return tuple(dict.fromkeys((*results_of_run(run.run_facets, counted=counts_failures(run)), *shared)))


def _validates_query(run: Run) -> bool:
    if len(run.inputs) < 2:
        return False
    facets = [one.facets.greatExpectations_assertions if one.facets else None for one in run.inputs.values()]
    return facets[0] is not None and all(facet == facets[0] for facet in facets)


def reads_of(run: Run) -> tuple[DatasetId, ...]:
    """Return the datasets that a run reads, sorted by name."""
    return tuple(sorted(DatasetId(dataset.namespace, dataset.name) for dataset in run.inputs.values()))


def _measurements(run: Run) -> Iterator[Measurement]:
    if _validates_query(run):
        return
    counted = counts_failures(run)
    for dataset in (*run.inputs.values(), *run.outputs.values()):
        if dataset.facets is not None:
            metrics, assertions = metrics_of(dataset.facets), assertions_of(dataset.facets, counted=counted)
            if metrics and _is_part(dataset, dataset.facets):
                metrics = ()
            if metrics or assertions:
                yield Measurement(dataset.namespace, dataset.name, metrics, assertions)


def _by_name(statistics: Statistics) -> tuple[str, str]:
    return statistics.namespace, statistics.name


def _written(run: Run, dataset: DatasetState, facets: DatasetFacets, facet: StatisticsFacet) -> Statistics:
    operation = _operation(run, dataset, facets) if is_count(facet.rowCount) else None
    return Statistics(
        dataset.namespace,
        dataset.name,
        "written",
        facet.rowCount,
        facet.size,
        facet.fileCount,
        operation,
        operation is not None and _is_whole(run, dataset, facets),
    )


def _operation(run: Run, dataset: DatasetState, facets: DatasetFacets) -> Operation | None:
    """Return how a run wrote rows; ``None`` if its count is not known to be that of the rows it changed."""
    integration, job_type = integration_of(run.job_facets), job_type_of(run.job_facets)
    at_the_end = run.ended_at is not None and dataset.times.get("outputStatistics", 0) >= run.ended_at
    if not at_the_end or is_repeated(run) or job_type == "TEST" or _change(facets) in _NO_ROWS:
        return None
    if integration == "SPARK":
        return _spark_operation(run.name, facets)
    if integration == "DBT":
        rows = facets.outputStatistics.rowCount if facets.outputStatistics else None
        creates = dataset.namespace.startswith("snowflake") and (rows or 0) <= 1
        return None if creates or materialization_of(facets) in _VIEWS else "WRITE"
    if _change(facets) in {"CREATE", "OVERWRITE"}:
        return "WRITE"
    sql = run.job_facets.sql.query if run.job_facets and run.job_facets.sql else None
    verb = _VERB.match(sql or "")
    return _VERBS.get(verb[1].lower(), "WRITE") if verb else "WRITE"


def _spark_operation(name: str, facets: DatasetFacets) -> Operation | None:
    if _is_one_of(name, _REWRITING):
        return None
    return "WRITE" if _change(facets) in {"CREATE", "OVERWRITE"} else "INSERT"


def _is_one_of(name: str, parts: tuple[str, ...]) -> bool:
    """Return whether the command in the name of a Spark job, ``application.command.target``, contains one of parts."""
    names = name.split(".")
    return any(part in command for command in (names[1:-1] or names[1:]) for part in parts)


def _is_whole(run: Run, dataset: DatasetState, facets: DatasetFacets) -> bool:
    """Return whether a dataset holds nothing but the rows that a run wrote, if it has no partitions."""
    integration, job_type = integration_of(run.job_facets), job_type_of(run.job_facets)
    if _is_part(dataset, facets):
        return False
    if integration == "DBT":
        return materialization_of(facets) in {"table", "seed"} or job_type == "SEED"
    if integration == "SPARK" and _is_one_of(run.name, _PARTIAL):
        return False
    return _change(facets) in {"CREATE", "OVERWRITE"}


def _is_part(dataset: DatasetState, facets: DatasetFacets) -> bool:
    """Return whether a run has to do with a part of a dataset only: a partition, or files in its directory."""
    subset, name = facets.subset, dataset.name.rstrip("/")
    if subset is not None and not subset.deleted and (subset.inputCondition or subset.outputCondition):
        return True
    return "=" in name or trim_path(name) != name or is_interim(name)


def _change(facets: DatasetFacets) -> str:
    change = facets.lifecycleStateChange
    return (change.lifecycleStateChange or "").upper() if change and not change.deleted else ""

"""Events of runs that write rows, measure and test, on the catalogue of the builders."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from tests.openmetadata.builders import PG, config
from tests.support import dataset, plan_of, run_event

Json = dict[str, Any]
ORDERS, TOTALS = "shop.public.orders", "shop.public.totals"
ORDERS_TABLE, TOTALS_TABLE = "pg.shop.public.orders", "pg.shop.public.totals"
#: The time of the events of second 0, in epoch milliseconds.
START = 1_795_420_800_000


def profiling(**write: Any) -> Config:
    return config(write={"profile": True, **write})


def with_tests(policy: str = "create", **write: Any) -> Config:
    return config(write={"tests": policy, **write})


def written(rows: int, *, table: str = TOTALS, change: str | None = None) -> Json:
    facets = {"lifecycleStateChange": {"lifecycleStateChange": change}} if change else {}
    statistics = {"outputStatistics": {"rowCount": rows, "size": rows * 10}}
    return {**dataset(table, PG, **facets), "outputFacets": statistics}


def write_of(rows: int, *, seconds: float = 0, change: str | None = None, table: str = TOTALS, **run: Any) -> Json:
    """Return the end of a run that reads orders and writes rows."""
    options: Json = {"run_id": f"run-{seconds}", "state": "COMPLETE", **run}
    state = options.pop("state")
    sql = {"sql": {"query": "insert into t select 1"}}
    outputs = [written(rows, table=table, change=change)]
    return run_event(
        state, seconds=seconds, inputs=[dataset(ORDERS, PG)], outputs=outputs, **{"job_facets": sql, **options}
    )


def measured(seconds: float = 0, *, state: str = "COMPLETE", **metrics: Any) -> Json:
    """Return the end of a run that measures orders."""
    inputs = [dataset(ORDERS, PG, dataQualityMetrics=metrics)]
    return run_event(state, run_id=f"m-{seconds}", job="measure", seconds=seconds, inputs=inputs)


def checked(
    *assertions: Json,
    seconds: float = 0,
    state: str = "COMPLETE",
    integration: str = "DBT",
    job: str = "tests",
    **run: Any,
) -> Json:
    """Return the end of a run that tests orders."""
    inputs = [dataset(ORDERS, PG, dataQualityAssertions={"assertions": list(assertions)})]
    kind = {"jobType": {"integration": integration, "jobType": "TEST", "processingType": "BATCH"}}
    return run_event(
        state, **{"run_id": f"{job}-{seconds}", **run}, job=job, seconds=seconds, inputs=inputs, job_facets=kind
    )


def assertion(type_: str, /, *, success: bool = True, **fields: Any) -> Json:
    return {"assertion": type_, "success": success, **fields}


def plan(*events: Json) -> LineagePlan:
    return plan_of(*events)

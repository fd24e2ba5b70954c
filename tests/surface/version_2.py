"""The state of version 2, which remembers parts of runs: its golden file, and what goes on from it.

``python -m tests.surface.version_2 DIRECTORY`` writes the file; the one that is committed stays.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

from tests.operators.steps_support import run_event
from tests.surface.scenario import World, read_variables, work, world

NAME = "variables-version-2"
SPARK: dict[str, Any] = {"integration": "SPARK", "jobType": "SQL_JOB", "processingType": "BATCH"}
CUSTOMERS, ORDERS = "shop.public.customers", "shop.public.orders"
STG_CUSTOMERS, STG_ORDERS = "shop.analytics_stg.stg_customers", "shop.analytics_stg.stg_orders"


def _of(kind: dict[str, Any], event: bytes) -> bytes:
    document = json.loads(event)
    document["job"]["facets"] = {"jobType": kind}
    return json.dumps(document).encode()


def _parent(job: str, run_id: str) -> dict[str, Any]:
    return {"run": {"runId": run_id}, "job": {"namespace": "scheduler", "name": job}}


def _event(
    event_type: str, run_id: str, job: str, minute: int, *, reads: str = "", writes: str = "", **facets: Any
) -> bytes:
    sides = {"inputs": (reads,) if reads else (), "outputs": (writes,) if writes else ()}
    return run_event(run_id, event_type, job=job, minute=minute, **sides, **facets)


def before() -> list[bytes]:
    """Return events that leave parts of runs behind: jobs of one run id, a DAG, Spark's unknown, instances."""
    return [
        _event("START", "shared", "assets.customers", 0, reads=CUSTOMERS),
        _event("START", "shared", "assets.orders", 0, reads=ORDERS),
        # Only a facet that is forgotten tells that it is a DAG.
        _event(
            "START",
            "dag-run",
            "inner",
            1,
            parent=_parent("outer.trigger", "t"),
            airflowDagRun={"dag": {"dag_id": "inner"}},
        ),
        _of(SPARK, _event("START", "spark", "unknown", 2, reads=CUSTOMERS)),
        # A job that runs again under its run id.
        _event("START", "again", "partitions", 3, reads=CUSTOMERS),
        _event("COMPLETE", "again", "partitions", 4, writes=STG_CUSTOMERS),
        _event("START", "again", "partitions", 5, reads=ORDERS),
        _event("NOTHING_KNOWN", "odd", "odd", 6),
    ]


def after() -> list[bytes]:
    """Return events that end those runs."""
    return [
        _event("COMPLETE", "shared", "assets.customers", 10, writes=STG_CUSTOMERS),
        _event("COMPLETE", "shared", "assets.orders", 11, writes=STG_ORDERS),
        _event("COMPLETE", "below", "app", 12, reads=ORDERS, writes=STG_CUSTOMERS, parent=_parent("inner", "dag-run")),
        _of(SPARK, _event("COMPLETE", "spark", "app.save", 13, writes=STG_ORDERS)),
        _event("COMPLETE", "again", "partitions", 14, writes=STG_ORDERS),
        _event("NOTHING_KNOWN", "odd", "odd", 15),
    ]


def leave(here: World) -> dict[str, str]:
    """Read what comes before, and return the Variables."""
    here.send.events(*before())
    work()
    return read_variables()


def main(directory: Path) -> None:
    """Write the file."""
    from airflow.utils.db import initdb

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        initdb()
    with world() as here:
        texts = {"": leave(here)[""]}
    text = json.dumps({"variables": texts}, indent=1, ensure_ascii=False)
    (directory / f"{NAME}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    import tests.conftest  # noqa: F401 - gives Airflow a home of its own, before it is imported

    main(Path(sys.argv[1]))

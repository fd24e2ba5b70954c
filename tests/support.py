"""Builders of OpenLineage events, captured events, and short forms of plans that can be compared by eye."""

from __future__ import annotations

import datetime as dt
import gzip
import importlib.util
import json
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from openmetadata_ol_provider.config import Config, load_config
from openmetadata_ol_provider.lineage.plan import Edge, LineagePlan
from openmetadata_ol_provider.lineage.translate import Translation, translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.run_assembler import DEFAULT_LIMITS, Limits
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.state_text import state_of_texts, whole_text

DATA = Path(__file__).parent / "data"
PACKAGED = Path(__file__).parents[1] / "openmetadata_ol_provider" / "sandbox" / "data"
#: The time of the events that the builders make, and of their consumption.
BASE = dt.datetime(2026, 11, 23, 8, 0, 0, tzinfo=dt.timezone.utc)
PG = "postgres://db:5432"

Json = dict[str, Any]


def at(seconds: float) -> str:
    """Return an eventTime, seconds after :data:`BASE`."""
    return (BASE + dt.timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def dataset(name: str, namespace: str = PG, **facets: Any) -> Json:
    """Return an input or output; ``facets`` as in OpenLineage."""
    return {"namespace": namespace, "name": name, "facets": facets}


def columns(*dataset_wide: tuple[str, str], **fields: Iterable[tuple[str, str]]) -> Json:
    """Return a columnLineage facet: ``columns(total=[("db.s.orders", "amount")])``, all in :data:`PG`."""
    return {
        "fields": {
            target: {"inputFields": [{"namespace": PG, "name": name, "field": field} for name, field in sources]}
            for target, sources in fields.items()
        },
        "dataset": [{"namespace": PG, "name": name, "field": field} for name, field in dataset_wide],
    }


def column_lineage(**fields: list[tuple[str, str, str]]) -> Json:
    """Return a columnLineage facet from (namespace, name, field)."""
    keys = ("namespace", "name", "field")
    named = {name: [dict(zip(keys, ref, strict=True)) for ref in refs] for name, refs in fields.items()}
    return {"fields": {name: {"inputFields": refs} for name, refs in named.items()}}


def symlinks(*names: tuple[str, str, str]) -> Json:
    """Return a symlinks facet from (namespace, name, type)."""
    return {"identifiers": [{"namespace": ns, "name": name, "type": kind} for ns, name, kind in names]}


def parent(job: str, run_id: str, namespace: str = "ns", root: tuple[str, str] | None = None) -> Json:
    """Return a parent facet; ``root`` is (job, run id)."""
    facet: Json = {"run": {"runId": run_id}, "job": {"namespace": namespace, "name": job}}
    if root is not None:
        facet["root"] = {"run": {"runId": root[1]}, "job": {"namespace": namespace, "name": root[0]}}
    return facet


def run_event(
    state: str | None = "COMPLETE",
    *,
    run_id: str = "run-1",
    job: str = "job",
    namespace: str = "ns",
    seconds: float = 0,
    inputs: Iterable[Json | str] | None = None,
    outputs: Iterable[Json | str] | None = None,
    run_facets: Json | None = None,
    job_facets: Json | None = None,
) -> Json:
    """Return a RunEvent; datasets given as text are tables of :data:`PG`."""
    event: Json = {
        "eventTime": at(seconds),
        "producer": "https://example.com/producer",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": run_id, "facets": run_facets or {}},
        "job": {"namespace": namespace, "name": job, "facets": job_facets or {}},
    }
    if state is not None:
        event["eventType"] = state
    for side, found in (("inputs", inputs), ("outputs", outputs)):
        if found is not None:
            event[side] = [dataset(item) if isinstance(item, str) else item for item in found]
    return event


def query_event(
    number: int,
    inputs: Iterable[Json | str] | None = None,
    outputs: Iterable[Json | str] | None = None,
    state: str = "COMPLETE",
) -> Json:
    """Return the event of a query of ``dag.task``, as Airflow sends one for each statement of a BigQuery script."""
    return run_event(
        state,
        job=f"dag.task.query.{number}",
        run_id=f"r-query-{number}",
        seconds=number,
        run_facets={"parent": parent("dag.task", "r-task", root=("dag", "r-dag"))},
        inputs=inputs,
        outputs=outputs,
    )


def job_event(job: str = "job", **options: Any) -> Json:
    """Return a JobEvent with the options of :func:`run_event`."""
    event = run_event(None, job=job, **options)
    del event["run"]
    return event


def dataset_event(item: Json, seconds: float = 0) -> Json:
    """Return a DatasetEvent."""
    return {"eventTime": at(seconds), "producer": "https://example.com/producer", "dataset": item}


def decode(*events: Json) -> list[Event]:
    """Return events as the consume step hands them on."""
    return [decode_event(json.dumps(event).encode()).event for event in events]


def translated(
    *events: Json, config: Config | Json | None = None, state: RunState | None = None, limits: Limits = DEFAULT_LIMITS
) -> Translation:
    """Translate events, all consumed at :data:`BASE`."""
    return translate(decode(*events), load_config(config), state, now=BASE, limits=limits)


def plan_of(*events: Json, config: Config | Json | None = None) -> LineagePlan:
    """Return the plan of one batch of events."""
    return translated(*events, config=config).plan


def arrows(plan: LineagePlan) -> list[str]:
    """Return the table edges of a plan by name: ``["orders -> facts"]``, sorted."""
    return sorted({f"{edge.source.name} -> {edge.target.name}" for edge in plan.edges})


def column_arrows(edges: Iterable[Edge]) -> list[str]:
    """Return the column pairs of edges by name: ``["orders.amount -> facts.total"]``, sorted."""
    return sorted(
        {
            f"{pair.source.name}.{pair.source.field} -> {edge.target.name}.{pair.target_field}"
            for edge in edges
            for pair in edge.columns
        }
    )


CAPTURES = {
    "spark-1.12.0": DATA,
    "spark-1.53.0": PACKAGED,
    "airflow-scheduler": PACKAGED,
    "dbt-postgres": PACKAGED,
    "trino-select": DATA,
    "flink2-session": DATA,
    "debezium": DATA,
}


#: Files of events that are written by hand, after the producers' documented shapes.
WRITTEN = ("hive", "great-expectations", "static")


def captured(name: str) -> list[bytes]:
    """Return the events of a real producer, as it sent them; or those written in its place."""
    if name in WRITTEN:
        return (DATA / f"{name}.ndjson").read_bytes().splitlines()
    return gzip.decompress((CAPTURES[name] / f"{name}.ndjson.gz").read_bytes()).splitlines()


def stored(state: RunState) -> RunState:
    """Return a state as it comes out of its Variables."""
    return state_of_texts([whole_text(state)])


def load_file(file: Path) -> ModuleType:
    """Import a file that is in no package."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

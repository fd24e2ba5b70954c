"""The plan and the report as JSON, the metrics made of a report, and the kinds of problems."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from tests.operators.steps_support import ingest, run_event
from tests.surface.internals import LineagePlan, PublishReport, send_metrics, stats
from tests.surface.pins import assert_pinned
from tests.surface.scenario import World
from tests.surface.stored import golden

ROOT = Path(__file__).parents[2]
NAME = "name namespace"
TAGS = "field key source value"
#: Place in the plan -> keys there. ``[]`` are items of a list, ``{}`` values by a name of their own.
PLAN = {
    "": "datasets edges event_days events jobs one_sided problems retracted runs version",
    "datasets[]": "assertions catalog dataset_version description exposures fields identities ignored lifecycle "
    "metrics name namespace owners previous storage tags type",
    "datasets[].catalog": "framework metadata_uri name type warehouse_uri",
    "datasets[].exposures[]": "name type unique_id url",
    "datasets[].storage": "file_format layer",
    "datasets[].assertions[]": "aborted actual assertion column description expected name params severity success",
    "datasets[].fields[]": "description fields name type",
    "datasets[].identities[]": "kind name namespace",
    "datasets[].metrics[]": "column name value",
    "datasets[].owners[]": "name type",
    "datasets[].previous": NAME,
    "datasets[].tags[]": TAGS,
    "edges[]": "basis columns job source sql target",
    "edges[].columns[]": "source target_field transformations",
    "edges[].columns[].source": "field name namespace",
    "edges[].columns[].transformations[]": "description masking subtype type",
    "edges[].job": NAME,
    "edges[].source": NAME,
    "edges[].target": NAME,
    "jobs[]": "branch code_path code_version declared description dialect integration name namespace owners parent "
    "part pipeline processing_type root schedule source_url sql tags task tasks triggered_by type upstream",
    "jobs[].owners[]": "name type",
    "jobs[].parent": NAME,
    "jobs[].pipeline": NAME,
    "jobs[].root": NAME,
    "jobs[].tags[]": TAGS,
    "jobs[].tasks[]": "downstream name type",
    "jobs[].triggered_by": NAME,
    "jobs[].upstream[]": NAME,
    "one_sided[]": "job reads writes",
    "one_sided[].job": NAME,
    "one_sided[].reads[]": NAME,
    "one_sided[].writes[]": NAME,
    "problems[]": "cause count detail kind namespace rule where",
    "problems[].rule": "entry purpose setting",
    "retracted[]": "began_at job source target undecided",
    "retracted[].job": NAME,
    "retracted[].source": NAME,
    "retracted[].target": NAME,
    "runs[]": "attributes code_version dag_run ended_at error events external_query job log_url logical_at map_index "
    "measurements new nominal_end nominal_start part partial pipeline pipeline_run_id pipeline_started_at presumed "
    "reads replaces replayed run_id skipped started_at state statistics task tests writes written",
    "runs[].written[]": NAME,
    "runs[].job": NAME,
    "runs[].pipeline": NAME,
    "runs[].tests[]": "aborted actual assertion column description expected name params severity success",
    "runs[].reads[]": NAME,
    "runs[].measurements[]": "assertions metrics name namespace",
    "runs[].measurements[].assertions[]": "aborted actual assertion column description expected name params severity "
    "success",
    "runs[].measurements[].metrics[]": "column name value",
    "runs[].statistics[]": "direction files name namespace operation rows size whole",
    "runs[].writes[]": NAME,
}
#: What a plan on its way to publication has besides, in XCom.
ON_ITS_WAY = "dead_letters more origin state"
#: Place in the plan -> values that can be there.
KINDS = {
    *("already_published", "ambiguous", "ambiguous_pipeline", "assumed_pipeline", "bad_dataset", "bad_facet"),
    *(
        "bad_value",
        "data_loss",
        "dropped",
        "failed",
        "foreign_tag",
        "held_dropped",
        "malformed",
        "merged_run",
        "more_losses",
    ),
    *("more_problems", "no_message_key", "no_pipeline", "shared_run_id", "shared_task", "unread_before_start"),
    *("bad_item", "held_dropped"),
    *("endpoint_failing", "stopped", "task_owner"),
    *("event_type", "late_end", "no_event_type", "presumed_end", "shared_mapped_run"),
    *("edge_of_others", "other_statement", "renewed_edge", "unassigned_input"),
    *("assumed_subquery", "mount_conflict", "pseudo_dataset", "sql_source", "summed_up", "view_source"),
    *("assumed_service", "matched_by_name", "matched_by_name_before", "other_address"),
    *("no_dashboard", "profile_left_out", "test_case_deleted", "test_without_table"),
    *("no_service", "no_stub", "no_timestamp", "overwritten", "owner_left_out", "parking_given_up", "plan_too_large"),
    *("product_too_large", "run_given_up", "run_trimmed", "run_without_start", "same_timestamp", "shared_pipeline"),
    *("expired_edge", "not_expiring", "retracted_edge"),
    *("stale_edge", "state_trimmed", "temporary_source", "too_deep", "too_long", "too_many", "too_many_tasks"),
    *(
        "deleted_pipeline",
        "twin_pipeline",
        "unfit_name",
        "unfit_url",
        "unknown_column",
        "unknown_owner",
        "unknown_tag",
        "unknown_task",
    ),
    *("assumed_pair", "assumed_product", "repeated_run", "same_datasets", "tool_dataset", "unpaired"),
    "unresolved",
}
VALUES = {
    "datasets[].identities[].kind": "apiEndpoint container dashboard mlmodel other searchIndex storedProcedure "
    "table topic",
    "edges[].basis": "columns explicit product",
    "problems[].kind": " ".join(sorted(KINDS)),
    "runs[].state": "ABORT COMPLETE FAIL OTHER RUNNING START",
    "runs[].statistics[].direction": "read written",
    "runs[].statistics[].operation": "DELETE INSERT UPDATE WRITE",
}
WRITTEN = "failed published unchanged"
REPORT = {
    "": "asset_events datasets dead_letters deleted dry_run edges events expired exposures facts links namespaces "
    "observability parked pipelines problems profiles queries requests runs stale statuses stubs tests usage",
    "datasets": "ambiguous ignored resolved unresolved",
    "edges": WRITTEN,
    "expired": "failed kept removed",
    "facts": WRITTEN,
    "links": "edges pipelines",
    "namespaces{}": "resolved total",
    "exposures": WRITTEN,
    "observability": WRITTEN,
    "pipelines": "created failed unchanged updated",
    "problems[]": "cause count detail kind namespace rule where",
    "problems[].rule": "entry purpose setting",
    "profiles": WRITTEN,
    "queries": WRITTEN,
    "stale": "failed kept removed",
    "statuses": WRITTEN,
    "stubs": "created failed updated",
    "tests": WRITTEN,
    "usage": WRITTEN,
}
COUNTERS = {
    *(f"datasets.{outcome}" for outcome in ("ambiguous", "ignored", "resolved", "unresolved")),
    *("asset_events", "dead_letters", "deleted", "events", "runs"),
    *(f"edges.{outcome}" for outcome in WRITTEN.split()),
    *(f"expired.{outcome}" for outcome in ("failed", "kept", "removed")),
    *(f"facts.{outcome}" for outcome in WRITTEN.split()),
    *(f"exposures.{outcome}" for outcome in WRITTEN.split()),
    *(f"observability.{outcome}" for outcome in WRITTEN.split()),
    *(f"pipelines.{outcome}" for outcome in ("created", "failed", "unchanged", "updated")),
    *(f"profiles.{outcome}" for outcome in WRITTEN.split()),
    *(f"queries.{outcome}" for outcome in WRITTEN.split()),
    *(f"requests.{method}" for method in ("delete", "get", "patch", "post", "put")),
    *(f"stale.{outcome}" for outcome in ("failed", "kept", "removed")),
    *(f"statuses.{outcome}" for outcome in WRITTEN.split()),
    *(f"stubs.{outcome}" for outcome in ("created", "failed", "updated")),
    *(f"tests.{outcome}" for outcome in WRITTEN.split()),
    *(f"usage.{outcome}" for outcome in WRITTEN.split()),
}


def places(kind: Any, path: str = "", above: frozenset[type] = frozenset()) -> Iterator[tuple[str, set[str], bool]]:
    """Yield each place of a document with its keys, or with the values that can be there."""
    if isinstance(kind, inspect.StructType) and kind.cls not in above:
        yield path, {field.encode_name for field in kind.fields}, True
        for field in kind.fields:
            inner = f"{path}.{field.encode_name}" if path else field.encode_name
            yield from places(field.type, inner, above | {kind.cls})
    elif isinstance(kind, inspect.CollectionType):
        yield from places(kind.item_type, f"{path}[]", above)
    elif isinstance(kind, inspect.DictType):
        yield from places(kind.value_type, f"{path}{{}}", above)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from places(one, path, above)
    elif isinstance(kind, inspect.LiteralType):
        yield path, set(map(str, kind.values)), False
    elif isinstance(kind, inspect.EnumType):
        yield path, {str(member.value) for member in kind.cls}, False


def keys_of(kind: type, *, keys: bool = True) -> dict[str, str]:
    return {path: " ".join(sorted(found)) for path, found, are in places(inspect.type_info(kind)) if are is keys}


def used(document: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the keys of a document, each with its place."""
    if isinstance(document, list):
        for item in document:
            yield from used(item, f"{path}[]")
    elif isinstance(document, dict):
        for key, value in document.items():
            yield path, key
            yield from used(value, f"{path}.{key}" if path else key)


def test_the_plan_has_its_keys() -> None:
    assert_keys("the plan", keys_of(LineagePlan), PLAN)


def test_the_plan_has_its_values() -> None:
    assert_keys("values of the plan", keys_of(LineagePlan, keys=False), VALUES)


def test_the_report_has_its_keys() -> None:
    assert_keys("the report", keys_of(PublishReport), REPORT)


def assert_keys(what: str, found: Mapping[str, str], pinned: Mapping[str, str]) -> None:
    """Fail unless all places have the same keys."""
    flat_found, flat = (
        {f"{path}.{key}".strip(".") for path, keys in places_.items() for key in keys.split()}
        for places_ in (found, pinned)
    )
    assert_pinned(f"keys of {what}", flat_found, flat)


def test_a_plan_in_xcom_has_these_keys_and_no_other() -> None:
    allowed = {(path, key) for path, keys in PLAN.items() for key in keys.split()}
    plan = dict(golden("plan"))
    # The golden file is older than the days of events, and the edges that are taken back.
    assert set(PLAN[""].split()) | set(ON_ITS_WAY.split()) == {*plan, "event_days", "retracted"}
    for name in ON_ITS_WAY.split():
        del plan[name]
    assert set(used(plan)) <= allowed
    # These are there even when there is nothing to say.
    for name, keys in {"edges": "columns", "jobs": "owners tags", "datasets": "fields owners tags"}.items():
        assert all(set(keys.split()) <= set(item) for item in plan[name])
    assert all("ended_at" in run for run in plan["runs"])


def test_a_report_in_xcom_has_all_of_its_keys(here: World) -> None:
    here.send.events(run_event("r1", outputs=["shop.analytics_stg.stg_new"]))
    report = ingest()
    found = {(path, key) for path, key in used(report) if not path.startswith(("namespaces", "requests"))}
    expected = {(path, key) for path, keys in REPORT.items() for key in keys.split() if "{}" not in path}
    # Left out where it is 1.
    assert_pinned("keys of a report in XCom", found, expected - {("problems[]", "count")})
    assert all(set(share) == {"resolved", "total"} for share in report["namespaces"].values())
    assert set(report["requests"]) <= {"DELETE", "GET", "PATCH", "POST", "PUT"}


# -- metrics and problems ----------------------------------------------------------------------------------------------


def test_every_number_of_a_report_is_a_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, list[Any]] = {"incr": [], "gauge": []}
    for kind, calls in sent.items():
        monkeypatch.setattr(
            stats(), kind, lambda name, value, tags, calls=calls: calls.append((name, value, tags)), raising=False
        )
    report = {
        name: dict.fromkeys(REPORT[name].split(), 1) if name in REPORT else 1
        for name in REPORT[""].split()
        if name not in {"dry_run", "links", "namespaces", "problems"}
    }
    report["requests"] = dict.fromkeys(("DELETE", "GET", "PATCH", "POST", "PUT"), 1)
    send_metrics(msgspec.convert(report, PublishReport), dag_id="d", task_id="t")
    assert_pinned("counters", {name for name, _, _ in sent["incr"]}, {f"openmetadata_ol.{name}" for name in COUNTERS})
    assert [name for name, _, _ in sent["gauge"]] == ["openmetadata_ol.parked"]
    calls = [*sent["incr"], *sent["gauge"]]
    assert all((value, tags) == (1, {"dag_id": "d", "task_id": "t"}) for _, value, tags in calls)


def test_the_kinds_of_problems() -> None:
    # That this table has all kinds of the code and no others is for tests/test_problem_kinds.py to see.
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    table = page.partition("<!-- kinds -->\n")[2].partition("\n\n")[0]
    assert_pinned("kinds of problems", set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)), KINDS)

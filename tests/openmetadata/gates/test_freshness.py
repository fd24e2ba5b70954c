"""Whether a table was written by a successful run: what publications leave in the catalogue, read again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import CatalogueAuthError, ConfigError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.gates.check import check_gate
from openmetadata_ol_provider.openmetadata.gates.gate import (
    FreshnessGate,
    Since,
    TableName,
    Verdict,
    gate_from_dict,
    gate_to_dict,
    with_table,
)
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config, orders_plan, run

TOTALS = TableName(fqn="pg.shop.public.totals")


def at(text: str) -> float:
    return dt.datetime.fromisoformat(f"2026-01-01T{text}:00+00:00").timestamp()


NOW = at("12:00")


@pytest.fixture(params=["1.8.0", "1.11.14", "2.0.7"])
def server(request: pytest.FixtureRequest) -> Any:
    with CatalogueServer(SEED, token=TOKEN, version=request.param) as catalogue:
        yield catalogue


def publish(client: OpenMetadataClient, state: Any, started: str, ended: str | None) -> None:
    start, end = (f"2026-01-01T{text}:00Z" if text else None for text in (started, ended))
    ran = run(state, started=start, ended_at=end, pipeline_run_id=started, pipeline_started_at=start)
    publish_plan(orders_plan(runs=[ran]), client, config())


def look(client: OpenMetadataClient, since: Since, table: TableName = TOTALS, **options: Any) -> Verdict:
    gate = gate_from_dict(gate_to_dict(FreshnessGate(table, since, **options)))
    return check_gate(client, gate, NOW)


def test_a_successful_run_since_then_has_written_the_table(client: OpenMetadataClient) -> None:
    publish(client, "COMPLETE", "10:00", "10:30")
    verdict = look(client, Since(at=at("10:00")))
    assert verdict.state == "passed"
    assert verdict.facts["table"] == "pg.shop.public.totals"
    assert verdict.facts["by"] == "openlineage.prod:etl"
    assert verdict.detail.startswith("pg.shop.public.totals was written at 2026-01-01T10:")


def test_a_run_before_then_does_not_count(client: OpenMetadataClient) -> None:
    publish(client, "COMPLETE", "10:00", "10:30")
    verdict = look(client, Since(at=at("11:00")))
    assert verdict.state == "waiting"
    assert "since 2026-01-01T11:00:00Z; the latest run of openlineage.prod:etl, 2026-01-01T10:" in verdict.detail
    assert verdict.detail.endswith("is Successful")


def test_an_age_is_counted_from_the_look(client: OpenMetadataClient) -> None:
    publish(client, "COMPLETE", "10:00", "10:30")
    assert look(client, Since(age=3 * 3600)).state == "passed"
    assert look(client, Since(age=3600)).state == "waiting"


@pytest.mark.parametrize("state", ["START", "FAIL"])
def test_a_newer_run_does_not_hide_one_that_has_written_the_table(client: OpenMetadataClient, state: Any) -> None:
    publish(client, "COMPLETE", "10:00", "10:30")
    publish(client, state, "11:00", "11:30" if state == "FAIL" else None)
    assert look(client, Since(at=at("09:00")), failed_states=("Failed",)).state == "passed"


@pytest.mark.parametrize(("failed_states", "expected"), [((), "waiting"), (("Failed",), "failed")])
def test_a_failed_run_fails_the_gate_only_if_that_is_asked_for(
    client: OpenMetadataClient, failed_states: tuple[str, ...], expected: str
) -> None:
    publish(client, "COMPLETE", "08:00", "08:30")
    publish(client, "FAIL", "10:00", "10:30")
    verdict = look(client, Since(at=at("09:00")), failed_states=failed_states)
    assert verdict.state == expected
    assert "Failed" in verdict.detail


def test_a_failed_run_of_before_does_not_fail_the_gate(client: OpenMetadataClient) -> None:
    publish(client, "FAIL", "10:00", "10:30")
    assert look(client, Since(at=at("11:00")), failed_states=("Failed",)).state == "waiting"


def test_a_table_without_runs_is_waited_for(client: OpenMetadataClient) -> None:
    verdict = look(client, Since(at=at("11:00")))
    assert (verdict.state, verdict.detail[-15:]) == ("waiting", "no run is known")


@pytest.mark.parametrize(("check_existence", "expected"), [(True, "missing"), (False, "waiting")])
def test_a_table_that_is_not_there(client: OpenMetadataClient, check_existence: bool, expected: str) -> None:
    nowhere = TableName(fqn="pg.shop.public.nowhere")
    verdict = look(client, Since(at=0), nowhere, check_existence=check_existence)
    assert (verdict.state, verdict.detail) == (expected, "OpenMetadata has no table pg.shop.public.nowhere")


def test_a_table_can_be_named_as_in_events(client: OpenMetadataClient) -> None:
    publish(client, "COMPLETE", "10:00", "10:30")
    table = TableName(namespace="postgres://warehouse:5432", name="shop.public.totals")
    gate = FreshnessGate(table, Since(at=at("10:00")))
    assert check_gate(client, gate, NOW).facts["table"] == "pg.shop.public.totals"
    ruled = TableName(namespace="x", name="public.totals", config={"namespaces": [
        {"namespace": "x", "service": "pg", "database": "shop"}
    ]})  # fmt: skip
    assert look(client, Since(at=at("10:00")), ruled).state == "passed"


def test_the_next_look_need_not_resolve_the_name_again(client: OpenMetadataClient) -> None:
    gate = FreshnessGate(TableName(namespace="postgres://warehouse:5432", name="shop.public.totals"), Since(at=0))
    assert with_table(gate, check_gate(client, gate, NOW)) == FreshnessGate(TOTALS, Since(at=0))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (TableName(namespace="kafka://b1:9092", name="shop.orders"), "is the topic events.*give a table"),
        (TableName(namespace="iceberg", name="twice.facts"), "is not one table: ambiguous"),
        (
            TableName(namespace="x", name="a.b", config={"namespaces": [{"namespace": "x", "ignore": True}]}),
            "is not one table: ignored",
        ),
    ],
)
def test_a_name_of_no_table_or_of_several_is_refused(
    client: OpenMetadataClient, table: TableName, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        look(client, Since(at=0), table)


@pytest.mark.parametrize("status", [403, 500])
def test_what_cannot_be_read_is_told(server: CatalogueServer, client: OpenMetadataClient, status: int) -> None:
    publish(client, "START", "10:00", None)
    server.fail("GET", "/api/v1/pipelines/.*/status", status, times=99)
    with OpenMetadataClient(server.url, TOKEN, retries=FAST) as restricted:
        verdict = look(restricted, Since(at=at("09:00")))
        assert verdict.state == "waiting"
        assert "not read: " in verdict.detail
        server.clear_faults()
        publish(client, "COMPLETE", "10:00", "10:30")
        assert look(restricted, Since(at=at("09:00"))).state == "passed"


def test_a_wrong_token_is_an_error(server: CatalogueServer) -> None:
    with OpenMetadataClient(server.url, "another", retries=FAST) as stranger, pytest.raises(CatalogueAuthError):
        look(stranger, Since(at=0))


def test_an_operation_in_the_system_profile_has_written_the_table(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    (table,) = (table for table in server.entities("table") if table["fullyQualifiedName"] == TOTALS.fqn)
    operation = {"timestamp": int(at("10:00") * 1000), "operation": "INSERT", "rowsAffected": 7}
    profile = {"timestamp": operation["timestamp"]}
    body = {"tableProfile": profile, "columnProfile": [], "systemProfile": [operation]}
    client.put(f"v1/tables/{table['id']}/tableProfile", body)
    assert look(client, Since(at=at("11:00"))).state == "waiting"
    verdict = look(client, Since(at=at("09:00")))
    assert verdict.state == "passed"
    assert verdict.facts["by"] == "INSERT in the system profile"

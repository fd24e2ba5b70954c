"""Edges that are taken back stay where others may have shown, drawn or changed them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.run_assembler import DEFAULT_LIMITS, Limits
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Ledger
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, config, dataset
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.publishing.edges.test_retracted import ACCOUNTS, BEFORE, FALSE, KEPT, NOW, orders, plan_of
from tests.support import BASE, Json, decode, run_event, stored
from tests.support import dataset as named

A, B, X, Y = (f"shop.{name}" for name in ("public.orders", "crm.accounts", "public.totals", "public.Mixed"))
#: An edge that one run of the job shows, and of which another one thought at first that it shows it, too.
SHARED = (f"pg.{A}", f"pg.{Y}")


def event(run_id: str, seconds: float, inputs: list[str], outputs: list[str], **facts: Any) -> Json:
    sides = {side: [named(name, PG) for name in names] for side, names in (("inputs", inputs), ("outputs", outputs))}
    return run_event(run_id=run_id, seconds=seconds, job="etl", namespace="prod", **sides, **facts)


def columns_of(target: str, source: str, seconds: float) -> Json:
    """Return the event of the run ``late`` that says which column a table comes from."""
    of_id = {"inputFields": [{"namespace": PG, "name": source, "field": "id"}]}
    outputs = [named(target, PG, columnLineage={"fields": {"id": of_id}})]
    return run_event("RUNNING", run_id="late", seconds=seconds, job="etl", namespace="prod", outputs=outputs)


class Reader:
    """Reads batch after batch, and publishes each five seconds later."""

    def __init__(self, client: OpenMetadataClient, limits: Limits = DEFAULT_LIMITS) -> None:
        self.history = KeptHistory()
        self._client = client
        self._limits = limits
        self._state: Any = None

    def read(self, *events: Json, seconds: float) -> PublishReport:
        now = BASE + dt.timedelta(seconds=seconds)
        translation = translate(decode(*events), config(), self._state, now=now, limits=self._limits)
        self._state = stored(translation.state)
        return self.history.publish(translation.plan, self._client, config(), now=now.timestamp() + 5)


#: An hour ago, the job has written Y from A.
EARLIER = event("earlier", -4000, [A], [Y])
LATE = event("late", 90, [A, B], [X, Y])
COLUMNS = [columns_of(X, A, 81), columns_of(Y, B, 82)]


def lines(report: PublishReport) -> dict[str, str]:
    return {problem.where: problem.detail for problem in report.problems if problem.kind == "retracted_edge"}


@pytest.mark.parametrize("limits", [DEFAULT_LIMITS, Limits(max_ended=1)], ids=["by age", "by number"])
def test_what_a_run_of_a_backlog_has_shown_that_is_forgotten_stays(
    client: OpenMetadataClient, server: CatalogueServer, limits: Limits
) -> None:
    """All of it was read after the run began whose first events were wrong, so that the times of events do not help."""
    reader, pause = Reader(client, limits), 3500.0 if limits == DEFAULT_LIMITS else 10.0
    reader.read(EARLIER, seconds=200)
    reader.read(LATE, seconds=200 + pause)
    report = reader.read(*COLUMNS, seconds=200 + 2 * pause)
    assert SHARED in server.edges()
    assert "runs of the job that are not remembered any more" in lines(report)[" -> ".join(SHARED)]


def test_what_only_that_run_has_shown_is_removed(client: OpenMetadataClient, server: CatalogueServer) -> None:
    reader = Reader(client)
    reader.read(event("earlier", -4000, [B], [Y]), seconds=-3800)
    reader.read(LATE, seconds=200)
    assert SHARED in server.edges()
    assert lines(reader.read(*COLUMNS, seconds=300))[" -> ".join(SHARED)].endswith("false: removed")
    assert SHARED not in server.edges()


def test_an_edge_of_a_ledger_that_was_lost_is_as_old_as_the_catalogue_says(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = KeptHistory()
    history.publish(plan_of(orders(), ACCOUNTS), client, config())
    history.replace(ledger=Ledger())
    later = dt.datetime.now(dt.timezone.utc).timestamp() + 7200
    history.publish(plan_of(orders(), ACCOUNTS), client, config(), now=later)
    began_at = dt.datetime.fromtimestamp(later - 3600, dt.timezone.utc).isoformat()
    report = history.publish(plan_of(orders(), retracted=ACCOUNTS, began_at=began_at), client, config(), now=later)
    assert server.edges().keys() == {KEPT, FALSE}
    assert len(lines(report)) == 1


def test_an_edge_that_was_parked_is_as_old_as_it_has_waited(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history, later = KeptHistory(), dataset(PG, "shop.public.later")
    history.publish(plan_of(orders(), later), client, config(), now=NOW - 7200)
    columns = [{"name": "id", "dataType": "STRING"}]
    client.put("v1/tables", {"name": "later", "databaseSchema": "pg.shop.public", "columns": columns})
    history.publish(plan_of(orders()), client, config(), now=NOW)
    assert len(server.edges()) == 2
    report = history.publish(plan_of(orders(), retracted=later, began_at=BEFORE), client, config(), now=NOW + 60)
    assert len(server.edges()) == 2
    assert len(lines(report)) == 1


def test_an_edge_that_waits_and_stays_parked_is_a_line(client: OpenMetadataClient) -> None:
    history, later = KeptHistory(), dataset(PG, "shop.public.later")
    history.publish(plan_of(orders(), later), client, config(), now=NOW - 7200)
    report = history.publish(plan_of(orders(), retracted=later, began_at=BEFORE), client, config(), now=NOW)
    assert report.parked == 1
    assert next(iter(lines(report).values())).endswith("may show it, too; it is parked")


@pytest.mark.parametrize("lost", ["killed", "deleted"])
def test_an_edge_of_which_nobody_knows_is_a_line(client: OpenMetadataClient, lost: str) -> None:
    history = KeptHistory()
    history.publish(plan_of(orders()), client, config(), now=NOW)
    if lost == "killed":
        history.replace(ledger=history.ledger.invalidated(begun=True), interrupted=True)
    else:
        history.replace(ledger=Ledger())
    report = history.publish(plan_of(orders(), retracted=ACCOUNTS, began_at=BEFORE), client, config(), now=NOW)
    (detail,) = lines(report).values()
    assert "if it is in OpenMetadata, remove it by hand" in detail


@pytest.mark.parametrize(
    ("user", "changes"),
    [
        ("ada", {"sqlQuery": "SELECT 1"}),
        ("ada", {"columnsLineage": []}),
        ("openlineage-bot", {"source": "Manual"}),
        ("openlineage-bot", {"description": "a steward's words"}),
        ("openlineage-bot", {"description": None}),
        ("ingestion-bot", {"description": None, "source": "OpenLineage"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_edge_that_others_have_changed_stays_with_a_line(
    client: OpenMetadataClient, server: CatalogueServer, method: str, user: str, changes: Json
) -> None:
    history = KeptHistory()
    history.publish(plan_of(orders(), ACCOUNTS), client, config(), now=NOW)
    ids = {table["fullyQualifiedName"]: table["id"] for table in server.entities("table")}
    ends = [{"id": ids[name], "type": "table"} for name in FALSE]
    before = server.edges()[FALSE]
    if method == "PUT":
        pipeline = {key: before["pipeline"][key] for key in ("id", "type")}
        details = {
            key: value for key, value in {**before, "pipeline": pipeline, **changes}.items() if value is not None
        }
        edge = {"edge": dict(zip(("fromEntity", "toEntity"), ends, strict=True)) | {"lineageDetails": details}}
        client.request("PUT", "v1/lineage", json=edge, headers={"X-Sandbox-User": user})
    else:
        operations = [
            {"op": "remove", "path": f"/{key}"} if value is None else {"op": "add", "path": f"/{key}", "value": value}
            for key, value in changes.items()
        ]
        path = f"v1/lineage/table/{ends[0]['id']}/table/{ends[1]['id']}"
        headers = {"X-Sandbox-User": user, "Content-Type": "application/json-patch+json"}
        client.request("PATCH", path, json=operations, headers=headers)
    report = history.publish(plan_of(orders(), retracted=ACCOUNTS), client, config(), now=NOW + 60)
    assert FALSE in server.edges()
    assert lines(report)[" -> ".join(FALSE)].endswith("stays: it is gone, or no longer only ours")

"""A job whose inputs are its outputs under other names has moved nothing, which shows once they are resolved."""

from __future__ import annotations

import msgspec
import pytest

from openmetadata_ol_provider.lineage.plan import Dataset, Edge, LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, config, dataset, edge, job, orders, pair, plan, totals
from tests.openmetadata.histories import KeptHistory

HIVE = "hive://metastore:10000"
NOW = 1_770_000_000
HOUR = 3600


def by_path(name: str) -> Dataset:
    """Return a table of the Hive metastore by its path, which only the catalogue knows to be the same table."""
    path = f"warehouse/{name.replace('.', '.db/')}"
    return dataset("s3://lake", path, ("s3://lake", path, "container"), ("s3://lake/warehouse", name, "table"))


ORDERS, FACTS = dataset(HIVE, "sales.orders"), dataset(HIVE, "sales.facts")
ORDERS_PATH, FACTS_PATH = by_path("sales.orders"), by_path("sales.facts")
NEITHER = dataset(PG, "shop.public.nowhere"), dataset("s3://lake", "nowhere", kind="container")
ORDERS_FQN, FACTS_FQN = "hive.default.sales.orders", "hive.default.sales.facts"


def product(inputs: list[Dataset], outputs: list[Dataset]) -> LineagePlan:
    """Return the plan of a job with an edge from each input to each output of another name."""
    edges = [edge(source, target) for target in outputs for source in inputs if source.id != target.id]
    return plan(*edges, datasets=dict.fromkeys((*inputs, *outputs)), jobs=[job()])


def publish(client: OpenMetadataClient, made: LineagePlan, history: KeptHistory | None = None) -> PublishReport:
    return (history or KeptHistory()).publish(made, client, config(), now=NOW)


def lines(report: PublishReport) -> list[str]:
    return [problem.detail for problem in report.problems if problem.kind == "same_datasets"]


@pytest.mark.promise("C70")
@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ([ORDERS, FACTS], [ORDERS_PATH, FACTS_PATH]),
        ([ORDERS, FACTS_PATH], [FACTS, ORDERS_PATH]),
        # Some names are the same, and their edges are not in the plan.
        ([ORDERS, FACTS], [ORDERS, FACTS_PATH]),
        ([ORDERS, FACTS, totals()], [ORDERS_PATH, FACTS, totals()]),
        # What is not in the catalogue under either name may be the same, too.
        ([ORDERS, FACTS, NEITHER[0]], [ORDERS_PATH, FACTS_PATH, NEITHER[1]]),
    ],
    ids=["names in, paths out", "crosswise", "one name is the same", "three", "one not in the catalogue"],
)
def test_the_same_entities_on_both_sides_get_no_cross_edges(
    client: OpenMetadataClient, server: CatalogueServer, inputs: list[Dataset], outputs: list[Dataset]
) -> None:
    history = KeptHistory()
    report = publish(client, product(inputs, outputs), history)
    assert server.edges() == {}
    (line,) = lines(report)
    assert ORDERS_FQN in line
    assert FACTS_FQN in line
    if not report.parked:
        # Nothing is left to compare the next time.
        assert lines(publish(client, product(inputs, outputs), history)) == []


@pytest.mark.promise("C70")
def test_a_dataset_that_is_added_later_does_not_bring_the_cross_edges(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = KeptHistory()
    late = dataset(HIVE, "sales.late"), by_path("sales.late")
    made = product([ORDERS, FACTS, late[0]], [ORDERS_PATH, FACTS_PATH, late[1]])
    publish(client, made, history)
    columns = [{"name": "id", "dataType": "INT"}]
    client.put("v1/tables", {"name": "late", "databaseSchema": "hive.default.sales", "columns": columns})
    report = history.publish(LineagePlan(), client, config(), now=NOW + HOUR)
    assert server.edges() == {}
    assert report.parked == 0


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        # An output more: inputs and outputs are not the same.
        (
            product([ORDERS, FACTS], [ORDERS_PATH, FACTS_PATH, totals()]),
            [
                (FACTS_FQN, ORDERS_FQN), (ORDERS_FQN, FACTS_FQN),
                (FACTS_FQN, "pg.shop.public.totals"), (ORDERS_FQN, "pg.shop.public.totals"),
            ],
        ),
        # Two runs of one job, there and back: each has moved something.
        (
            plan(edge(ORDERS, FACTS_PATH), edge(FACTS, ORDERS_PATH), datasets=[ORDERS, FACTS, ORDERS_PATH, FACTS_PATH]),
            [(FACTS_FQN, ORDERS_FQN), (ORDERS_FQN, FACTS_FQN)],
        ),
        # Column lineage says what was moved.
        (
            plan(
                edge(ORDERS, FACTS_PATH, pair(ORDERS, "id", "id")), edge(FACTS, ORDERS_PATH, pair(FACTS, "id", "id")),
                edge(ORDERS, ORDERS_PATH, pair(ORDERS, "id", "id")), datasets=[ORDERS, FACTS, ORDERS_PATH, FACTS_PATH],
            ),
            [(FACTS_FQN, ORDERS_FQN), (ORDERS_FQN, FACTS_FQN)],
        ),
        # Another job with the same edge.
        (
            plan(
                *product([ORDERS, FACTS], [ORDERS_PATH, FACTS_PATH]).edges, edge(ORDERS, FACTS, job="other"),
                datasets=[ORDERS, FACTS, ORDERS_PATH, FACTS_PATH], jobs=[job(), job("other")],
            ),
            [(ORDERS_FQN, FACTS_FQN)],
        ),
        # One table on either side.
        (product([ORDERS], [ORDERS_PATH, totals()]), [(ORDERS_FQN, "pg.shop.public.totals")]),
        (product([orders(), ORDERS], [ORDERS_PATH, totals()]), [
            (ORDERS_FQN, "pg.shop.public.totals"), ("pg.shop.public.orders", ORDERS_FQN),
            ("pg.shop.public.orders", "pg.shop.public.totals"),
        ]),
    ],
    ids=["an output more", "there and back", "columns", "another job", "one table", "another input"],
)  # fmt: skip
def test_what_was_moved_stays(
    client: OpenMetadataClient, server: CatalogueServer, made: LineagePlan, expected: list[tuple[str, str]]
) -> None:
    publish(client, made)
    assert sorted(server.edges()) == sorted(expected)


@pytest.mark.promise("C70")
def test_edges_without_a_job_are_not_judged(client: OpenMetadataClient, server: CatalogueServer) -> None:
    edges: list[Edge] = [
        msgspec.structs.replace(item, job=None) for item in product([ORDERS, FACTS], [ORDERS_PATH, FACTS_PATH]).edges
    ]
    publish(client, plan(*edges, datasets=[ORDERS, FACTS, ORDERS_PATH, FACTS_PATH]))
    assert sorted(server.edges()) == [(FACTS_FQN, ORDERS_FQN), (ORDERS_FQN, FACTS_FQN)]


@pytest.mark.promise("C70")
def test_two_datasets_that_are_one_entity_leave_a_line_once(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = KeptHistory()
    made = product([ORDERS], [ORDERS_PATH])
    (line,) = lines(publish(client, made, history))
    assert server.edges() == {}
    for text in ("hive://metastore:10000 sales.orders", "s3://lake warehouse/sales.db/orders", ORDERS_FQN):
        assert text in line
    assert lines(publish(client, made, history)) == []

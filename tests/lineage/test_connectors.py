"""Inputs and outputs of connectors and copy jobs are paired by their names, and never multiplied on suspicion."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from tests.support import Json, arrows, dataset, job_event, plan_of, run_event, translated

KAFKA = "kafka://b1:9092"
#: Start of streams that are looked at hours later, in seconds.
LONG_AGO = -20_000


def connector(
    inputs: list[str],
    outputs: list[str],
    integration: str = "DEBEZIUM",
    *,
    sink: bool = False,
    ended: bool = False,
    later: float = 0,
) -> LineagePlan:
    """Return the plan of a connector's RUNNING events, one dataset in each.

    :param later: seconds after the last of them at which another job's event comes
    """
    kind = {"jobType": {"processingType": "STREAMING", "integration": integration, "jobType": "TASK"}}
    tables, topics = "postgres://db:5432", KAFKA
    sides: list[Json] = [
        *({"inputs": [dataset(name, topics if sink else tables)]} for name in inputs),
        *({"outputs": [dataset(name, tables if sink else topics)]} for name in outputs),
    ]
    events = [
        run_event("RUNNING", seconds=LONG_AGO + number, job_facets=kind, **side) for number, side in enumerate(sides)
    ]
    end = [run_event("COMPLETE", seconds=LONG_AGO + len(events))] if ended else []
    other = [run_event(run_id="other", job="other", seconds=LONG_AGO + len(events) - 1 + later)] if later else []
    return plan_of(*events, *end, *other)


def in_one_event(inputs: list[Json], outputs: list[Json], *, job: str = "job", **kind: str) -> LineagePlan:
    """Return the plan of a run whose only events have all datasets on both sides."""
    facets = {"jobType": {"processingType": "STREAMING", "jobType": "CONNECTOR", **kind}}
    events = [
        run_event(state, seconds=at, job=job, inputs=inputs, outputs=outputs, job_facets=facets)
        for at, state in enumerate(("START", "COMPLETE"))
    ]
    return plan_of(*events)


def tables(*names: str, namespace: str = "postgres://db:5432") -> list[Json]:
    return [dataset(name, namespace) for name in names]


def topics(*names: str) -> list[Json]:
    return tables(*names, namespace=KAFKA)


def lines(plan: LineagePlan) -> list[tuple[str, str, str]]:
    return [(problem.kind.value, problem.where, problem.detail) for problem in plan.problems]


def test_each_table_goes_to_its_own_topic() -> None:
    plan = connector(["shop.products", "shop.sales"], ["shopdb.shop.sales", "shopdb.shop.products"])
    assert arrows(plan) == ["shop.products -> shopdb.shop.products", "shop.sales -> shopdb.shop.sales"]


def test_a_table_whose_topic_has_not_shown_yet_has_no_edge() -> None:
    assert arrows(connector(["shop.products", "shop.sales"], ["shopdb.shop.sales"])) == [
        "shop.sales -> shopdb.shop.sales"
    ]
    assert arrows(connector(["shop.products"], ["shopdb.shop.sales"])) == []


def test_a_topic_that_could_be_of_two_tables_has_no_edge() -> None:
    assert arrows(connector(["a.sales", "b.sales"], ["changes.sales"])) == []


def test_of_two_tables_of_one_name_the_one_in_the_same_schema_is_meant() -> None:
    assert arrows(connector(["a.sales", "b.sales"], ["p.b.sales"])) == ["b.sales -> p.b.sales"]


def test_a_sink_with_one_topic_and_one_table_needs_no_name_once_all_has_shown() -> None:
    assert arrows(connector(["flat"], ["dwh.cdc_products"], sink=True)) == []
    assert arrows(connector(["flat"], ["dwh.cdc_products"], sink=True, ended=True)) == ["flat -> dwh.cdc_products"]


def test_a_sink_may_put_something_before_its_tables_names() -> None:
    plan = connector(["shop.sales", "shop.products"], ["dwh.cdc_products", "dwh.cdc_sales"], sink=True)
    assert arrows(plan) == ["shop.products -> dwh.cdc_products", "shop.sales -> dwh.cdc_sales"]


@pytest.mark.parametrize("integration", ["DEBEZIUM", "KAFKA_CONNECT", "debezium"])
def test_connectors_are_known_by_their_integration(integration: str) -> None:
    assert len(connector(["s.a", "s.b"], ["p.s.a", "p.s.b"], integration).edges) == 2


def test_a_run_whose_events_show_both_sides_is_no_connector() -> None:
    kind = {"jobType": {"processingType": "STREAMING", "integration": "FLINK", "jobType": "TASK"}}
    plan = plan_of(run_event("RUNNING", inputs=["a", "b"], outputs=["x"], job_facets=kind))
    assert arrows(plan) == ["a -> x", "b -> x"]


@pytest.mark.parametrize("integration", ["open source", "OpenSource ETL", "source-of-truth-sync", "data source"])
def test_a_job_with_source_in_its_integration_is_no_connector(integration: str) -> None:
    facets = {"jobType": {"processingType": "BATCH", "integration": integration, "jobType": "JOB"}}
    plan = plan_of(run_event(inputs=["crm_users", "web_visits"], outputs=["report", "summary"], job_facets=facets))
    assert len(plan.edges) == 4


# -- whatever the shape of the event -------------------------------------------------------------------------------

SOURCES = {
    "Debezium": (["public.orders", "public.users"], ["erp.public.orders", "erp.public.users"]),
    "JDBC": (["shop.public.orders", "shop.public.users"], ["pg-orders", "pg-users"]),
    "underscores": (["shop.public.orders", "shop.public.users"], ["pg_orders_v1", "pg_users_v1"]),
    "suffix": (["shop.public.orders", "shop.public.users"], ["orders.cdc", "users.cdc"]),
    "camel case": (["dbo.OrderItems", "dbo.Orders"], ["sql.order_items", "sql.orders"]),
    "one table's name in another's": (["public.user", "public.user_event"], ["user-topic", "user-event-topic"]),
    "letters in the schema's name": (["a.t", "b.t"], ["pg.a.t", "pg.b.t"]),
    "other prefixes": (["a_orders", "a_users"], ["b_orders", "b_users"]),
}
SINKS = {
    "JDBC": (["pg-orders", "pg-users"], ["shop.public.orders", "shop.public.users"]),
    "Snowflake": (["shop.bids", "shop.asks"], ["RAW.S.SHOP_BIDS_118822331", "RAW.S.SHOP_ASKS_99182233"]),
    "Debezium's topics": (["erp.public.orders", "erp.public.users"], ["dwh.erp_public_orders", "dwh.erp_public_users"]),
    "versions": (["orders.v1", "users.v1"], ["raw.orders", "raw.users"]),
    "days": (["events_20260101", "events_20260102"], ["raw.events_20260101", "raw.events_20260102"]),
}


def paired(inputs: list[str], outputs: list[str]) -> list[str]:
    return sorted(f"{one} -> {other}" for one, other in zip(inputs, outputs, strict=True))


@pytest.mark.promise("A191")
@pytest.mark.parametrize(
    "integration",
    [
        *(
            "DEBEZIUM",
            "KAFKA_CONNECT",
            "kafka-connect",
            "kafka-connect:3.7",
            "Apache Kafka Connect 4.1",
            "DEBEZIUM_3.5",
        ),
        *("msk-connect", "jdbc-sink-v2", "S3SinkConnector", "JDBC_SOURCE"),
    ],
)
@pytest.mark.parametrize("case", SOURCES)
def test_a_sources_tables_are_paired_with_topics(case: str, integration: str) -> None:
    inputs, outputs = SOURCES[case]
    together = in_one_event(tables(*inputs), topics(*reversed(outputs)), integration=integration)
    apart = connector(inputs, list(reversed(outputs)), integration, ended=True)
    assert arrows(together) == arrows(apart) == paired(inputs, outputs)
    assert lines(together) == lines(apart) == []


@pytest.mark.promise("A191")
@pytest.mark.parametrize("case", SINKS)
def test_a_sinks_topics_are_paired_with_tables(case: str) -> None:
    inputs, outputs = SINKS[case]
    together = in_one_event(topics(*inputs), tables(*reversed(outputs)), integration="KAFKA_CONNECT")
    apart = connector(inputs, list(reversed(outputs)), "KAFKA_CONNECT", sink=True, ended=True)
    assert arrows(together) == arrows(apart) == paired(inputs, outputs)
    assert lines(together) == lines(apart) == []


def test_a_sinks_topics_are_paired_with_files_whatever_the_partition() -> None:
    outputs = tables("topics/orders/day=1", "topics/orders/day=2", "topics/users/day=1", namespace="s3://lake")
    plan = in_one_event(topics("orders", "users"), outputs, integration="KAFKA_CONNECT")
    assert arrows(plan) == [
        "orders -> topics/orders/day=1",
        "orders -> topics/orders/day=2",
        "users -> topics/users/day=1",
    ]


def test_topics_are_paired_with_their_copies_in_another_cluster() -> None:
    outputs = tables("eu.orders", "eu.us.orders", "eu.heartbeats", namespace="kafka://c1:9092")
    plan = in_one_event(topics("orders", "us.orders"), outputs, integration="MirrorMaker2")
    assert arrows(plan) == ["orders -> eu.orders", "us.orders -> eu.us.orders"]
    assert [line[0] for line in lines(plan)] == ["unpaired"]


def test_a_topic_whose_name_begins_that_of_another_topics_table_does_not_go_there() -> None:
    plan = in_one_event(topics("order", "order_items"), tables("public.order_items"))
    assert arrows(plan) == ["order_items -> public.order_items"]
    assert [kind for kind, *_ in lines(plan)] == ["unpaired"]


def test_topics_of_one_name_go_to_one_table() -> None:
    plan = in_one_event(topics("eu.orders", "us.orders"), tables("shop.public.orders"), integration="KAFKA_CONNECT")
    assert arrows(plan) == ["eu.orders -> shop.public.orders", "us.orders -> shop.public.orders"]


@pytest.mark.promise("A192")
@pytest.mark.parametrize("names", [["outbox.event.order", "outbox.event.customer"], ["orders", "customers"]])
def test_a_router_sends_one_table_to_several_topics(names: list[str]) -> None:
    plan = connector(["shop.public.outbox"], names, ended=True)
    assert arrows(plan) == [f"shop.public.outbox -> {name}" for name in sorted(names)]


def test_column_lineage_comes_before_names() -> None:
    lineage = {"fields": {"c": {"inputFields": [{"namespace": KAFKA, "name": "users", "field": "c"}]}}}
    outputs = [dataset("dwh.orders", columnLineage=lineage), *tables("dwh.users")]
    plan = in_one_event(topics("orders", "users"), outputs, integration="KAFKA_CONNECT")
    assert arrows(plan) == ["users -> dwh.orders", "users -> dwh.users"]


def test_names_are_compared_after_renaming() -> None:
    config = {"datasets": {"rename": [{"match": "/x1$/", "to": "orders"}, {"match": "/x2$/", "to": "users"}]}}
    facets = {"jobType": {"integration": "KAFKA_CONNECT", "jobType": "TASK"}}
    outputs = tables("dwh.orders", "dwh.users")
    plan = plan_of(run_event(inputs=topics("x1", "x2"), outputs=outputs, job_facets=facets), config=config)
    assert arrows(plan) == ["x1 -> dwh.orders", "x2 -> dwh.users"]


# -- no names --------------------------------------------------------------------------------------------------------


@pytest.mark.promise("A192")
def test_no_pair_is_no_product_but_a_line_with_both_sides() -> None:
    plan = in_one_event(tables("shop.public.t1", "shop.public.t2"), topics("x", "y"), integration="KAFKA_CONNECT")
    assert arrows(plan) == []
    [(kind, where, detail)] = lines(plan)
    assert (kind, where) == ("unpaired", "job ns job")
    assert "inputs shop.public.t1, shop.public.t2 and outputs x, y" in detail
    assert "datasets.rename" in detail


def test_many_names_without_a_pair_are_counted() -> None:
    plan = in_one_event(tables(*"abcdefgh"), topics("x", "y"), integration="KAFKA_CONNECT")
    assert "inputs a, b, c, d, e and 3 more and outputs x, y" in lines(plan)[0][2]


def test_what_one_event_reads_went_to_the_only_output_that_it_has() -> None:
    together = in_one_event(tables("t1", "t2"), topics("x"), integration="KAFKA_CONNECT")
    assert (arrows(together), [line[0] for line in lines(together)]) == (["t1 -> x", "t2 -> x"], ["assumed_pair"])
    apart = connector(["t1", "t2"], ["x"], "KAFKA_CONNECT", ended=True)
    assert (arrows(apart), [line[0] for line in lines(apart)]) == ([], ["unpaired"])


def test_what_one_event_writes_came_from_the_only_input_that_it_has() -> None:
    plan = in_one_event(tables("public.orders"), topics("pg-orders", "audit"), integration="KAFKA_CONNECT")
    assert arrows(plan) == ["public.orders -> audit", "public.orders -> pg-orders"]
    [(kind, _, detail)] = lines(plan)
    assert kind == "assumed_pair"
    assert detail.startswith("public.orders -> audit: ")


def test_a_tie_is_reported_of_once_all_has_shown() -> None:
    assert lines(connector(["a.sales", "b.sales"], ["changes.sales"])) == []
    ended = connector(["a.sales", "b.sales"], ["changes.sales"], ended=True)
    assert (arrows(ended), [line[0] for line in lines(ended)]) == ([], ["unpaired"])


def test_an_output_without_a_partner_is_reported_of_and_a_table_without_changes_is_not() -> None:
    quiet = connector(["shop.a1", "shop.b1"], ["p.shop.a1"], ended=True)
    assert (arrows(quiet), lines(quiet)) == (["shop.a1 -> p.shop.a1"], [])
    odd = connector(["shop.a1"], ["p.shop.a1", "p.shop.zz"], ended=True)
    assert arrows(odd) == ["shop.a1 -> p.shop.a1"]
    assert [line[0] for line in lines(odd)] == ["unpaired"]
    assert "outputs p.shop.zz: no edges" in lines(odd)[0][2]


def test_the_only_input_and_output_of_one_event_belong_together() -> None:
    plan = in_one_event(tables("shop.public.t1"), topics("completely-else"), integration="KAFKA_CONNECT")
    assert arrows(plan) == ["shop.public.t1 -> completely-else"]
    [(kind, _, detail)] = lines(plan)
    assert kind == "assumed_pair"
    assert detail.startswith("shop.public.t1 -> completely-else: ")


@pytest.mark.parametrize("sink", [True, False])
@pytest.mark.parametrize(
    ("options", "edges"), [({}, 0), ({"later": 3_599}, 0), ({"later": 3_600}, 1), ({"ended": True}, 1)]
)
def test_the_only_input_and_output_belong_together_after_the_end_or_an_hour(
    options: Json, edges: int, *, sink: bool
) -> None:
    plan = connector(["flat"], ["dwh_cdc_products"], sink=sink, **options)
    assert len(plan.edges) == edges
    assert [line[0] for line in lines(plan)] == ["assumed_pair"] * edges


def test_a_topic_that_names_another_table_is_not_the_only_tables() -> None:
    plan = connector(["shop.products"], ["shopdb.shop.sales"], ended=True)
    assert (arrows(plan), [line[0] for line in lines(plan)]) == ([], ["unpaired"])


def test_a_connector_that_runs_on_is_looked_at_again_after_an_hour() -> None:
    facets = {"jobType": {"processingType": "STREAMING", "integration": "KAFKA_CONNECT", "jobType": "TASK"}}
    first = translated(
        run_event("RUNNING", seconds=LONG_AGO, inputs=topics("flat"), job_facets=facets),
        run_event("RUNNING", seconds=LONG_AGO + 1, outputs=tables("dwh.cdc"), job_facets=facets),
    )
    assert arrows(first.plan) == []
    soon = translated(run_event(run_id="2", job="other", seconds=LONG_AGO + 3_600), state=first.state)
    assert (arrows(soon.plan), lines(soon.plan)) == ([], [])
    late = translated(run_event(run_id="3", job="other", seconds=LONG_AGO + 3_601), state=soon.state)
    assert arrows(late.plan) == ["flat -> dwh.cdc"]
    later = translated(run_event(run_id="4", job="other", seconds=LONG_AGO + 3_700), state=late.state)
    assert (arrows(later.plan), lines(later.plan)) == ([], [])


def test_a_weak_likeness_waits_until_all_datasets_are_known() -> None:
    assert arrows(connector(["shop.user"], ["user-event-topic"])) == []
    assert arrows(connector(["shop.user"], ["user-topic"], later=3_600)) == ["shop.user -> user-topic"]


# -- topics and tables of the tools themselves -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "own",
    ["__debezium-heartbeat.erp", "connect-offsets", "team-connect-status", "erp", "erp.transaction", "_dlt_loads"],
)
def test_a_tools_own_datasets_are_no_partners(own: str) -> None:
    outputs = topics("erp.public.orders", "erp.public.users", own)
    plan = in_one_event(tables("public.orders", "public.users"), outputs, job="erp.0", integration="DEBEZIUM")
    assert arrows(plan) == ["public.orders -> erp.public.orders", "public.users -> erp.public.users"]
    detail = f"{own}: the tool keeps these for itself, by their names, so no edges"
    assert lines(plan) == [("tool_dataset", "job ns erp.0", detail)]


def test_the_topic_of_schema_changes_is_not_the_only_tables() -> None:
    plan = in_one_event(tables("public.orders"), topics("erp"), job="erp.0", integration="DEBEZIUM")
    assert arrows(plan) == []


def test_a_topic_that_is_named_after_its_connector_is_a_topic() -> None:
    plan = in_one_event(tables("public.orders"), topics("pg-orders"), job="pg-orders", integration="KAFKA_CONNECT")
    assert arrows(plan) == ["public.orders -> pg-orders"]


# -- copy jobs -------------------------------------------------------------------------------------------------------

TOOLS = ["AIRBYTE", "DLT", "dlthub", "SEATUNNEL", "FLINK_CDC", "Flink-CDC", "FIVETRAN", "MELTANO"]
MYSQL = "mysql://my:3306"


def copy(inputs: list[str], outputs: list[str], integration: str = "AIRBYTE", **options: Json) -> LineagePlan:
    facets = {"jobType": {"processingType": "BATCH", "integration": integration, "jobType": "JOB"}}
    event = run_event(inputs=tables(*inputs, namespace=MYSQL), outputs=tables(*outputs), job_facets=facets)
    return plan_of(event, **options)


@pytest.mark.promise("A193")
@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("prefix", ["shop.crm.", "raw_", "dwh.crm_", "dwh.raw__"])
def test_a_copy_job_copies_each_table(tool: str, prefix: str) -> None:
    names = ["users", "orders", "items"]
    plan = copy([f"crm.{name}" for name in names], [f"{prefix}{name}" for name in names], tool)
    assert arrows(plan) == sorted(f"crm.{name} -> {prefix}{name}" for name in names)
    assert lines(plan) == []


@pytest.mark.parametrize(
    "producer", ["https://airbyte.com", "https://github.com/apache/seatunnel", "dlt-openlineage/1.0"]
)
def test_a_copy_job_is_known_by_its_producer_too(producer: str) -> None:
    event = run_event(inputs=["a.users", "a.orders"], outputs=["b.users", "b.orders"]) | {"producer": producer}
    assert arrows(plan_of(event)) == ["a.orders -> b.orders", "a.users -> b.users"]
    start = run_event("START", seconds=-1) | {"producer": producer}
    first = translated(start)
    rest = run_event(inputs=["a.users", "a.orders"], outputs=["b.users", "b.orders"])
    assert len(translated(rest, state=first.state).plan.edges) == 2


def test_a_copy_jobs_own_tables_are_left_out() -> None:
    plan = copy(["crm.users", "crm.orders"], ["dwh.users", "dwh.orders", "dwh._dlt_loads", "dwh._airbyte_state"], "DLT")
    assert arrows(plan) == ["crm.orders -> dwh.orders", "crm.users -> dwh.users"]
    assert [line[0] for line in lines(plan)] == ["tool_dataset"]


def test_what_a_copy_job_has_left_over_gets_a_line_and_no_edges() -> None:
    plan = copy(["crm.users", "crm.orders", "crm.other"], ["dwh.raw_users", "dwh.raw_orders"])
    assert arrows(plan) == ["crm.orders -> dwh.raw_orders", "crm.users -> dwh.raw_users"]
    [(kind, _, detail)] = lines(plan)
    assert kind == "unpaired"
    assert "inputs crm.other: no edges" in detail


@pytest.mark.parametrize(
    ("inputs", "outputs"), [(["a", "b"], ["x"]), (["orders", "customers"], ["dwh.orders_enriched"])]
)
def test_a_copy_job_with_one_output_fills_it_from_all_inputs_if_names_tell_nothing(
    inputs: list[str], outputs: list[str]
) -> None:
    plan = copy(inputs, outputs, "SEATUNNEL")
    assert arrows(plan) == sorted(f"{one} -> {other}" for one in inputs for other in outputs)


@pytest.mark.promise("A193")
def test_several_datasets_on_both_sides_of_a_copy_job_are_not_multiplied_if_names_tell_nothing() -> None:
    plan = copy(["a", "b"], ["x", "y"], "SEATUNNEL")
    assert arrows(plan) == []
    [(kind, where, detail)] = lines(plan)
    assert (kind, where) == ("unpaired", "job ns job")
    assert "inputs a, b and outputs x, y: no edges" in detail


def test_jobs_that_are_configured_are_not_multiplied_either() -> None:
    event = run_event(inputs=["a", "b"], outputs=["x", "y"])
    plan = plan_of(event, config={"lineage": {"pair_by_name": ["job"]}})
    assert [line[0] for line in lines(plan)] == ["unpaired"]
    assert plan.edges == ()


def test_tables_of_one_name_in_two_schemas_find_their_own_copies() -> None:
    assert arrows(copy(["a.orders", "b.orders"], ["dwh.b_orders", "dwh.a_orders"])) == [
        "a.orders -> dwh.a_orders",
        "b.orders -> dwh.b_orders",
    ]
    assert arrows(copy(["a.orders", "b.orders", "c.z9"], ["dwh.a_orders", "dwh.orders"])) == [
        "a.orders -> dwh.a_orders",
        "b.orders -> dwh.orders",
    ]


def test_shards_of_one_table_are_copied_into_one() -> None:
    plan = copy(["db_1.users", "db_2.users", "db_1.orders", "db_2.orders"], ["ods.users", "ods.orders"], "FLINK_CDC")
    assert arrows(plan) == [
        "db_1.orders -> ods.orders",
        "db_1.users -> ods.users",
        "db_2.orders -> ods.orders",
        "db_2.users -> ods.users",
    ]
    assert lines(plan) == []


def test_nested_data_is_copied_into_tables_of_their_own() -> None:
    outputs = ["dwh.users", "dwh.orders", "dwh.orders__items", "dwh.orders__items__tags", "dwh._dlt_loads"]
    plan = copy(["crm.users", "crm.orders"], outputs, "DLT")
    assert arrows(plan) == [
        "crm.orders -> dwh.orders",
        "crm.orders -> dwh.orders__items",
        "crm.orders -> dwh.orders__items__tags",
        "crm.users -> dwh.users",
    ]
    assert [line[0] for line in lines(plan)] == ["tool_dataset"]


def loads(*events: tuple[str, list[str], list[str]]) -> list[Json]:
    """Return the events of a run of dlt, each a type, inputs and outputs."""
    facets = {"jobType": {"processingType": "BATCH", "integration": "DLT", "jobType": "JOB"}}
    return [
        run_event(
            state,
            seconds=-1 if state == "START" else 0,
            inputs=tables(*inputs, namespace=MYSQL),
            outputs=tables(*outputs),
            job_facets=facets,
        )
        for state, inputs, outputs in events
    ]


def test_a_copy_job_with_one_input_writes_everything_from_it() -> None:
    outputs = ["dwh.users", "dwh.history", "dwh._dlt_loads"]
    plan = plan_of(*loads(("START", ["crm.users"], outputs), ("COMPLETE", ["crm.users"], outputs)))
    assert arrows(plan) == ["crm.users -> dwh.history", "crm.users -> dwh.users"]
    assert [line[0] for line in lines(plan)] == ["tool_dataset"]


def test_while_the_start_of_a_copy_job_is_missing_what_its_only_input_is_assumed_to_fill_is_a_line() -> None:
    start, end = loads(
        ("START", ["crm.users", "crm.orders"], []), ("COMPLETE", ["crm.users"], ["dwh.users", "dwh.orders"])
    )
    first = translated(end)
    assert arrows(first.plan) == ["crm.users -> dwh.orders", "crm.users -> dwh.users"]
    [(kind, _, detail)] = lines(first.plan)
    assert kind == "assumed_pair"
    assert detail.startswith("crm.users -> dwh.orders: ")
    second = translated(start, state=first.state)
    assert arrows(second.plan) == ["crm.orders -> dwh.orders", "crm.users -> dwh.users"]
    assert lines(second.plan) == []


def test_airbytes_raw_tables_hold_data() -> None:
    plan = copy(["crm.users", "crm.orders"], ["dwh._airbyte_raw_users", "dwh._airbyte_raw_orders"])
    assert arrows(plan) == ["crm.orders -> dwh._airbyte_raw_orders", "crm.users -> dwh._airbyte_raw_users"]


def test_a_declared_copy_job_is_paired_as_well() -> None:
    facets = {"jobType": {"integration": "AIRBYTE", "jobType": "JOB"}}
    event = job_event(inputs=["a.users", "a.orders"], outputs=["b.users", "b.orders"], job_facets=facets)
    assert arrows(plan_of(event)) == ["a.orders -> b.orders", "a.users -> b.users"]


@pytest.mark.promise("A193")
@pytest.mark.parametrize("pattern", ["replicate.*", "ns replicate.*", "REPLICATE.CRM", "custom*"])
def test_jobs_that_are_configured_are_paired_too(pattern: str) -> None:
    facets = {"jobType": {"integration": "CUSTOM_SYNC", "jobType": "JOB"}}
    sides = {"inputs": ["a_users", "a_orders"], "outputs": ["b_users", "b_orders"]}
    event = run_event(job="replicate.crm", job_facets=facets, **sides)
    config = {"lineage": {"pair_by_name": [pattern]}}
    assert arrows(plan_of(event, config=config)) == ["a_orders -> b_orders", "a_users -> b_users"]
    assert len(plan_of(event).edges) == len(plan_of(event, config={"lineage": {"pair_by_name": ["other"]}}).edges) == 4

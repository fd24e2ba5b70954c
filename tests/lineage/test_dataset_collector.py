"""The datasets of a plan: each once, with all that was seen of it, and which of them take part."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.filters import Filter
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId
from tests.support import PG, Json, arrows, columns, dataset, dataset_event, plan_of, run_event, symlinks


def only(*events: Json, config: Json | None = None) -> Dataset:
    [found] = plan_of(*events, config=config).datasets
    return found


def names_of(found: Dataset) -> list[str]:
    return [identity.name for identity in found.identities]


HIVE = symlinks(("hive://m:1", "d.t", "TABLE"))
GLUE = symlinks(("arn:aws:glue:eu:1", "table/d/t", "TABLE"))


def test_a_dataset_seen_often_is_listed_once() -> None:
    plan = plan_of(run_event(inputs=["a"], outputs=["a"]), run_event(run_id="r2", inputs=["a"]))
    assert [item.name for item in plan.datasets] == ["a"]


def test_symlinks_add_up_over_the_events_of_a_batch() -> None:
    found = only(
        run_event(run_id="r1", inputs=[dataset("wh/t", "s3://b", symlinks=HIVE)]),
        run_event(run_id="r2", outputs=[dataset("wh/t", "s3://b", symlinks=GLUE)]),
        dataset_event(dataset("wh/t", "s3://b", symlinks=symlinks(("file", "/mnt/t", "LOCATION")))),
    )
    assert [(item.kind, item.namespace, item.name) for item in found.identities] == [
        ("table", "arn:aws:glue:eu:1", "d.t"),
        ("table", "hive://m:1", "d.t"),
        ("container", "s3://b", "wh/t"),
        ("container", "file", "/mnt/t"),
    ]


def test_the_latest_facts_are_reported_whatever_the_order() -> None:
    early = {"schema": {"fields": [{"name": "old"}]}, "documentation": {"description": "old"}}
    late = {"schema": {"fields": [{"name": "new"}]}, "ownership": {"owners": [{"name": "ada"}]}}
    events = [run_event(run_id="r1", outputs=[dataset("t", **early)])]
    events.append(dataset_event(dataset("t", **late), seconds=1))
    for order in (events, events[::-1]):
        found = only(*order)
        assert [field.name for field in found.fields] == ["new"]
        assert (found.description, [owner.name for owner in found.owners]) == ("old", ["ada"])


def test_a_facet_that_is_withdrawn_later_is_not_told() -> None:
    gone = {"documentation": {"_deleted": True}, "tags": {"_deleted": True}, "schema": {"_deleted": True}}
    told: Json = {
        "documentation": {"description": "d"},
        "tags": {"tags": [{"key": "k"}]},
        "schema": {"fields": [{"name": "f"}]},
    }
    found = only(dataset_event(dataset("t", **told)), dataset_event(dataset("t", **gone), seconds=1))
    assert (found.description, found.tags, found.fields) == (None, (), ())


def test_fields_keep_their_nesting_types_and_tags() -> None:
    fields = [
        {"name": "after", "type": "struct", "fields": [{"name": "id", "type": "int", "description": "key"}]},
        {"type": "int"},
        {"name": "amount", "type": ""},
    ]
    tags = [{"key": "PII.Email", "field": "after.id"}, {"key": "gold"}]
    found = only(dataset_event(dataset("t", schema={"fields": fields}, tags={"tags": tags})))
    assert [(field.name, field.type) for field in found.fields] == [("after", "struct"), ("amount", None)]
    assert [(field.name, field.type, field.description) for field in found.fields[0].fields] == [("id", "int", "key")]
    assert [(tag.key, tag.field) for tag in found.tags] == [("PII.Email", "after.id"), ("gold", None)]


@pytest.mark.parametrize(
    ("include", "exclude", "admitted"),
    [
        (["*"], [], ["sales.orders", "sales.tmp_1", "hr.people"]),
        (["sales.*"], [], ["sales.orders", "sales.tmp_1"]),
        (["*"], ["*.tmp_*"], ["sales.orders", "hr.people"]),
        (["sales.*"], ["*.tmp_?"], ["sales.orders"]),
        (["sales.orders"], ["sales.orders"], []),
        (["postgres://* hr.*"], [], ["hr.people"]),
        (["SALES.*"], [], []),
        ([], [], []),
    ],
)
def test_deny_wins_over_include(include: list[str], exclude: list[str], admitted: list[str]) -> None:
    wanted = Filter(include, exclude)
    assert [name for name in ("sales.orders", "sales.tmp_1", "hr.people") if wanted.admits(PG, name)] == admitted


def test_excluded_datasets_are_marked_and_no_edge_touches_them() -> None:
    output = dataset("d.s.x", columnLineage=columns(p=[("d.s.a_tmp", "c"), ("d.s.a", "c")]))
    config = {"datasets": {"exclude": ["*_tmp"]}}
    plan = plan_of(run_event(inputs=["d.s.a", "d.s.b_tmp"], outputs=[output, "d.s.y_tmp"]), config=config)
    assert arrows(plan) == ["d.s.a -> d.s.x"]
    assert {item.name: item.ignored for item in plan.datasets} == {
        "d.s.a": False,
        "d.s.b_tmp": True,
        "d.s.x": False,
        "d.s.y_tmp": True,
    }


RULES: list[tuple[list[Json], bool]] = [
    ([], False),
    ([{"namespace": "file", "ignore": True}], False),
    ([{"namespace": PG, "ignore": True}], True),
    ([{"namespace": "postgres://*", "ignore": True}], True),
    ([{"namespace": "postgres://??:5432", "ignore": True}], True),
    ([{"namespace": "postgres://?:5432", "ignore": True}], False),
    ([{"namespace": "postgres://d", "ignore": True}], False),
    ([{"namespace": "/postgres:.*/", "ignore": True}], True),
    ([{"namespace": "/postgres/", "ignore": True}], False),
    ([{"namespace": PG, "service": "pg"}, {"namespace": "postgres://*", "ignore": True}], False),
    ([{"namespace": "postgres://*", "ignore": True}, {"namespace": PG, "service": "pg"}], True),
    ([{"namespace": "kafka://*"}, {"namespace": PG, "ignore": True}], True),
]


@pytest.mark.parametrize(("rules", "ignored"), RULES)
def test_the_first_namespace_rule_that_matches_the_whole_name_decides(rules: list[Json], ignored: bool) -> None:
    plan = plan_of(run_event(inputs=["a"], outputs=[dataset("x", "hive://m:1")]), config={"namespaces": rules})
    assert {item.name: item.ignored for item in plan.datasets} == {"a": ignored, "x": False}
    assert arrows(plan) == ([] if ignored else ["a -> x"])


@pytest.mark.parametrize("pattern", ["postgres://[::1]:5432", "postgres://[::1]:*", "/postgres:.*\\[::1\\].*/"])
def test_the_brackets_of_an_address_are_no_pattern(pattern: str) -> None:
    events = run_event(inputs=[dataset("a", "postgres://[::1]:5432"), dataset("b", "postgres://:5432")])
    plan = plan_of(events, config={"namespaces": [{"namespace": pattern, "ignore": True}]})
    assert {item.name: item.ignored for item in plan.datasets} == {"a": True, "b": False}


def changed(state: str, before: str = "s.old") -> Json:
    return {"lifecycleStateChange": state, "previousIdentifier": {"namespace": PG, "name": before}}


def test_a_renamed_dataset_is_last_looked_for_by_all_its_old_names() -> None:
    old = dataset("s.old", symlinks=GLUE)
    new = dataset("s.new", symlinks=HIVE, lifecycleStateChange=changed("RENAME"))
    plan = plan_of(dataset_event(old), dataset_event(new, seconds=1))
    found = {item.name: item for item in plan.datasets}
    assert [identity.namespace for identity in found["s.new"].identities] == ["hive://m:1", PG, "arn:aws:glue:eu:1", PG]
    assert found["s.new"].previous == DatasetId(PG, "s.old")


def test_the_old_name_of_a_renamed_dataset_is_in_the_plan_although_no_event_shows_it() -> None:
    plan = plan_of(dataset_event(dataset("s.new", lifecycleStateChange=changed("RENAME"))))
    assert {item.name: names_of(item) for item in plan.datasets} == {"s.new": ["s.new", "s.old"], "s.old": ["s.old"]}


def test_two_datasets_that_swap_their_names_are_each_looked_for_by_both() -> None:
    events = [
        dataset_event(dataset(name, lifecycleStateChange=changed("RENAME", before)))
        for name, before in (("s.a", "s.b"), ("s.b", "s.a"))
    ]
    assert {item.name: names_of(item) for item in plan_of(*events).datasets} == {
        "s.a": ["s.a", "s.b"],
        "s.b": ["s.b", "s.a"],
    }


@pytest.mark.parametrize("state", ["ALTER", "CREATE", "OVERWRITE", "TRUNCATE", "DROP"])
def test_an_old_name_counts_only_after_a_rename(state: str) -> None:
    assert names_of(only(dataset_event(dataset("s.new", lifecycleStateChange=changed(state))))) == ["s.new"]


@pytest.mark.parametrize("state", ["TRUNCATE", "DROP"])
def test_what_happens_to_a_dataset_later_takes_no_edge_from_it(state: str) -> None:
    written = run_event(inputs=["d.s.a"], outputs=["d.s.x"])
    later = run_event(
        run_id="r2", job="clean", seconds=9, outputs=[dataset("d.s.x", lifecycleStateChange=changed(state))]
    )
    plan = plan_of(written, later)
    assert arrows(plan) == ["d.s.a -> d.s.x"]
    assert {item.name: item.lifecycle for item in plan.datasets} == {"d.s.a": None, "d.s.x": state}


def test_config_reaches_the_identities() -> None:
    config: dict[str, Any] = {"datasets": {"strip_partitions": False}}
    assert names_of(only(run_event(inputs=[dataset("t/dt=1", "s3://b")]), config=config)) == ["t/dt=1"]
    config = {"datasets": {"rename": [{"match": "/^s3://b t/", "to": "hive://m:1 d.t"}]}}
    found = only(run_event(inputs=[dataset("t", "s3://b")]), config=config)
    assert (found.namespace, found.name) == ("s3://b", "t")  # as the event says
    assert names_of(found) == ["d.t"]

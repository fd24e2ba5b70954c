"""What tasks hand on to one another (XCom): that of commit dfe4ef9 is taken, and what is handed on has all that it had.

A task that was cleared after an upgrade gets what the task before it has written before the upgrade.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.operators.steps_support import publish, translate
from tests.surface.internals import state_of_texts, to_builtins
from tests.surface.pins import assert_covers, assert_pinned
from tests.surface.scenario import CONFIG, KEY, World, first_half, read_variables, work
from tests.surface.segments import parked, remembered, without_segments
from tests.surface.stored import golden, in_order, kept, unpacked, variables, without

#: Depends on the day: the catalogue takes no counts of runs that are older than a month.
BY_THE_DAY = ("usage",)
#: Texts for people, which may change, and what they are made of.
TEXTS = ("detail", "cause", "rule", "namespace")


def without_host(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report with the paths of its links, and without what depends on the day or on how often was asked."""
    links = {kind: [url.split("/", 3)[3] for url in urls] for kind, urls in report["links"].items()}
    return {**without(report, "requests", *BY_THE_DAY), "links": links}


BATCH = {"count", "dead_letters", "events", "more", "origin", "problems", "skipped", "version"}
ORIGIN = {"group", "kafka_config_id", "lanes", "owner", "ranges", "state_key"}
RANGE = {"checkpoint", "end", "lost", "partition", "start", "topic"}


def test_what_is_consumed_today_has_all_that_it_had(here: World) -> None:
    here.send.events(*first_half())
    batch, _, _ = work()
    assert_pinned("keys of an event batch", set(batch), BATCH)
    assert_pinned("keys of a batch's origin", set(batch["origin"]), ORIGIN)
    assert_pinned("keys of a batch's range", set(batch["origin"]["ranges"][0]), RANGE)
    assert_covers(
        "the event batch", without(batch, "events", "problems"), without(golden("batch"), "events", "problems")
    )
    events = {"events": unpacked(batch["events"])}
    assert_covers(
        "the events of the batch", in_order(events), in_order({"events": unpacked(golden("batch")["events"])})
    )


def test_a_batch_is_translated_to_the_plan_it_was_translated_to(here: World) -> None:
    plan, before = translate(golden("batch"), config=CONFIG), golden("plan")
    assert plan["origin"]["state_key"] == KEY
    # dfe4ef9 left out in silence what may be a subquery.
    assert before["problems"] == []
    assert [problem["kind"] for problem in plan["problems"]] == ["assumed_subquery"]
    plan, before = ({name: item for name, item in one.items() if name != "problems"} for one in (plan, before))
    assert_covers("the plan", in_order(without(plan, "state")), in_order(without(before, "state")))
    assert set(plan["state"]) == {"version", "text", "replaces"}
    state = to_builtins(state_of_texts([plan["state"]["text"]]))
    assert_covers("the state in the plan", kept(state), kept(before["state"]))


def test_a_plan_is_published_with_the_report_it_was_published_with(here: World) -> None:
    here.send.events(*first_half())
    report = publish(golden("plan"), config=CONFIG)
    before = golden("report")
    assert {"GET", "PATCH", "PUT"} <= set(report["requests"])
    found, expected = (without(without_host(document), *TEXTS) for document in (report, before))
    assert_covers("the report", in_order(found), in_order(expected))


def test_a_plan_moves_the_state_as_it_did(here: World) -> None:
    here.send.events(*first_half())
    publish(golden("plan"), config=CONFIG)
    left, before = read_variables(), variables("continuing")
    assert_pinned("Variables", without_segments(left), {*before, ".receipts"})
    state, stored = (json.loads(texts[""]) for texts in (left, before))
    assert state["checkpoint"] == stored["checkpoint"]
    # What travels with the plan is stored as it is.
    runs = remembered(left)
    assert all(run.pop("legacy") for run in runs["runs"].values())
    assert runs == unpacked(golden("plan")["state"]) == unpacked(stored["runs"])
    assert (state["version"], stored["version"]) == (3, 1)
    waiting, waited = (
        without(items, "first_seen", "next_try", "detail") for items in (parked(left), unpacked(before[".parked"]))
    )
    assert_covers("what is parked", waiting, waited)


@pytest.mark.parametrize(
    ("step", "document", "task"),
    [(translate, "batch", "TranslateOpenLineageOperator"), (publish, "plan", "PublishLineageOperator")],
)
def test_another_version_is_refused(here: World, step: Any, document: str, task: str) -> None:
    with pytest.raises(Exception, match=f"{task} .* version 2 is not supported"):
        step({**golden(document), "version": 2})

"""Parked items are listed by the dataset that is missing, with the jobs that wait for it and for how long."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from openmetadata_ol_provider.cli.parked_outline import parked_outline
from openmetadata_ol_provider.cli.terminal import plain_outline
from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, JobId
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_groups import age, group_parked
from tests.support import PG

DAY = 86400
NOW = 100 * DAY


def item(key: str, *missing: str, job: str = "load", since: int = NOW, target: str = "facts") -> Parked:
    ids = tuple(DatasetId(PG, name) for name in missing)
    edge = Edge(DatasetId(PG, missing[0]), DatasetId(PG, target), JobId("ns", job), "product")
    where = f"{PG} {missing[0]} -> {PG} {target}"
    return Parked(
        key, "unresolved", where, "not in service pg", missing=ids, edges=(edge,), first_seen=since, next_try=NOW,
        tries=2,
    )  # fmt: skip


def test_items_are_grouped_by_the_dataset_that_is_missing() -> None:
    items = [
        item("edge:1", "b"),
        item("edge:2", "a", since=NOW - 3 * DAY),
        item("edge:3", "a", job="copy", since=NOW - DAY, target="sums"),
        item("edge:4", "a", "b", since=NOW - 2 * DAY),
        Parked("run:5", "failed", "run r of ns load", "409: no", first_seen=NOW - 90),
    ]
    groups = group_parked(items)
    assert [(group.what, [one.key for one in group.items]) for group in groups] == [
        (f"{PG} a", ["edge:2", "edge:4", "edge:3"]),
        (f"{PG} b", ["edge:1"]),
        ("run r of ns load", ["run:5"]),
    ]
    assert plain_outline(parked_outline(groups[:1], NOW)).splitlines() == [
        f"unresolved  {PG} a  (3 items, for 3 days)",
        "    not in service pg",
        "    job ns load",
        "    job ns copy",
        f"    edge:2  to {PG} facts  (2 tries, next at 1970-04-11T00:00:00Z)",
        f"    edge:4  to {PG} facts  (2 tries, next at 1970-04-11T00:00:00Z; also waits for {PG} b)",
        f"    edge:3  to {PG} sums  (2 tries, next at 1970-04-11T00:00:00Z)",
    ]


def test_the_reason_is_that_of_the_groups_dataset() -> None:
    both = replace(item("edge:1", "a", "b"), detail=f"{PG} a: not in pg; {PG} b: not in hive; try both")
    lines = plain_outline(parked_outline(group_parked([both]), NOW)).splitlines()
    assert lines[1] == "    not in pg"


def test_of_an_edge_the_other_end_is_shown() -> None:
    edge = Edge(DatasetId(PG, "source"), DatasetId(PG, "a"), JobId("ns", "load"), "product")
    text = plain_outline(parked_outline(group_parked([replace(item("edge:1", "a"), edges=(edge,))]), NOW))
    assert f"edge:1  from {PG} source  (" in text


def test_many_jobs_are_counted() -> None:
    items = [item(f"edge:{number}", "a", job=f"j{number}") for number in range(8)]
    text = plain_outline(parked_outline(group_parked(items), NOW))
    assert "    job ns j3\n    job ns j4 and 3 more\n" in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "less than a minute"), (90, "1 minute"), (7300, "2 hours"), (DAY, "1 day"), (45 * DAY, "45 days")],
)
def test_an_age_is_given_in_its_largest_unit(seconds: int, text: str) -> None:
    assert age(seconds) == text

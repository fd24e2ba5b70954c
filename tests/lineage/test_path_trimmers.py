"""Paths are trimmed at least as far as the trimmers of the OpenLineage client trim them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.lineage.paths import trim_path

trimmers = pytest.importorskip("openlineage.client.dataset.trimmers", reason="openlineage-python before 1.54")

LAWS = settings(max_examples=500, deadline=None, derandomize=True, database=None)
#: What theirs cuts off and ours keeps, and why.
KEPT = {
    "lake/orders/12341231": "a number that is a date only of another age",
    "lake/orders/1234/12": "the same over directories",
    "lake/orders/123.11.2026": "a number with a date in it",
}


def theirs(path: str) -> str:
    """Apply the client's trimmers as its reducer does: all in turn, until nothing changes."""
    steps = [
        trimmers.KeyValueTrimmer(),
        trimmers.DateTrimmer(),
        trimmers.MultiDirDateTrimmer(),
        trimmers.YearMonthTrimmer(),
    ]
    while True:
        before = path
        for step in steps:
            path = step.trim(path)
        if path == before:
            return path


DATES = ["2026-11-23", "23.11.2026", "20261123", "2026-11", "202611", "2026/11/23", "2026/11", "2026/7/2", "2026/7"]
TIMED = ["20261123T0901Z", "2026-11-23T09:01:00.000Z", "2026112309", "2026-11-23 09:01", "T20261123", "01.2026-11-23"]
PARTITIONS = ["dt=2026-11-23", "country=DE", "h=", "=x", "dt=2026-11-23/h=08", "year=2026/month=11"]
OTHERS = ["orders", "v2", "2026", "11", "part-00000.parquet", "20261399", "2026-13", "99", "data.csv", "1.2.3"]


@pytest.mark.parametrize("below", [*DATES, *TIMED, *PARTITIONS])
@pytest.mark.parametrize("dataset", ["lake", "/lake", "lake/orders", "/lake/orders.v2", "a/b/c"])
def test_what_theirs_cuts_off_ours_cuts_off_too(dataset: str, below: str) -> None:
    path = f"{dataset}/{below}"
    assert theirs(path) == dataset
    assert trim_path(path) == dataset


@LAWS
@given(st.lists(st.sampled_from([*DATES, *TIMED, *PARTITIONS, *OTHERS]), min_size=1, max_size=5), st.booleans())
def test_ours_is_never_longer_than_theirs(segments: list[str], absolute: bool) -> None:
    path = "/" * absolute + "/".join(segments)
    assert theirs(path).startswith(trim_path(path))


@pytest.mark.parametrize("path", KEPT, ids=KEPT.values())
def test_what_ours_keeps_and_theirs_does_not_is_no_date(path: str) -> None:
    assert theirs(path) == "lake/orders"
    assert trim_path(path) == path

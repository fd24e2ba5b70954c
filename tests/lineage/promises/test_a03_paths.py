"""From the path that was written to the dataset that was meant."""

from __future__ import annotations

import pytest

from tests.lineage.promises.spelling import named
from tests.support import arrows, column_arrows, dataset, plan_of, run_event

BUCKET = "s3://lake"


@pytest.mark.promise("A38", "A40", "A41")
@pytest.mark.parametrize(
    "path",
    [
        "orders/year=2026/month=11/day=23",
        "orders/dt=2026-11-23/hour=07/part-00000-1c2d.snappy.parquet",
        "orders/2026/11/23",
        "orders/2026-11-23",
        "orders/20261123/*",
        "orders/*",
        "orders/_SUCCESS",
        "orders/_delta_log/00000000000000000001.json",
        "orders/_temporary/0/part-00000",
    ],
)
def test_a_partition_is_no_dataset_of_its_own(path: str) -> None:
    assert named(BUCKET, path) == [f"container {BUCKET} orders"]


@pytest.mark.promise("A38")
def test_partitions_read_one_by_one_are_one_source() -> None:
    inputs = [dataset(f"orders/dt=2026-11-{day:02}", BUCKET) for day in range(1, 29)]
    plan = plan_of(run_event(inputs=inputs, outputs=["d.s.x"]))
    assert {item.identities for item in plan.datasets if item.namespace == BUCKET} == {plan.datasets[-1].identities}


@pytest.mark.promise("A38", "A42")
def test_a_pattern_of_ones_own_cuts_off_what_the_conventions_do_not_know() -> None:
    rules = {"datasets": {"rename": [{"match": r"/(s3://lake \w+)\/batch-\d+$/", "to": r"\1"}]}}
    assert named(BUCKET, "orders/batch-17", rules) == [f"container {BUCKET} orders"]


@pytest.mark.promise("A39")
def test_the_partition_of_a_column_source_is_cut_off_as_that_of_an_input() -> None:
    lineage = {"fields": {"t": {"inputFields": [{"namespace": "s3a://lake", "name": "orders/dt=1", "field": "a"}]}}}
    plan = plan_of(
        run_event(inputs=[dataset("orders/dt=2", BUCKET)], outputs=[dataset("d.s.x", columnLineage=lineage)])
    )
    assert column_arrows(plan.edges) == ["orders/dt=2.a -> d.s.x.t"]


@pytest.mark.promise("A42")
def test_a_pattern_works_on_paths_without_scheme() -> None:
    assert named("file", "/data/orders/dt=2026-11-23") == ["container file /data/orders"]
    assert named("", "/data/orders/dt=2026-11-23") == ["container file /data/orders"]


@pytest.mark.promise("A44")
def test_a_partition_decorator_is_no_part_of_a_bigquery_table() -> None:
    assert named("bigquery", "p.d.events$20261123") == ["table bigquery p.d.events"]


@pytest.mark.promise("A44")
def test_date_shards_are_folded_only_when_asked() -> None:
    assert named("bigquery", "p.d.events_20261123") == ["table bigquery p.d.events_20261123"]
    rules = {"datasets": {"rename": [{"match": r"/(\.\w+)_\d{8}$/", "to": r"\1"}]}}
    assert named("bigquery", "p.d.events_20261123", rules) == ["table bigquery p.d.events"]


@pytest.mark.promise("A45")
@pytest.mark.parametrize("path", ["orders/eu", "/orders/eu", "orders/eu/", "//orders/eu//"])
def test_slashes_before_and_after_a_path_say_nothing(path: str) -> None:
    assert named(BUCKET, path) == [f"container {BUCKET} orders/eu"]


@pytest.mark.promise("A38", "A45")
def test_a_write_back_into_a_partition_of_the_input_is_no_lineage() -> None:
    event = run_event(inputs=[dataset("orders", BUCKET)], outputs=[dataset("/orders/dt=1/", "s3a://lake")])
    assert arrows(plan_of(event)) == []

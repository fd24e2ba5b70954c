"""A path is trimmed to its dataset: the two laws, and what writers were seen to put below a dataset."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.lineage.paths import trim_path, warehouse_table

LAWS = settings(max_examples=500, deadline=None, derandomize=True, database=None)

TELLING = """
/orders/dt=2026-11-23/h=/2026/11/23/2026-11-23/2026-11/20261123/part-00000.gz/_delta_log/_SUCCESS/_temporary
/.hive-staging_1/sales.db/07/=/a=b=c
"""
SEGMENTS = st.sampled_from(["", *TELLING.replace("\n", "").split("/")]) | st.text(alphabet="/=-._0129aZ é", max_size=6)
PATHS = st.lists(SEGMENTS, min_size=1, max_size=7).map("/".join)


@LAWS
@example("a//dt=1")
@example("//dt=1")
@given(PATHS)
def test_a_trimmed_path_is_the_beginning_of_the_path(path: str) -> None:
    assert path.startswith(trim_path(path))


@LAWS
@example("a//dt=1")
@example("a/2026//2026/11")
@given(PATHS)
def test_trimming_again_changes_nothing(path: str) -> None:
    assert trim_path(trim_path(path)) == trim_path(path)


@LAWS
@given(PATHS)
def test_something_is_always_left(path: str) -> None:
    assert bool(trim_path(path).strip("/")) == bool(path.strip("/"))


@pytest.mark.parametrize(
    "written",
    [
        "lake/orders",
        "lake/orders/",
        "lake/orders/dt=2026-11-23",
        "lake/orders/country=DE/dt=2026-11-23/",
        "lake/orders/dt=__HIVE_DEFAULT_PARTITION__",
        "lake/orders/dt=",
        "lake/orders/2026-11-23",
        "lake/orders/2026-11",
        "lake/orders/2026-11-23T08",
        "lake/orders/2026-11-23_08-00-00",
        "lake/orders/20261123",
        "lake/orders/20261123T0800",
        "lake/orders/2026/11",
        "lake/orders/2026/11/23",
        "lake/orders/2026/11/23/08",
        "lake/orders/part-00000-8f2c.c000.snappy.parquet",
        "lake/orders/dt=2026-11-23/part-00000-8f2c.c000.snappy.parquet",
        "lake/orders/_delta_log",
        "lake/orders/_SUCCESS",
        "lake/orders/.spark-staging-8f2c/dt=2026-11-23",
    ],
)
def test_what_a_writer_puts_below_a_dataset_is_cut_off(written: str) -> None:
    assert trim_path(written) == "lake/orders"
    assert trim_path("/" + written) == "/lake/orders"


@pytest.mark.parametrize(
    "path",
    [
        "orders",
        "/orders",
        "dt=2026-11-23",
        "/2026-11-23",
        "lake/orders.csv",
        "lake/orders_20261123",
        "lake/orders/2026",
        "lake/2026/orders",
        "lake/12345678",
        "lake/orders/13",
        "lake/part-time",
        "lake/dt=2026-11-23/orders",
        "lake/v1.2/orders",
        "lake/2026/13",
    ],
)
def test_names_that_only_look_alike_are_kept(path: str) -> None:
    assert trim_path(path) == path


def test_the_first_segment_is_never_cut_off() -> None:
    assert trim_path("dt=1/dt=2") == "dt=1"
    assert trim_path("/2026/11/23") == "/2026/11/23"


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("/user/hive/warehouse/sales.db/orders", ("/user/hive/warehouse/", "sales.orders")),
        ("/user/hive/warehouse/orders", ("/user/hive/warehouse/", "default.orders")),
        ("/app/spark-warehouse/orders", ("/app/spark-warehouse/", "default.orders")),
        ("sales.db/orders", ("", "sales.orders")),
        ("/wh/sales.db/orders.v2", ("/wh/", 'sales."orders.v2"')),
        ("/user/hive/warehouse/sales.db", None),
        ("/warehouse/sales.db/orders/more", None),
        ("/warehouse/sales.db", None),
        ("/warehouse/orders", None),
        ("/warehouse/.db/orders", None),
    ],
)
def test_a_path_in_a_hive_warehouse_names_a_table(path: str, table: tuple[str, str] | None) -> None:
    assert warehouse_table(path) == table


@pytest.mark.parametrize("below", ["2026/11/23/", "a=/", "//", "_temporary/", "1"])
def test_a_path_of_any_length_is_trimmed_in_time(below: str) -> None:
    path = "lake/orders/" + below * 100_000
    assert path.startswith(trim_path(path))
    assert trim_path(path).startswith("lake/orders")

"""Paths below a mount of DBFS are the paths of the storage that is mounted there."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from tests.support import Json, dataset, plan_of, run_event, translated

RAW = "abfss://raw@acc.dfs.core.windows.net"


def environment(*mounts: tuple[str, str], nested: bool = True) -> Json:
    points = {"mountPoints": [{"mountPoint": path, "source": source} for path, source in mounts]}
    return {"environment-properties": {"environment-properties": points} if nested else points}


def read(name: str, *mounts: tuple[str, str], namespace: str = "dbfs", **options: Any) -> Json:
    facets = environment(*mounts) if mounts else None
    return run_event(inputs=[dataset(name, namespace)], outputs=["out"], run_facets=facets, **options)


def places(plan: LineagePlan, namespace: str = "dbfs") -> list[tuple[str, str]]:
    [found] = [item for item in plan.datasets if item.namespace == namespace]
    return [(identity.namespace, identity.name) for identity in found.identities[1:]]


@pytest.mark.promise("A227")
@pytest.mark.parametrize(
    ("namespace", "name"),
    [("dbfs", "/mnt/raw/sales/orders"), ("dbfs", "dbfs:/mnt/raw/sales/orders"), ("dbfs:/mnt/raw", "sales/orders"),
     ("file", "/dbfs/mnt/raw/sales/orders"), ("dbfs", "/mnt/raw/sales/orders/dt=1")],
)  # fmt: skip
def test_the_deepest_mount_above_a_path_counts(namespace: str, name: str) -> None:
    mounts = [("/mnt", "s3://other"), ("/mnt/raw", f"{RAW}/"), ("/mnt/raw/salesforce", "gs://elsewhere")]
    assert places(plan_of(read(name, *mounts, namespace=namespace)), namespace) == [(RAW, "sales/orders")]


def test_a_mount_of_a_directory_is_a_path_in_its_storage() -> None:
    plan = plan_of(read("/mnt/raw/orders", ("/mnt/raw", "s3a://lake/in/raw")))
    assert places(plan) == [("s3://lake", "in/raw/orders")]


def test_the_properties_may_be_the_facet_itself() -> None:
    facets = environment(("/mnt/raw", "gs://lake"), nested=False)
    event = run_event(inputs=[dataset("/mnt/raw/orders", "dbfs")], outputs=["out"], run_facets=facets)
    assert places(plan_of(event)) == [("gs://lake", "orders")]


@pytest.mark.parametrize(
    ("name", "mount"),
    [
        ("/mnt/rawer/orders", ("/mnt/raw", RAW)),
        ("/databricks-datasets/x", ("/databricks-datasets", "databricks-datasets")),
        ("/databricks-results/x", ("/", "DatabricksRoot")),
    ],
)
def test_other_paths_stay_what_they_are(name: str, mount: tuple[str, str]) -> None:
    assert places(plan_of(read(name, mount))) == []


def test_the_mounts_of_the_start_hold_for_the_whole_run_and_are_remembered() -> None:
    start = run_event("START", run_facets=environment(("/mnt/raw", RAW)))
    first = translated(start, read("/mnt/raw/orders", seconds=1))
    assert places(first.plan) == [(RAW, "orders")]
    second = translated(read("/mnt/raw/orders", run_id="other"), state=first.state)
    assert places(second.plan) == [(RAW, "orders")]


def test_two_sources_of_one_mount_are_no_place_and_a_line() -> None:
    one = read("/mnt/raw/orders", ("/mnt/raw", RAW), run_id="one")
    two = read("/mnt/raw/orders", ("/mnt/raw", "s3://lake"), run_id="two", seconds=1)
    for events in ([one, two], [two, one]):
        plan = plan_of(*events)
        assert places(plan) == []
        (problem,) = plan.problems
        assert (problem.kind, problem.where) == (ProblemKind.MOUNT_CONFLICT, "dbfs /mnt/raw/orders")
        assert f"{RAW}/orders and s3://lake/orders" in problem.detail
    first = translated(one)
    second = translated(two, state=first.state)
    assert places(second.plan) == []
    third = translated({**one, "run": {**one["run"], "runId": "three"}}, state=second.state)
    assert places(third.plan) == []

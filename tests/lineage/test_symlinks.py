"""Symlinks are remembered: a dataset has its other names also in events that do not repeat them."""

from __future__ import annotations

import datetime as dt

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from tests.support import BASE, Json, arrows, dataset, dataset_event, decode, plan_of, run_event, symlinks, translated

HIVE = symlinks(("hive://m:1", "d.t", "TABLE"))


def path(**facets: Json) -> Json:
    return dataset("/wh/t", "s3://lake", **facets)


def names_of(plan: LineagePlan, name: str) -> list[str]:
    [found] = [item for item in plan.datasets if item.name == name]
    return [identity.name for identity in found.identities]


def test_a_symlink_of_one_run_is_true_for_another() -> None:
    events = [run_event(run_id="r1", inputs=[path(symlinks=HIVE)]), run_event(run_id="r2", outputs=[path()])]
    for order in (events, events[::-1]):
        assert names_of(plan_of(*order), "/wh/t") == ["d.t", "wh/t"]


def test_a_symlink_of_an_earlier_batch_is_remembered() -> None:
    first = translated(run_event(run_id="r1", inputs=[path(symlinks=HIVE)]))
    second = translated(run_event(run_id="r2", inputs=["a"], outputs=[path()]), state=first.state)
    assert names_of(second.plan, "/wh/t") == ["d.t", "wh/t"]


def test_a_dataset_event_may_name_it() -> None:
    first = translated(dataset_event(path(symlinks=HIVE)))
    second = translated(run_event(inputs=["a"], outputs=[path()]), state=first.state)
    assert names_of(second.plan, "/wh/t") == ["d.t", "wh/t"]


def test_a_remembered_symlink_tells_that_a_dataset_is_its_own_source() -> None:
    first = translated(run_event(run_id="r1", inputs=[path(symlinks=HIVE)]))
    self_write = run_event(run_id="r2", inputs=[dataset("d.t", "hive://m:1"), "a"], outputs=[path()])
    assert arrows(translated(self_write, state=first.state).plan) == ["a -> /wh/t"]


def test_a_withdrawn_symlink_is_forgotten() -> None:
    first = translated(dataset_event(path(symlinks=HIVE)))
    second = translated(dataset_event(path(symlinks={"_deleted": True}), seconds=1), state=first.state)
    third = translated(run_event(inputs=[path()]), state=second.state)
    assert names_of(third.plan, "/wh/t") == ["wh/t"]


def test_what_is_not_seen_for_long_is_forgotten() -> None:
    state = translated(dataset_event(path(symlinks=HIVE))).state
    events = decode(run_event(inputs=[path()]))
    later = translate(events, Config(), state, now=BASE + dt.timedelta(seconds=Limits().open_seconds + 1))
    assert names_of(later.plan, "/wh/t") == ["wh/t"]


def test_a_symlink_of_a_path_in_a_warehouse_names_the_table_whoever_writes_it() -> None:
    by_path = dataset("warehouse/sales.db/orders", "s3://lake", symlinks=HIVE)
    by_name = dataset("sales.orders", "s3://lake/warehouse")
    first = translated(run_event(run_id="r1", inputs=[by_path]))
    second = translated(run_event(run_id="r2", inputs=["a"], outputs=[by_name]), state=first.state)
    assert names_of(second.plan, "sales.orders")[0] == "d.t"
    other = dataset("sales.payments", "s3://lake/warehouse")
    third = translated(run_event(run_id="r3", inputs=["a"], outputs=[other]), state=first.state)
    assert "d.t" not in names_of(third.plan, "sales.payments")


def test_a_symlink_of_a_table_by_its_warehouse_names_its_path() -> None:
    by_path = dataset("/warehouse/sales.db/orders/dt=1", "s3a://lake")
    by_name = dataset("sales.orders", "s3://lake/warehouse", symlinks=HIVE)
    first = translated(run_event(run_id="r1", outputs=[by_name]))
    second = translated(run_event(run_id="r2", inputs=[by_path]), state=first.state)
    assert names_of(second.plan, "/warehouse/sales.db/orders/dt=1")[0] == "d.t"

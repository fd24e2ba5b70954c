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

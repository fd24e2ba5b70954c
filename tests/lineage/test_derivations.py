"""What is kept of a batch for the next one never shows in a plan, and saves deriving it again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec
import pytest

from openmetadata_ol_provider.config import Config, load_config
from openmetadata_ol_provider.lineage.derivations import derivations_of
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.run_state import RunState
from tests.support import CAPTURES, PG, WRITTEN, captured, columns, dataset, dataset_event, decode, run_event, symlinks

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.timezone.utc)


def plans(batches: Iterable[Sequence[Event]], config: Config, *, keeping: bool) -> list[LineagePlan]:
    """Return the plans of batches; where nothing is kept, each batch is like the first one of a task."""
    state, made = RunState(), []
    for batch in batches:
        plan, state = translate(batch, config, state, now=NOW)
        made.append(plan)
        if not keeping:
            state = msgspec.structs.replace(state)
    return made


@pytest.mark.parametrize("config", [{}, {"lineage": {"pair_by_name": ["*"]}}], ids=["default", "paired by name"])
@pytest.mark.parametrize("name", [*CAPTURES, *WRITTEN])
def test_plans_are_the_same_as_without_what_is_kept(name: str, config: dict[str, object]) -> None:
    events = [decode_event(value).event for value in captured(name)]
    # Everything comes twice, so that whatever can be kept is used.
    twice = [*events, *events]
    batches = [twice[at : at + 40] for at in range(0, len(twice), 40)]
    loaded = load_config(config)
    assert plans(batches, loaded, keeping=True) == plans(batches, loaded, keeping=False)


@pytest.mark.parametrize("size", [0, 4, 60])
@pytest.mark.parametrize("name", CAPTURES)
def test_plans_are_the_same_with_little_room_for_what_is_kept(
    name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [decode_event(value).event for value in captured(name)]
    batches = [events[at : at + 40] for at in range(0, len(events), 40)] * 3
    whole = plans(batches, Config(), keeping=True)
    for limit in ("MAX_EDGES", "MAX_SIDES"):
        monkeypatch.setattr(f"openmetadata_ol_provider.lineage.derivations.{limit}", size)
    assert plans(batches, Config(), keeping=True) == whole


def copied(run_id: str, seconds: float) -> list[Event]:
    """Return the only event of a run that copies a table to files."""
    facet = columns(total=[("db.s.orders", "amount")])
    files = dataset("orders", "s3://lake", columnLineage=facet)
    return decode(run_event(run_id=run_id, seconds=seconds, inputs=["db.s.orders"], outputs=[files]))


def test_edges_of_runs_that_repeat_each_other_are_kept_from_the_second_one_on() -> None:
    batches = [copied("run-1", 0), copied("run-2", 60), copied("run-3", 120)]
    first, second, third = plans(batches, Config(), keeping=True)
    assert len(first.edges) == 1
    assert second.edges == first.edges
    assert third.edges[0] is second.edges[0]


def test_a_name_that_is_learnt_between_two_runs_changes_the_edges_of_the_second() -> None:
    same = dataset_event(dataset("orders", "s3://lake", symlinks=symlinks((PG, "db.s.orders", "TABLE"))), 30)
    batches = [copied("run-1", 0), decode(same), copied("run-2", 60)]
    edges = [plan.edges for plan in plans(batches, Config(), keeping=True)]
    assert list(map(len, edges)) == [1, 0, 0]


def test_nothing_is_kept_for_another_configuration() -> None:
    config = Config()
    _, state = translate(copied("run-1", 0), config, RunState(), now=NOW)
    assert derivations_of(state, config) is derivations_of(state, config)
    other = load_config({"datasets": {"rename": [{"match": "/s3:..lake orders/", "to": "s3://lake sales"}]}})
    assert derivations_of(state, other).config is other
    plan, _ = translate(copied("run-2", 60), other, state, now=NOW)
    (target,) = (one for one in plan.datasets if one.namespace == "s3://lake")
    assert [identity.name for identity in target.identities] == ["sales"]

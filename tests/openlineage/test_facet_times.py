"""Times of facets: those of one event take little memory, and are equal to a dictionary with the same times."""

from __future__ import annotations

import datetime as dt
import sys

import msgspec
import pytest

from openmetadata_ol_provider.openlineage.facet_times import EqualTimes, compact, equal_times, to_dict
from openmetadata_ol_provider.openlineage.run_assembler import assemble
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.serialization import encode_json
from tests.support import BASE, dataset, decode, run_event


@pytest.mark.parametrize("times", [{}, {"schema": 1}, {"schema": 1, "tags": 1}, {"schema": 1, "tags": 2}])
def test_compact_times_are_equal_to_the_dictionary(times: dict[str, int]) -> None:
    held = compact(dict(times))
    assert held == times
    assert times == held
    assert to_dict(held) == dict(held) == times
    assert list(held.items()) == list(times.items())
    assert [held.get(name, 0) for name in ("schema", "owner")] == [times.get(name, 0) for name in ("schema", "owner")]
    assert len(held) == len(times)
    assert ("schema" in held) == ("schema" in times)
    assert encode_json(held) == msgspec.json.encode(times)


def test_a_dictionary_made_of_compact_times_is_the_callers_own() -> None:
    held = compact({"schema": 1})
    to_dict(held)["schema"] = 2
    assert held == {"schema": 1}
    with pytest.raises(KeyError):
        held["tags"]


def test_equal_names_are_one_object() -> None:
    one, other = equal_times(["schema", "tags"], 1), equal_times(iter(["schema", "tags"]), 2)
    assert isinstance(one, EqualTimes)
    assert isinstance(other, EqualTimes)
    assert one.names is other.names


def test_what_would_store_the_times_in_another_form_is_an_error() -> None:
    with pytest.raises(TypeError):
        msgspec.msgpack.encode(equal_times(["schema"], 1))


def test_what_is_remembered_of_a_run_has_compact_times_and_shared_keys() -> None:
    table = dataset("db.s.orders", schema={"fields": [{"name": "id"}]}, documentation={"description": "x"})
    first, second = (decode(run_event(run_id=run_id, inputs=[table])) for run_id in ("run-1", "run-2"))
    state = assemble([*first, *second], RunState(), BASE + dt.timedelta(minutes=1)).state
    one, other = state.runs.values()
    (key,), (same,) = one.inputs, other.inputs
    assert key is same
    times = one.inputs[key].times
    assert isinstance(times, EqualTimes)
    assert sys.getsizeof(times) <= sys.getsizeof(dict(times)) / 3

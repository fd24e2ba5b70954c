"""States as text: nothing is lost, changes add up, equal parts are one object, and damage is noticed."""

from __future__ import annotations

import base64
import lzma
import random
import re
import zlib
from itertools import pairwise

import msgspec
import pytest
from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.facets import DatasetFacets, SchemaFacet
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run, RunState, as_legacy, part_key, run_key
from openmetadata_ol_provider.openlineage.run_table import RunTable
from openmetadata_ol_provider.openlineage.segments.delta import runs_delta, state_delta
from openmetadata_ol_provider.openlineage.segments.joining import joined_texts
from openmetadata_ol_provider.openlineage.segments.state_text import (
    delta_text,
    state_of_texts,
    whole_text,
    with_text,
)
from openmetadata_ol_provider.openlineage.segments.tables import Segment
from openmetadata_ol_provider.openlineage.variable_text import from_text, to_text
from tests.openlineage.segments.states import in_order, real_runs, steps

SEEDS = range(8)
#: Tables of segments whose entries stand for themselves, and those whose entries are numbers of others.
PLAIN = ("jobs", "rests", "datasets", "names", "values")
NUMBERED = ("kinds", "facets")
#: One run without facets and datasets, and its kind.
RUNS = [["r"], [0], [0], [0], [-1], [[]]]
KIND = [0, 0, -1, 0, None, None, [-1, []], [-1, []], [], []]


def test_the_runs_of_all_captures_come_back_as_they_were() -> None:
    state = RunState(runs=dict(real_runs()))
    assert len(state.runs) > 100
    assert in_order(state_of_texts([whole_text(state)])) == in_order(state)


def test_so_do_runs_with_other_keys_and_values_than_usual() -> None:
    dataset = DatasetState(namespace="n", name="d", facets=DatasetFacets(schema=SchemaFacet()), times={"schema": 3})
    runs = {
        run_key("ns", "r"): Run(run_id="r", namespace="ns", name="job"),
        "by hand": Run(
            run_id="not-a-uuid",
            namespace="",
            name="ä\x1f\U0001f600",
            first_at=10,
            started_at=5,
            ended_at=20,
            inputs={"another key": replace(dataset, first_at=0)},
            outputs={"n\x1fd": dataset, "twice": replace(dataset, times={"schema": 3, "tags": -4})},
            run_times={"parent": 10, "tags": 11},
        ),
    }
    state = as_legacy(RunState(runs=runs))
    assert in_order(state_of_texts([whole_text(state)])) == in_order(state)


def test_a_run_is_looked_up_by_its_key_whatever_is_in_it() -> None:
    names = ["n", "n\x1fr", "", "\x1f", "j"]
    parts = [(namespace, run_id, name) for namespace in names for run_id in names for name in names]
    runs = {part_key(*part): Run(run_id=part[1], namespace=part[0], name=part[2]) for part in parts}
    # Another run has the key that this one would usually have.
    runs["by hand"] = runs[part_key("n", "j", "j")]
    runs[part_key("n", "j", "j")] = Run(run_id="j", namespace="other", name="j")
    stored = state_of_texts([whole_text(RunState(runs=runs))]).runs
    assert dict(stored.items()) == runs
    assert len(stored) == len(runs)
    assert [key for key in ("", "n", "n\x1fj", "n\x1fj\x1fother", part_key("m", "j", "j")) if key in stored] == []


def test_a_table_changes_like_a_dictionary_and_leaves_the_one_it_was_copied_from() -> None:
    draw = random.Random(7)  # noqa: S311 - no secret
    runs = dict(real_runs()[:40])
    read = state_of_texts([whole_text(RunState(runs=dict(list(runs.items())[:20])))]).runs
    expected, table = dict(read.items()), RunTable(read)
    for number in range(400):
        key = draw.choice(list(runs))
        if draw.random() < 0.5:
            expected[key] = table[key] = replace(runs[key], last_seen_at=number)
        else:
            assert table.pop(key, None) == expected.pop(key, None)
        assert (len(table), key in table, table.get(key)) == (len(expected), key in expected, expected.get(key))
    assert list(table.items()) == list(expected.items())
    assert list(read.items()) == list(runs.items())[:20]
    delta = runs_delta(read, table)
    left = {key: run for key, run in read.items() if key not in delta.removed}
    assert list({**left, **delta.changed}.items()) == list(expected.items())


def test_a_run_that_is_in_a_segment_twice_is_damage() -> None:
    column = [["r", "r"], [0, 0], [0, 0], [0, 0], [-1, -1], [[], []]]
    rest = {"run_id": "", "namespace": "", "name": ""}
    with pytest.raises(ValueError, match="damaged: run r is in it twice"):
        state_of_texts([to_text({"state": {}, "runs": column, "kinds": [KIND], "jobs": [["n", "j"]], "rests": [rest]})])


@pytest.mark.parametrize("seed", SEEDS)
def test_changes_applied_one_after_the_other_give_the_last_state(seed: int) -> None:
    states = list(steps(seed, 25))
    texts = [whole_text(states[0])]
    for before, after in pairwise(states):
        delta = state_delta(before, after)
        texts.append(delta_text(delta))
        assert in_order(with_text(before, texts[-1])) == in_order(after)
    assert in_order(state_of_texts(texts)) == in_order(states[-1])


@pytest.mark.parametrize("seed", SEEDS)
def test_texts_that_are_joined_say_the_same(seed: int) -> None:
    states = list(steps(seed, 12))
    texts = [whole_text(states[0]), *(delta_text(state_delta(*pair)) for pair in pairwise(states))]
    for start in range(len(texts)):
        for end in range(start + 1, len(texts) + 1):
            joined = joined_texts(texts[start:end], whole=start == 0)
            state = state_of_texts([*texts[:start], joined, *texts[end:]])
            assert in_order(state) == in_order(states[-1]), (start, end)
    # The same parts, perhaps in another order: nothing is left of what is gone.
    joined, whole = (from_text(text, Segment) for text in (joined_texts(texts, whole=True), whole_text(states[-1])))
    for table in PLAIN:
        one, other = ([msgspec.msgpack.encode(item) for item in getattr(segment, table)] for segment in (joined, whole))
        assert sorted(one) == sorted(other), table
    assert [len(getattr(joined, table)) for table in NUMBERED] == [len(getattr(whole, table)) for table in NUMBERED]


def test_a_text_with_fields_of_a_later_version_is_not_joined() -> None:
    text = to_text({"state": {}, "more": 1})
    with pytest.raises(ValueError, match="more"):
        state_of_texts([text])
    with pytest.raises(ValueError, match="more"):
        joined_texts([whole_text(RunState()), text], whole=True)


def test_what_did_not_change_is_not_written() -> None:
    state = RunState(runs=dict(real_runs()))
    key, run = real_runs()[0]
    changed = replace(state, runs={**state.runs, key: replace(run, last_seen_at=7)})
    delta = state_delta(state, changed)
    assert (dict(delta.changed.runs), delta.removed) == ({key: changed.runs[key]}, {})
    assert len(delta_text(delta)) < len(whole_text(state)) / 20
    assert delta_text(state_delta(state, state)) == delta_text(
        state_delta(RunState(), RunState(latest_at=state.latest_at))
    )


def test_equal_parts_are_one_object_and_stored_once() -> None:
    def run(number: int) -> Run:
        field = msgspec.json.decode(b'{"fields": [{"name": "amount", "type": "DECIMAL"}]}', type=SchemaFacet)
        dataset = DatasetState(namespace="n", name="d", facets=DatasetFacets(schema=field), times={"schema": number})
        return Run(run_id=f"{number}", namespace="ns", name="job", first_at=number, outputs={"n\x1fd": dataset})

    few, many = (RunState(runs={f"ns\x1f{n}\x1fjob": run(n) for n in range(count)}) for count in (2, 200))
    first, second = (item.outputs["n\x1fd"].facets for item in state_of_texts([whole_text(few)]).runs.values())
    assert first is second
    assert zlib.decompress(base64.b64decode(whole_text(many), b"_/")).count(b"DECIMAL") == 1


def test_airflow_finds_no_special_character_in_a_text() -> None:
    text = whole_text(RunState(runs=dict(real_runs())))
    assert re.escape(text) == text


def test_a_facet_that_is_no_longer_read_is_skipped() -> None:
    state = RunState(runs=dict(real_runs()))
    data = zlib.decompress(base64.b64decode(whole_text(state), b"_/"))
    renamed = base64.b64encode(zlib.compress(data.replace(b"\xa6schema", b"\xa6skemas")), b"_/").decode()
    found = state_of_texts([renamed])
    facets = [item.facets for run in found.runs.values() for item in (*run.inputs.values(), *run.outputs.values())]
    assert facets
    assert not any(item.schema for item in facets if item is not None)


@pytest.mark.parametrize("length", range(0, 90, 7))
def test_damage_is_noticed(length: int) -> None:
    text = whole_text(RunState(runs=dict(real_runs()[:3])))
    for damaged in (text[:length], text[: -length - 1]):
        with pytest.raises(ValueError, match=r".+"):
            state_of_texts([damaged])


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"state": 5},
        {"state": {}, "rows": []},
        {"state": {}, "runs": [["r"]]},
        {"state": {}, "runs": RUNS},
        {"state": {}, "runs": RUNS, "kinds": [KIND]},
        {"state": {}, "runs": RUNS, "kinds": [KIND], "jobs": [["n", "j"]], "rests": [5]},
    ],
    ids=["a list", "no state", "another version's field", "a short column", "no kinds", "no jobs", "another table"],
)
def test_what_is_no_state_is_noticed(content: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        state_of_texts([to_text(content)])


def test_the_form_of_earlier_releases_is_read() -> None:
    earlier = base64.b64encode(lzma.compress(b'{"runs": 7}', check=lzma.CHECK_CRC32, preset=1)).decode()
    assert from_text(earlier, dict[str, int]) == {"runs": 7}
    for length in range(len(earlier)):
        with pytest.raises(ValueError, match=r"\w"):
            from_text(earlier[:length], dict[str, int])


def test_text_is_bounded_when_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openmetadata_ol_provider.openlineage.variable_text.MAX_UNPACKED", 1000)
    assert from_text(to_text("x" * 990), str) == "x" * 990
    with pytest.raises(ValueError, match="larger than 1000 bytes"):
        from_text(to_text("x" * 1000), str)

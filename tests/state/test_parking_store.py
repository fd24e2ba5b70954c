"""The parking lot: a chain of changes behind a head of its own, which two tasks may change at the same moment."""

from __future__ import annotations

import base64
import json
import lzma
import random
import time
import zlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.variable_text import pack_lines, unpacked_lines
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import packed_changes
from openmetadata_ol_provider.state import chain, segment_store, segmented_variable
from openmetadata_ol_provider.state.chain import SLOTS
from openmetadata_ol_provider.state.keys import parked_key, segment_key
from openmetadata_ol_provider.state.parked_text import items_of_texts, parked_text
from openmetadata_ol_provider.state.parking_store import ParkingStore
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import delete_variable, get_variable, set_variable
from tests.state.test_crashes import Crash, Writes

KEY = "the_key"
PARKED = parked_key(KEY)
Model = dict[str, Parked]


def item(key: str, tries: int = 0) -> Parked:
    return Parked(key=key, reason="unresolved", where=f"{key} -> b", detail="not there", tries=tries)


def head() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(get_variable(PARKED) or "{}")
    return document


def segments() -> set[int]:
    return {slot for slot in range(SLOTS) if get_variable(segment_key(PARKED, slot)) is not None}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let segments begin at a few hundred characters, and pieces, too."""
    monkeypatch.setattr(segment_store, "MAX_TAIL", 300)
    monkeypatch.setattr(chain, "MAX_PIECE", 500)


def changed(draw: random.Random, model: Model) -> dict[str, Parked | None]:
    """Return a change: some items are new, some are tried again, some are released."""
    changes: dict[str, Parked | None] = {}
    for _ in range(draw.randint(1, 6)):
        key = f"edge:{draw.getrandbits(64):x}"
        changes[key] = item(key)
    for key in draw.sample(sorted(model), min(len(model), draw.randint(0, 4))):
        changes[key] = draw.choice([None, item(key, tries=model[key].tries + 1)])
    return changes


def after(model: Model, changes: dict[str, Parked | None]) -> Model:
    return {key: value for key, value in {**model, **changes}.items() if value is not None}


# -- chains ------------------------------------------------------------------------------------------------------------


@pytest.mark.exhaustive
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(3))
def test_changes_one_after_the_other_are_what_they_are_together(seed: int) -> None:
    draw, model, store, most = random.Random(seed), Model(), ParkingStore(KEY), 0  # noqa: S311 - no secret
    for _ in range(60):
        changes = changed(draw, model)
        model = after(model, changes)
        store.update(packed_changes(changes, store.read()))
        assert dict(store.read()) == model
        most = max(most, len(head()["items"].get("segments", ())))
        if draw.random() < 0.3:
            store = ParkingStore(KEY)
            assert dict(store.read()) == model
    assert 2 <= most <= 8
    assert segments() == {
        slot for item in head()["items"]["segments"] for slot in (item["slot"], *item.get("more", ()))
    }.union(head().get("retired", ()))
    assert store.size > 1000


@pytest.mark.exhaustive
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(4))
def test_a_crash_leaves_what_was_parked_before_or_after(seed: int) -> None:
    draw, model, store = random.Random(seed), Model(), ParkingStore(KEY)  # noqa: S311 - no secret
    with pytest.MonkeyPatch.context() as patch:
        writes = Writes(patch)
        for _ in range(40):
            changes = changed(draw, model)
            writes.left, writes.after = draw.choice([-1, 1, 2, 3, 4]), draw.random() < 0.5
            try:
                store.update(changes)
            except Crash:
                store = ParkingStore(KEY)
                assert dict(store.read()) in (model, after(model, changes))
                # As after any crash, the batch parks the same again.
                store.update(changes)
            writes.left, model = -1, after(model, changes)
            assert dict(store.read()) == dict(ParkingStore(KEY).read()) == model
        assert writes.deaths > 5


@pytest.mark.usefixtures("small")
def test_what_is_empty_needs_no_segment_any_more() -> None:
    store = ParkingStore(KEY)
    store.update({key: item(key) for key in (f"edge:{number:x}" for number in range(40))})
    assert segments()
    for _ in range(2):
        store.update(dict.fromkeys(store.read()))
        store.update({"edge:1": item("edge:1")})
    assert segments() == set()
    assert dict(ParkingStore(KEY).read()) == {"edge:1": item("edge:1")}


def test_a_change_that_changes_nothing_is_not_written() -> None:
    store = ParkingStore(KEY)
    store.update({})
    store.update({"edge:1": None})
    assert get_variable(PARKED) is None


# -- accesses ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def accesses(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Return the accesses to Variables, by what is done and the key behind that of the parking lot."""
    done: list[tuple[str, str]] = []

    def noted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def access(key: str, *args: Any) -> Any:
            done.append((name, key.removeprefix(PARKED)))
            return function(key, *args)

        return access

    for module in (segment_store, segmented_variable):
        for name in ("get_variable", "set_variable", "delete_variable"):
            monkeypatch.setattr(module, name, noted(name.partition("_")[0], getattr(module, name)))
    return done


@pytest.mark.usefixtures("small")
def test_a_batch_reads_the_segment_that_it_writes_and_the_one_before_it_and_no_other(
    accesses: list[tuple[str, str]],
) -> None:
    store, keys = ParkingStore(KEY), [f"edge:{number:x}" for number in range(1000)]
    random.Random(1).shuffle(keys)  # noqa: S311 - no secret
    store.update({key: item(key) for key in keys[:600]})
    store.update({key: item(key) for key in keys[600:700]})
    assert len(head()["items"]["segments"]) > 1
    accesses.clear()
    newest = head()["items"]["segments"][-1]
    # Too little for the longer ones to be joined with it.
    store.update({key: item(key) for key in keys[700:725]})
    assert len(head()["items"]["segments"]) > 2
    slots = [key for name, key in accesses if name == "set" and key]
    assert [(name, key) for name, key in accesses if not key] == [("get", ""), ("get", ""), ("set", ""), ("get", "")]
    read = {key for name, key in accesses if name == "get" and key}
    leftover = {f".s{head()['writes'] % SLOTS:02}"}
    # Whether another task has deleted something that the new head refers to is told by its newest segment.
    last = [newest["slot"], *newest.get("more", ())][-1]
    needed = {*slots, f".s{last:02}"}
    # The slot that is looked at for leftovers may be one of them, because free ones are drawn.
    assert needed <= read <= needed | leftover
    assert store.read() is store.read()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("access", range(1, 12))
def test_what_the_command_line_drops_meanwhile_stays_dropped(
    accesses: list[tuple[str, str]], access: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ParkingStore(KEY)
    store.update({f"edge:{number:x}": item(f"edge:{number:x}") for number in range(20)})
    real, left = segmented_variable.get_variable, [access]

    def get(key: str) -> str | None:
        left[0] -= 1
        if left[0] == 0:
            ParkingStore(KEY).update(dict.fromkeys(f"edge:{number:x}" for number in range(10)))
        return real(key)

    monkeypatch.setattr(segmented_variable, "get_variable", get)
    store.update({"edge:ff": item("edge:ff"), "edge:13": None})
    if left[0] > 0:
        ParkingStore(KEY).update(dict.fromkeys(f"edge:{number:x}" for number in range(10)))
    assert set(ParkingStore(KEY).read()) == {"edge:ff", *(f"edge:{number:x}" for number in range(10, 19))}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("release", [False, True], ids=["parks", "parks and releases all others"])
def test_a_task_writes_again_what_another_one_has_deleted_right_before_it_wrote_the_head(
    release: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    names = [f"edge:{number:x}" for number in range(60)]
    store = ParkingStore(KEY)
    store.update({name: item(name) for name in names})
    before, real, is_paused = segments(), segmented_variable.set_variable, [True]

    def write(key: str, *args: Any) -> None:
        if key == PARKED and is_paused[0]:
            # After the last look at the head, before the write: another task changes it twice.
            is_paused[0] = False
            other = ParkingStore(KEY)
            other.update(dict.fromkeys(names) if release else {f"edge:a{n:x}": item(f"edge:a{n:x}") for n in range(60)})
            other.update({"edge:b0": item("edge:b0")})
            assert not before <= segments()
        real(key, *args)

    monkeypatch.setattr(segmented_variable, "set_variable", write)
    store.update({"edge:c0": item("edge:c0"), names[0]: None})
    expected = {"edge:c0", *names[1:]}
    assert set(ParkingStore(KEY).read()) == set(store.read()) == expected
    assert "'the_key.parked' was written by another task at the same moment" in caplog.text
    store.update({"edge:d0": item("edge:d0")})
    assert set(ParkingStore(KEY).read()) == {"edge:d0", *expected}


@pytest.mark.usefixtures("small")
def test_a_task_that_was_overtaken_while_it_wrote_deletes_nothing_that_the_other_one_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"edge:{number:x}" for number in range(60)]
    store, slow = ParkingStore(KEY), ParkingStore(KEY)
    store.update({name: item(name) for name in names})
    slow.read()
    # Retires the segment, which the next write deletes.
    text = get_variable(PARKED)
    store.update({f"edge:a{number:x}": item(f"edge:a{number:x}") for number in range(60)})
    real, is_first = segmented_variable.set_variable, [True]

    def write(key: str, *args: Any) -> None:
        real(key, *args)
        if key == PARKED and is_first[0]:
            # A task that has read the head before the last write overwrites it with one that refers to the segment.
            is_first[0] = False
            real(PARKED, text, *args[1:])

    monkeypatch.setattr(segmented_variable, "set_variable", write)
    store.update({"edge:b0": item("edge:b0")})
    assert set(ParkingStore(KEY).read()) == {"edge:b0", *names}


# -- what is stored ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "compress", [lambda data: lzma.compress(data, check=lzma.CHECK_CRC32), zlib.compress], ids=["xz", "zlib"]
)
def test_texts_of_earlier_versions_are_read_and_replaced(compress: Callable[[bytes], bytes]) -> None:
    items = {key: item(key) for key in ("edge:1", "edge:2")}
    set_variable(PARKED, base64.b64encode(compress(msgspec.json.encode(items))).decode())
    store = ParkingStore(KEY)
    assert dict(store.read()) == items
    store.update({"edge:1": None, "edge:3": item("edge:3")})
    assert head()["version"] == 2
    assert dict(ParkingStore(KEY).read()) == {"edge:2": items["edge:2"], "edge:3": item("edge:3")}


@pytest.mark.parametrize("text", ["damaged", '{"version": 3}', '{"version": 2, "items": 1}', "{}", "eJwDAAAAAAE="])
def test_a_damaged_parking_lot_is_an_error_with_a_remedy(text: str) -> None:
    set_variable(PARKED, text)
    with pytest.raises(CheckpointError, match=r"'the_key.parked' does not contain parked lineage \(.*Restore it, or"):
        ParkingStore(KEY).read()


@pytest.mark.usefixtures("small")
def test_a_segment_that_is_missing_is_named() -> None:
    store = ParkingStore(KEY)
    store.update({f"edge:{number:x}": item(f"edge:{number:x}") for number in range(20)})
    delete_variable(segment_key(PARKED, head()["items"]["segments"][0]["slot"]))
    with pytest.raises(CheckpointError, match=r"'the_key.parked.s\d\d', a segment of the parking lot .*, is missing"):
        ParkingStore(KEY).read()


@pytest.mark.usefixtures("small")
def test_what_is_parked_stays_when_the_state_is_deleted_and_goes_when_other_lanes_have_it() -> None:
    store = StateStore(KEY)
    store.update_parked({f"edge:{number:x}": item(f"edge:{number:x}") for number in range(20)})
    store.forget()
    assert len(StateStore(KEY).read_parked()) == 20
    store.empty()
    assert (get_variable(PARKED), segments(), dict(StateStore(KEY).read_parked())) == ("", set(), {})


# -- texts -------------------------------------------------------------------------------------------------------------


def test_lines_are_unpacked_one_after_the_other() -> None:
    lines = [b"x" * size for size in (0, 1, 70_000, 300_000, 5)]
    assert list(unpacked_lines(pack_lines(lines))) == lines
    assert list(unpacked_lines(pack_lines([]))) == []


def test_the_time_to_unpack_a_long_line_grows_with_its_length_alone() -> None:
    seconds = []
    for size in (2, 32):
        text = pack_lines([b"x" * size * 2**20])
        start = time.process_time()
        list(unpacked_lines(text))
        seconds.append(time.process_time() - start)
    assert seconds[1] < 64 * max(seconds[0], 0.01)


@pytest.mark.parametrize("damage", [lambda text: text[:-8], lambda text: f"{text[:8]}AAAA{text[12:]}", lambda _: "?"])
def test_damaged_lines_are_an_error(damage: Callable[[str], str]) -> None:
    text = pack_lines([b"%d" % number for number in range(1000)])
    with pytest.raises(ValueError, match="damaged"):
        list(unpacked_lines(damage(text)))


@pytest.mark.parametrize("line", [b"[1]", b'["edge:1",{"key":1}]', b"no JSON"])
def test_lines_that_are_no_items_are_an_error(line: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        items_of_texts([pack_lines([line])])


def test_later_texts_replace_and_release_items() -> None:
    texts = [
        parked_text([("a", item("a")), ("b", item("b"))]),
        parked_text([("a", None), ("b", item("b", 2)), ("c", item("c"))]),
        parked_text([("c", None)]),
    ]
    assert dict(items_of_texts(texts)) == {"b": item("b", 2)}

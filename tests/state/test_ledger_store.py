"""The ledger: a head with the claim, and segments with the entries, which may be lost but never be outdated."""

from __future__ import annotations

import base64
import itertools
import json
import lzma
import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.openlineage.variable_text import to_text
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import (
    EdgeFact,
    Fact,
    Ledger,
    LedgerChanges,
    LedgerTarget,
)
from openmetadata_ol_provider.state import chain, ledger_store, segment_store, segmented_variable
from openmetadata_ol_provider.state.chain import SLOTS
from openmetadata_ol_provider.state.keys import ledger_key, segment_key
from openmetadata_ol_provider.state.ledger_store import LedgerStore
from openmetadata_ol_provider.state.ledger_text import (
    changed_ledger_text,
    entries_of_texts,
    joined_ledger,
    whole_ledger_text,
)
from openmetadata_ol_provider.version_compat import delete_variable, get_variable, set_variable
from tests.state.test_crashes import Crash, Writes

KEY = "the_key"
LEDGER = ledger_key(KEY)
TARGET = LedgerTarget(1, 2)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let segments begin at a few hundred characters, and pieces, too."""
    for module in (segment_store, ledger_store):
        monkeypatch.setattr(module, "MAX_TAIL", 300)
    monkeypatch.setattr(chain, "MAX_PIECE", 500)


def head() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(get_variable(LEDGER) or "{}")
    return document


def segments() -> set[int]:
    return {slot for slot in range(SLOTS) if get_variable(segment_key(LEDGER, slot)) is not None}


def filled(count: int = 100) -> Ledger:
    draw = random.Random(count)  # noqa: S311 - no secret
    return Ledger(
        *TARGET[:2],
        {draw.getrandbits(62): Fact(draw.getrandbits(62), 7.0) for _ in range(count)},
        {draw.getrandbits(62): EdgeFact(9, 7.0, f"job {number}") for number in range(count)},
        {f"job {number}": number for number in range(count)},
        matching=1,
        extended={f"table:{number}": float(number) for number in range(count // 10)},
        days=(1, 2),
    )


def changes_of(draw: random.Random, ledger: Ledger, most: int = 10) -> LedgerChanges:
    facts: dict[int, Fact | None] = {draw.getrandbits(62): Fact(1, draw.random()) for _ in range(draw.randint(0, most))}
    facts |= {key: draw.choice([None, Fact(2, draw.random())]) for key in draw.sample(sorted(ledger.facts), 3)}
    edges: dict[int, EdgeFact | None] = {
        key: draw.choice([None, EdgeFact(3, draw.random(), "new")]) for key in draw.sample(sorted(ledger.edges), 3)
    }
    return LedgerChanges(TARGET, facts=facts, edges=edges, ended={"new": draw.randint(0, 9)}, days=(3,))


# -- what is stored ----------------------------------------------------------------------------------------------------


@pytest.mark.exhaustive
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(3))
def test_tasks_one_after_the_other_leave_the_ledger_of_the_last(seed: int) -> None:
    draw, ledger, most = random.Random(seed), filled(), 0  # noqa: S311 - no secret
    LedgerStore(KEY).write(ledger)
    for number in range(40):
        store = LedgerStore(KEY)
        assert store.read() == ledger
        store.claim(f"task {number}")
        changes = changes_of(draw, ledger)
        store.count_changes(changes)
        ledger = ledger.updated(changes)
        assert store.release(ledger, f"task {number}")
        most = max(most, len(head()["entries"]["segments"]))
    assert LedgerStore(KEY).read() == ledger
    assert 2 <= most <= 8
    used = {slot for item in head()["entries"]["segments"] for slot in (item["slot"], *item.get("more", ()))}
    assert segments() == used.union(head().get("retired", ()))


@pytest.mark.exhaustive
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(4))
def test_a_crash_leaves_a_ledger_that_is_that_of_the_last_task_or_calls_nothing_current(seed: int) -> None:
    draw, ledger = random.Random(seed), filled()  # noqa: S311 - no secret
    LedgerStore(KEY).write(ledger)
    with pytest.MonkeyPatch.context() as patch:
        writes = Writes(patch)
        for number in range(40):
            store, token, after = LedgerStore(KEY), f"task {number}", ledger
            before = store.read()
            assert (before.begun, before.facts) == (True, {}) or before == ledger
            assert set(before.edges) == set(ledger.edges)
            writes.left, writes.after = draw.choice([-1, 1, 2, 3, 4, 5, 6]), draw.random() < 0.5
            try:
                store.claim(token)
                after = ledger.updated(changes_of(draw, ledger))
                store.record(after.invalidated(begun=True, token=token))
                ledger = after
                assert store.release(ledger, token)
            except Crash:
                # What the task had recorded, it had written.
                stored = LedgerStore(KEY).read()
                ledger = after if set(stored.edges) == set(after.edges) != set(ledger.edges) else ledger
            writes.left = -1
        assert writes.deaths > 10


@pytest.mark.usefixtures("small")
def test_a_claim_writes_the_head_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    store = LedgerStore(KEY)
    store.write(filled())
    written: list[str] = []
    for module in (segment_store, segmented_variable):
        real = module.set_variable
        monkeypatch.setattr(
            module, "set_variable", lambda key, *args, real=real: (written.append(key), real(key, *args))
        )
    entries = head()["entries"]
    store.claim("token")
    store.claim()
    assert written == [LEDGER, LEDGER]
    assert head()["entries"] == entries
    ledger = LedgerStore(KEY).read()
    assert (ledger.begun, ledger.token, ledger.facts) == (True, "", {})
    assert ledger == filled().invalidated(begun=True)


@pytest.mark.usefixtures("small")
def test_what_most_tasks_change_is_added_and_all_is_written_if_most_has_changed() -> None:
    ledger, draw = filled(), random.Random(1)  # noqa: S311 - no secret
    LedgerStore(KEY).write(ledger)
    base = head()["entries"]["segments"][0]
    for most in (20, 400):
        store = LedgerStore(KEY)
        ledger = store.read()
        store.claim("token")
        changes = changes_of(draw, ledger, most)
        store.count_changes(changes)
        assert store.release(ledger.updated(changes), "token")
        assert (head()["entries"]["segments"][0] == base) == (most == 20)
        assert LedgerStore(KEY).read() == ledger.updated(changes)


# -- other tasks -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("access", range(1, 8))
def test_a_ledger_that_another_task_claims_while_it_is_written_stays_untrusted(
    access: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LedgerStore(KEY)
    store.write(filled())
    store.claim("mine")
    real, left = segmented_variable.get_variable, [access]

    def get(key: str) -> str | None:
        left[0] -= 1
        if left[0] == 0:
            LedgerStore(KEY).claim("theirs")
        return real(key)

    monkeypatch.setattr(segmented_variable, "get_variable", get)
    is_alone = store.release(filled(120), "mine")
    assert is_alone == (left[0] > 0)
    left[0] = 0
    assert LedgerStore(KEY).read().begun == (not is_alone)


# -- damage, earlier versions ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("damage", [delete_variable, lambda key: set_variable(key, "1_x")])
def test_a_damaged_segment_costs_the_ledger_and_no_more(
    damage: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    LedgerStore(KEY).write(filled())
    damage(segment_key(LEDGER, head()["entries"]["segments"][0]["slot"]))
    store = LedgerStore(KEY)
    assert store.read() == Ledger()
    assert "is not readable" in caplog.text
    assert "an empty one is used instead" in caplog.text
    store.claim("token")
    assert store.release(filled(50), "token")
    assert LedgerStore(KEY).read() == filled(50)


@pytest.mark.parametrize("text", ["no ledger", '{"version": 3}', "{}", '{"version": 2, "entries": 1}'])
def test_a_damaged_head_costs_the_ledger_and_no_more(text: str, caplog: pytest.LogCaptureFixture) -> None:
    set_variable(LEDGER, text)
    store = LedgerStore(KEY)
    assert store.read() == Ledger()
    assert "'the_key.ledger' is not readable" in caplog.text
    store.claim("token")
    assert store.release(filled(50), "token")
    assert LedgerStore(KEY).read() == filled(50)


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("form", ["xz", "zlib"])
@pytest.mark.usefixtures("small")
def test_texts_of_earlier_versions_are_read_and_become_segments(form: str, begun: bool) -> None:
    ledger = msgspec.structs.replace(filled(), begun=begun, token="t" if begun else "")
    text = to_text(ledger)
    if form == "xz":
        text = base64.b64encode(lzma.compress(msgspec.json.encode(ledger), check=lzma.CHECK_CRC32)).decode()
    set_variable(LEDGER, text)
    store = LedgerStore(KEY)
    assert store.read() == (ledger.invalidated(begun=True, token="t") if begun else ledger)
    store.claim("token")
    assert len(get_variable(LEDGER) or "") < 800
    assert LedgerStore(KEY).read() == ledger.invalidated(begun=True, token="token")
    after = filled().updated(LedgerChanges(TARGET, facts={5: Fact(6, 7.0)}, edges={next(iter(ledger.edges)): None}))
    assert store.release(after, "token")
    assert LedgerStore(KEY).read() == after


@pytest.mark.usefixtures("small")
def test_segments_of_a_deleted_ledger_are_no_part_of_the_next_one() -> None:
    LedgerStore(KEY).write(filled())
    left = segments()
    delete_variable(LEDGER)
    assert LedgerStore(KEY).read() == Ledger()
    LedgerStore(KEY).write(filled(50))
    assert LedgerStore(KEY).read() == filled(50)
    assert segments() > left
    LedgerStore(KEY).delete()
    assert (segments(), get_variable(LEDGER)) == (set(), None)


# -- texts -------------------------------------------------------------------------------------------------------------


def test_joined_texts_have_what_the_texts_have_and_remove_what_they_remove() -> None:
    draw = random.Random(7)  # noqa: S311 - no secret
    ledgers = [filled()]
    for _ in range(4):
        ledgers.append(ledgers[-1].updated(changes_of(draw, ledgers[-1])))
    texts = [whole_ledger_text(ledgers[0])]
    texts += [changed_ledger_text(*pair) or "" for pair in itertools.pairwise(ledgers)]
    expected = entries_of_texts(texts)
    assert expected.facts == ledgers[-1].facts
    assert expected.edges == ledgers[-1].edges
    assert expected.ended == ledgers[-1].ended
    part = joined_ledger(texts[1:], whole=False)
    assert entries_of_texts([texts[0], part]) == expected
    assert entries_of_texts([joined_ledger([texts[0], part], whole=True)]) == expected
    assert changed_ledger_text(ledgers[0], ledgers[0]) == whole_ledger_text(Ledger()) == ""
    assert changed_ledger_text(ledgers[0], filled(300)) is None

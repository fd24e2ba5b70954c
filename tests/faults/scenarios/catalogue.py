"""The catalogue responds with errors, incompletely, late or not at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tests.faults.lab import Lab, Scenario
from tests.faults.mix import Feed, short
from tests.faults.tasks import Ended
from tests.faults.world import FORMS, PREPARING, Form, World, at

CHAPTER = "OpenMetadata fails"
#: Seconds that a client waits for a response, and seconds that the slow catalogue takes.
_TIMEOUT, _STALL = 1.0, 1.6
_CONFLICT = "OpenSearch exception [type=version_conflict_engine_exception, reason=version conflict]"

FAULTS: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "500 `version_conflict`, after processing": {"status": 500, "message": _CONFLICT, "after_effect": True},
    "503": {"status": 503},
    "429 with `Retry-After`": {"status": 429, "headers": {"Retry-After": "1"}},
    "401": {"status": 401, "message": "Expired token!"},
    "connection closed": {"status": 0},
    "connection closed, after processing": {"status": 0, "after_effect": True},
    "connection reset": {"status": 0, "reset": True},
    "connection reset, after processing": {"status": 0, "reset": True, "after_effect": True},
    "no response in time": {"status": None, "delay": _STALL},
    "no response in time, after processing": {"status": None, "delay": _STALL, "after_effect": True},
    "truncated response": {"status": None, "half": True},
}
#: Faults that a client has to wait for.
_SLOW = frozenset(name for name, fault in FAULTS.items() if "delay" in fault or "headers" in fault)
#: Faults tried with every build, and in which form.
_QUICK: dict[str, Form] = {
    "503": "steps",
    "connection reset, after processing": "ingest",
    "truncated response": "steps",
}
#: One request in this many is hit.
_EVERY = 6
_MANY = 100_000
#: A tag that is refused permanently is left out and reported, so that everything else can be written.
_TAGS = re.compile("/(tags|classifications)")
WRITES = frozenset({"PUT", "POST", "PATCH", "DELETE"})
#: Parts of a path that are not names, ids or dates.
_WORD = re.compile(r"[a-z]+|[a-z]+Services|compute\.percentile|getLineage")


def _fail(world: World, fault: dict[str, Any], *, method: str = "*", path: str = ".", times: int = _MANY) -> None:
    world.catalogue.fail(method, path, times=times, **fault)


def _untouched(world: World, calls: int) -> None:
    """Let the next requests through without a fault."""
    world.catalogue.fail("*", ".", None, times=calls)


def _run(lab: Lab, world: World) -> Ended:
    ended = world.dag_run().go()
    assert ended.word in {"done", "failed"}
    lab.notes.ended(ended)
    world.catalogue.clear_faults()
    return ended


def _now_and_then(fault: dict[str, Any], every: int, worlds: int, lab: Lab, form: Form) -> None:
    """Hit one request in ``every``, with a different offset in each world."""
    feed = short()
    for offset in range(0, every, every // worlds):
        with lab.world(form, feed, timeout=_TIMEOUT if "delay" in fault else 120.0) as world:
            _untouched(world, offset)
            for _ in range(60):
                _fail(world, fault, times=1)
                _untouched(world, every - 1)
            _run(lab, world)
            lab.repaired(world, feed)


def _from_then_on(fault: dict[str, Any], stride: int, lab: Lab, form: Form) -> None:
    feed = short()
    for call in range(0, len(lab.calls(form, feed)), stride):
        with lab.world(form, feed, timeout=_TIMEOUT if "delay" in fault else 120.0) as world:
            _untouched(world, call)
            _fail(world, fault)
            _run(lab, world)
            lab.repaired(world, feed)


def _one_kind_of_call(fault: dict[str, Any], lab: Lab, form: Form) -> None:
    """Hit all requests of one kind during the run, each kind in a separate world."""
    feed = short()
    for method, path in _kinds(lab, form, feed):
        with lab.world(form, feed) as world:
            _fail(world, fault, method=method, path=path)
            _run(lab, world)
            assert any(request.status == fault["status"] for request in world.catalogue.requests), path
            lab.repaired(world, feed)


def _one_call_for_good(status: int, lab: Lab, form: Form) -> None:
    """Hit one write and all its retries during the run, each write in a separate world."""
    feed = short()
    for (method, path), number in _kinds(lab, form, feed).items():
        if method not in WRITES or (status == 400 and _TAGS.search(path)):
            continue
        for before in range(number):
            with lab.world(form, feed) as world:
                world.catalogue.fail(method, path, None, times=before)
                world.catalogue.fail(method, path, status, times=_MANY, pinned=True)
                _run(lab, world)
                lab.repaired(world, feed)


def _with_the_next_batch_prepared(fault: dict[str, Any], lab: Lab, form: Form) -> None:
    """Hit all requests of the second batch, so late that the third one is prepared by then."""
    with lab.world(form) as world:

        def fail() -> None:
            _fail(world, {**fault, "delay": PREPARING})

        ended = at("committed", world.dag_run(), meanwhile=fail)
        assert ended.word == "failed"
        lab.notes.ended(ended)
        world.catalogue.clear_faults()
        lab.repaired(world)


def _kinds(lab: Lab, form: Form, feed: Feed) -> Counter[tuple[str, str]]:
    """Count the requests of an undisturbed run by method and pattern of path."""
    return Counter((method, _kind(path)) for method, path in lab.calls(form, feed))


def _kind(path: str) -> str:
    """Return a pattern for paths of one kind: the path of one table by name matches those of all tables."""
    words = path.partition("?")[0].removeprefix("/api/v1/").split("/")
    return "^/api/v1/" + "/".join(re.escape(word) if _WORD.fullmatch(word) else "[^/?]+" for word in words) + r"(\?|$)"


def _scenarios() -> Iterator[Scenario]:
    for form in FORMS:

        def row(
            fault: str,
            where: str,
            act: Callable[[Lab, Form], None],
            *,
            quick: bool = False,
            long: bool = False,
            form: Form = form,
        ) -> Scenario:
            return Scenario(CHAPTER, fault, where, form, act, quick, long=long)

        for name, fault in FAULTS.items():
            every, worlds = (4 * _EVERY, 2) if name in _SLOW else (_EVERY, _EVERY)
            where = f"to one request in {every}"
            yield row(name, where, partial(_now_and_then, fault, every, worlds), quick=_QUICK.get(name) == form)
            where = "to all requests from a certain one on"
            yield row(name, where, partial(_from_then_on, fault, 60 if name in _SLOW else 20))
        if form == "ingest":
            where = "to all requests of a batch, with the next one prepared"
            yield row("401", where, partial(_with_the_next_batch_prepared, FAULTS["401"]), quick=True)
        # Both forms of the DAG call the catalogue in the same way.
        name = {"steps": "500", "ingest": "connection closed, after processing"}[form]
        yield row(
            name, "to all requests of one kind, kind by kind", partial(_one_kind_of_call, FAULTS[name]), long=True
        )
        name = {"steps": "400", "ingest": "500"}[form]
        where = "to one write and all its retries, write by write"
        yield row(name, where, partial(_one_call_for_good, int(name)), long=True)


CATALOGUE = tuple(_scenarios())

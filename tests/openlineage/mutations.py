"""Damages real events at random, for the fuzz tests.

``FUZZ_EXAMPLES`` sets how many examples each of them tries; with it (``make fuzz``) they are new ones each time.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.support import CAPTURES, WRITTEN, Json, captured

FUZZ = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "300")),
    deadline=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def nested(depth: int, key: str) -> Json:
    """Return a field with a field in it, and so on."""
    field: Json = {"name": "f"}
    for _ in range(depth):
        field = {"name": "f", key: [field]}
    return field


#: Values that are of the right type and at the edge of what anybody would write.
EXTREMES: list[Any] = [
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00", "1969-12-31T23:59:59Z", "2026-02-30T00:00:00Z"),
    *(-1, 0, 2**63, 2**64, 1e308, -1e308, 1e-308, 253402300800000),
    *("", " ", ".", "..", "a.b.c.d.e.f", ".a.", '"', "`", '"a"."b', "a\nb", "é" * 300, "\ufeff", "\u202e", "\x1f"),
    *(
        "/",
        "//",
        "://",
        "file:",
        "file://",
        "s3://",
        "s3://b//",
        "postgres://",
        "postgres://[::1",
        "postgres://h:99999",
    ),
    *("kafka://a,b", "kafka://a;b", ",;", "arn:aws:glue:", "arn:aws:glue:r:1", "inmemory://x", "hive://", "%zz", "?*["),
    *("table/", "/dt=1", "dt=1/dt=2", "/2024/01/02", "_delta_log", "/x.db/", "delta.`s3://b/t`", "delta.``"),
    *("COMPLETE", "START", "FAIL", "ABORT", "RUNNING", "complete", "COMPLETE_SNAPSHOT", "STREAMING", "DROP", "JOB"),
    nested(40, "fields"),
    {"fields": [nested(400, "fields")]},
]
#: What stands where something else should.
INTRUDERS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from([10**400, "\ud800", "\x00", float("nan"), [], {}, [None], [[]], {"": None}, {"fields": {"a": 1}}]),
    st.sampled_from(EXTREMES),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=4), st.none() | st.integers(), max_size=3),
).map(copy.deepcopy)  # what is drawn may be damaged in turn


@cache
def lines() -> tuple[bytes, ...]:
    return tuple(line for name in (*CAPTURES, *WRITTEN) for line in captured(name))


def parts(value: Any) -> Iterator[Any]:
    """Yield a JSON value and all that is in it."""
    yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(child)


def damage(draw: st.DrawFn, part: Any, donor: Any = None) -> None:
    """Replace or remove something within ``part``, at any depth.

    :param donor: a JSON value; what is in it may turn up where it does not belong
    """
    while True:
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        key = draw(st.sampled_from(keys))
        child = part[key]
        if isinstance(child, dict | list) and child and draw(st.booleans()):
            part = child
            continue
        how = draw(st.integers(0, 4))
        if how == 0:
            del part[key]
        elif how == 1 and donor is not None:
            part[key] = copy.deepcopy(draw(st.sampled_from(list(parts(donor)))))
        else:
            part[key] = draw(INTRUDERS)
        return


@st.composite
def damaged_events(draw: st.DrawFn) -> bytes:
    event = json.loads(draw(st.sampled_from(lines())))
    for _ in range(draw(st.integers(1, 3))):
        if event:
            damage(draw, event, donor=event)
    return json.dumps(event).encode()


@st.composite
def torn_events(draw: st.DrawFn) -> bytes:
    line = draw(st.sampled_from(lines()))
    at = draw(st.integers(0, len(line)))
    return line[:at] + draw(st.binary(max_size=4)) + line[at + draw(st.integers(0, 4)) :]

"""Where to begin, as users write it: pure."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.kafka.start_position import START_KINDS, StartPosition, parse_start

MAY = dt.datetime(2026, 5, 1, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize("nothing", [None, "", "  ", "None"])
def test_nothing_is_nothing(nothing: Any) -> None:
    assert parse_start(nothing, "x") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("group", StartPosition("group")),
        ("group:openmetadata", StartPosition("group", group="openmetadata")),
        (" earliest ", StartPosition("earliest")),
        ("latest", StartPosition("latest")),
        ("2026-05-01T00:00:00Z", StartPosition("time", time=MAY)),
        ("2026-05-01T02:00:00+02:00", StartPosition("time", time=MAY)),
        ("2026-05-01 00:00:00+00:00", StartPosition("time", time=MAY)),
        (MAY, StartPosition("time", time=MAY)),
        (MAY.replace(tzinfo=None), StartPosition("time", time=MAY)),
        ('{"t": {"0": 5}}', StartPosition("offsets", offsets={"t": {"0": 5}})),
        ({"t": {0: 5, "1": 0}}, StartPosition("offsets", offsets={"t": {"0": 5, "1": 0}})),
    ],
)
def test_each_form_is_read_and_written_back(value: Any, expected: StartPosition) -> None:
    found = parse_start(value, "x")
    assert found == expected
    assert parse_start(str(found), "x") == expected
    assert parse_start(found, "x") == expected


@pytest.mark.parametrize(
    "value",
    [
        "yesterday", "group:", "17", 17, ["t"], "{", "{}", {}, {"t": 5}, {"t": {}}, {"t": {"a": 5}}, {"t": {"0": -1}},
        {"t": {"0": "5"}}, {"t": {"0": True}}, '{"t": [5]}', "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+05:00",
    ],
)  # fmt: skip
def test_what_is_no_start_is_refused_with_what_is_one(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"replay_from is .*; give one of: group, group:NAME, earliest, latest, a ti"):
        parse_start(value, "replay_from")


def test_only_what_makes_sense_is_taken() -> None:
    with pytest.raises(ConfigError, match=r"--since is 'earliest'; give a time such as 2026-05-01T00:00:00Z$"):
        parse_start("earliest", "--since", ("time",))
    with pytest.raises(ConfigError, match="start_from is"):
        parse_start({"t": {"0": 1}}, "start_from", START_KINDS)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("1970-01-01T00:00:01Z", 1000), ("1970-01-01T00:00:00.001Z", 1), ("1970-01-01T00:00:00.001001Z", 2)],
)
def test_a_time_is_that_of_the_first_message_meant(text: str, milliseconds: int) -> None:
    found = parse_start(text, "x")
    assert found is not None
    assert found.milliseconds == milliseconds

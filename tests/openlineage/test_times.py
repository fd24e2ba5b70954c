"""Every form of eventTime that producers were seen to write, and forms that are not times."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.exceptions import MalformedEventError
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.times import iso, parse_time
from tests.support import BASE, run_event

SECOND = dt.timedelta(seconds=1)


def decoded_time(value: Any) -> dt.datetime:
    return decode_event(json.dumps(run_event() | {"eventTime": value})).event.eventTime


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T08:00:00Z",
        "2026-11-23T08:00:00z",
        "2026-11-23t08:00:00Z",
        "2026-11-23 08:00:00Z",
        "2026-11-23T08:00Z",
        "2026-11-23T08:00:00",
        "2026-11-23T08:00:00.0",
        "2026-11-23T08:00:00+00:00",
        "2026-11-23T08:00:00-00:00",
        "2026-11-23T09:00:00+01:00",
        "2026-11-23T09:00:00+0100",
        "2026-11-23T09:00:00+01",
        "2026-11-23T09:00:00+01:00[Europe/Berlin]",
        "2026-11-23T09:00:00.000+01:00 [Europe/Berlin]",
        "2026-11-22T22:30:00-09:30",
        " 2026-11-23T08:00:00Z ",
        1795420800,
        1795420800.0,
        1795420800000,
    ],
)
def test_every_spelling_of_a_time_is_the_same_time(text: Any) -> None:
    assert decoded_time(text) == BASE
    assert decoded_time(text).utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize("zone", ["Z", "+00:00", "", "+00:00[UTC]"])
@pytest.mark.parametrize("digits", range(1, 10))
def test_one_to_nine_fractional_digits_are_read(digits: int, zone: str) -> None:
    fraction = "123456789"[:digits]
    found = decoded_time(f"2026-11-23T08:00:00.{fraction}{zone}") - BASE
    assert abs(found / SECOND - float(f"0.{fraction}")) <= 1e-6


@pytest.mark.parametrize("digits", ["4408285", "440828499999", "440828665", "9999994", "9999995", "999999999"])
def test_a_time_is_the_same_one_whether_the_rest_of_its_event_is_healthy_or_not(digits: str) -> None:
    event = run_event() | {"eventTime": f"2026-12-31T23:59:59.{digits}Z"}
    healthy, damaged = (
        decode_event(json.dumps(one)).event.eventTime for one in (event, event | {"inputs": "not a list"})
    )
    assert healthy == damaged


def test_milliseconds_since_1970_keep_their_fraction() -> None:
    assert decoded_time(1795420800123) == BASE + dt.timedelta(milliseconds=123)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="null"),
        pytest.param("", id="empty"),
        pytest.param("yesterday", id="a word"),
        pytest.param("2026-11-23", id="a date alone"),
        pytest.param("2026-02-30T08:00:00Z", id="no such day"),
        pytest.param("2026-11-23T25:00:00Z", id="no such hour"),
        pytest.param("2026-11-23T08:00:00+99:00", id="no such zone"),
        pytest.param("9999-12-31T23:59:59-05:00", id="after the calendar's end"),
        pytest.param("9999-12-31T23:59:59-05:00[America/New_York]", id="after the calendar's end, with a name"),
        pytest.param("0001-01-01T00:00:00+05:00", id="before the calendar's start"),
        pytest.param(True, id="boolean"),
        pytest.param(0, id="zero"),
        pytest.param(-1, id="negative"),
        pytest.param(1e300, id="huge"),
        pytest.param(10**400, id="more than a float holds"),
        pytest.param([2026, 11, 23], id="a list"),
        pytest.param({"seconds": 1}, id="an object"),
    ],
)
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(MalformedEventError, match="eventTime is missing or not a time"):
        decoded_time(value)


@settings(derandomize=True, database=None, deadline=None)
@given(st.datetimes(timezones=st.just(dt.timezone.utc)))
def test_a_time_that_is_written_reads_as_itself(time: dt.datetime) -> None:
    assert parse_time(iso(time)) == time


@settings(derandomize=True, database=None, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_time_with_a_zone_or_none(text: str) -> None:
    with contextlib.suppress(ValueError, OverflowError):
        assert parse_time(text).utcoffset() == dt.timedelta(0)


FRACTIONS = st.just("") | st.from_regex(r"[.,][0-9]{1,110}", fullmatch=True)
CLOCKS = st.from_regex(r"[0-2][0-9]:[0-6][0-9](:[0-6][0-9])?", fullmatch=True)
DATES = st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9]", fullmatch=True)


@given(DATES, st.sampled_from("Tt _"), CLOCKS, FRACTIONS, st.sampled_from(("", " ", "Z")))
def test_a_time_that_ends_in_z_is_the_same_one_with_the_zone_in_digits(
    date: str, separator: str, clock: str, fraction: str, before_zone: str
) -> None:
    text = f"{date}{separator}{clock}{fraction}{before_zone}"
    if len(f"{text}+00:00") > 100:
        return
    try:
        expected = parse_time(f"{text}+00:00")
    except (ValueError, OverflowError) as error:
        with pytest.raises(type(error)):
            parse_time(f"{text}Z")
    else:
        assert parse_time(f"{text}Z") == expected
        assert parse_time(f"{text}Z").tzinfo is dt.timezone.utc


def test_a_text_that_is_too_long_is_not_a_time_whatever_its_zone() -> None:
    digits = "1" * 100
    for zone in ("Z", "+00:00"):
        with pytest.raises(ValueError, match="not a time"):
            parse_time(f"2026-11-23T08:00:00.{digits}{zone}")

"""Parses and writes times: producers leave out the zone, add its name, or write one to nine fractional digits."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

import msgspec

_TIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})[Tt ](?P<clock>\d{2}:\d{2}(?::\d{2})?)(?:[.,](?P<fraction>\d+))?"
    r"\s*(?P<zone>[Zz]|[+-]\d{2}:?\d{2}|[+-]\d{2})?\s*(?:\[[^\]]*\])?"
)
#: Longest text that is parsed as a time, in characters.
_LONGEST = 100
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_MICROSECOND = dt.timedelta(microseconds=1)


def parse_time(text: str) -> dt.datetime:
    """Return a time with a zone.

    :param text: ISO 8601; without a zone it is UTC, more than six fractional digits are rounded (as msgspec does, so
        that both decoders read the same time), a zone's name such as ``[Europe/Berlin]`` is ignored
    :raises ValueError: if the text is not a time
    :raises OverflowError: if the time is outside the years 1 to 9999 in UTC
    """
    is_short = len(text) <= _LONGEST
    if is_short and text.endswith("Z"):
        try:
            # Mostly it is the form that everything here is written in, and this takes a quarter of the time.
            return msgspec.convert(text, dt.datetime)
        except msgspec.ValidationError:
            pass
    match = _TIME.fullmatch(text.strip()) if is_short else None
    if match is None:
        raise ValueError(f"not a time: {text[:60]!r}")
    clock = match["clock"] if len(match["clock"]) > 5 else match["clock"] + ":00"
    fraction = (match["fraction"] or "").ljust(7, "0")
    zone = (match["zone"] or "Z").upper().replace("Z", "+00:00")
    if len(zone) == 3:
        zone += ":00"
    elif ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:]}"
    time = dt.datetime.fromisoformat(f"{match['date']}T{clock}.{fraction[:6]}{zone}").astimezone(dt.timezone.utc)
    return time + _MICROSECOND if fraction[6] >= "5" else time


def microseconds(time: dt.datetime) -> int:
    """Return whole microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


@lru_cache(8192)
def parse_microseconds(text: str) -> int:
    """Return a time in microseconds since 1970; publishing reads each time of a batch several times.

    :param text: see :func:`parse_time`
    :raises ValueError: if the text is not a time
    :raises OverflowError: if the time is outside the years 1 to 9999 in UTC
    """
    return microseconds(parse_time(text))


@lru_cache(1024)
def iso_of(at: int) -> str:
    """Return :func:`iso` of microseconds since 1970; a run's time is written several times, one right after another."""
    seconds, fraction = divmod(at, 1_000_000)
    minutes, second = divmod(seconds, 60)
    text = f"{_minute(minutes)}:{second:02}"
    return f"{text}.{fraction:06}".rstrip("0") + "Z" if fraction else text + "Z"


@lru_cache(4096)
def _minute(minutes: int) -> str:
    return (_EPOCH + dt.timedelta(minutes=minutes)).isoformat(timespec="minutes").removesuffix("+00:00")


def iso(time: dt.datetime) -> str:
    """Return ``2026-11-23T08:15:00.123Z``: UTC, no more digits than there are."""
    return iso_of(microseconds(time))

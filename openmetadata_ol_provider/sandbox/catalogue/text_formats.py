"""The string formats that request schemas name: UUIDs, URIs, dates, times and e-mail addresses."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import NamedTuple

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_URI = re.compile(r"(?!(?:https?|wss?|ftp):(?!//[^/]))[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f]+")
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})")


class Format(NamedTuple):
    """A string format.

    :param java_type: type that a refusal names, as OpenMetadata does
    :param matches: test for one string
    """

    java_type: str
    matches: Callable[[str], bool]


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID."""
    return _UUID.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Tell whether a text is a date such as ``2026-11-23``."""
    if not _DATE.fullmatch(text):
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    match = _TIME.fullmatch(text)
    return match is not None and is_date(match[1])


FORMATS = {
    "uuid": Format("`java.util.UUID`", is_uuid),
    "uri": Format("`java.net.URI`", lambda text: _URI.fullmatch(text) is not None),
    "date": Format("`java.time.LocalDate`", is_date),
    "date-time": Format("`java.util.Date`", _is_time),
    "email": Format("`java.lang.String`", lambda text: _EMAIL.fullmatch(text) is not None),
}

"""Renders views as HTML, with the headers that keep a browser from running or loading anything else."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from openmetadata_ol_provider.openlineage.sanitize import printable
from openmetadata_ol_provider.openmetadata.publishing.core.parked_groups import age
from openmetadata_ol_provider.picture.page import script, style
from openmetadata_ol_provider.receipts.search import OUTCOMES, STATES, WORDS

_FOLDER = Path(__file__).parent
#: Files that pages load, and their types.
STATIC = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "picture.css": "text/css",
    "picture.js": "text/javascript",
}
#: Those that are not in this folder.
_MADE = {"picture.css": style, "picture.js": script}
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: Name of a view -> its title.
VIEWS = {
    "": "Overview",
    "runs": "Runs",
    "jobs": "Jobs",
    "batches": "Batches",
    "topics": "Topics",
    "parked": "Parked",
    "namespaces": "Namespaces",
    "dead-letters": "Dead letters",
    "lineage": "Lineage",
}


@lru_cache(1)
def _environment() -> Environment:
    # Every template is HTML, whatever its name; names and texts of events are shown as they are, never as markup.
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "span": span, "moment": moment, "number": number, "percent": percent, "counted": counted, "word": word
    }  # fmt: skip
    environment.globals |= {"views": VIEWS, "states": STATES, "outcomes": OUTCOMES, "query": query}
    return environment


def render(template: str, **values: Any) -> str:
    """Return a page.

    :param template: name of its template, without ``.html``
    """
    return _environment().get_template(f"{template}.html").render(**values)


def static_file(name: str) -> bytes | None:
    """Return the content of a file that pages load, ``None`` if there is no such file."""
    if name in _MADE:
        return _MADE[name]().encode()
    return (_FOLDER / "static" / name).read_bytes() if name in STATIC else None


def _shown(value: Any) -> Any:
    """Return a value as templates show it: characters that would reverse or hide a text are escaped."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def span(seconds: float | None) -> str:
    """Return a span of time in words."""
    return "unknown" if seconds is None else age(seconds)


def moment(time: str | None) -> str:
    """Return a time as people read it: to the second, with its time zone.

    :param time: in ISO 8601, in UTC; ``None`` if it is not known
    """
    if not time:
        return "unknown"
    try:
        return f"{dt.datetime.fromisoformat(time.replace('Z', '+00:00')):%Y-%m-%d %H:%M:%S} UTC"
    except ValueError:
        return time


def percent(part: int, whole: int) -> str:
    """Return a part of a whole, which is not 0, as a percentage: neither all nor nothing unless it is."""
    return "<1%" if 0 < 100 * part < whole else f"{100 * part // whole}%"


def number(value: float | None) -> str:
    """Return a number with its thousands separated."""
    return "unknown" if value is None else f"{value:,}"


def counted(value: int, singular: str, plural: str = "") -> str:
    """Return a number with what is counted."""
    return f"{value:,} {singular if value == 1 else plural or f'{singular}s'}"


def word(name: str) -> str:
    """Return how an outcome is called."""
    return WORDS.get(name, name)


def query(values: dict[str, Any], **changes: Any) -> str:
    """Return the query string of a link: the values with changes, those that are empty left out."""
    merged = {name: value for name, value in {**values, **changes}.items() if value not in (None, "", False)}
    return f"?{urlencode(merged)}" if merged else "?"

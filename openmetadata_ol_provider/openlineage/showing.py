"""Text from outside as it may be shown in logs, reports and terminals: one line, bounded, without secrets. Pure.

Only what people read goes through this. Names keep every character where they are names: in the plan, and in requests.
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.openlineage.secrecy import concealed

#: Longest text shown, in characters, unless said otherwise.
MAX_SHOWN = 2_000
# What moves the cursor, begins a line of its own, or reverses what is read: control characters of ASCII and Latin-1,
# line and paragraph separators, marks of direction; and halves of characters, which cannot be written.
_ACTIVE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return a text in which no character does anything but be seen: others are escaped as in Python."""
    return _ACTIVE.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode(), text)


def shown(text: str, most: int = MAX_SHOWN) -> str:
    """Return a text fit to be shown: printable, without credentials, its middle left out if it is too long.

    :param most: most characters
    """
    if len(text) > 16 * most:
        # Far from what is left in the end, so that no credential is cut in two and missed.
        text = f"{text[: 8 * most]} ... {text[-8 * most :]}"
    text = printable(concealed(text))
    if len(text) <= most:
        return text
    tail = most // 3
    return f"{text[: most - tail - 5]} ... {text[-tail:]}"

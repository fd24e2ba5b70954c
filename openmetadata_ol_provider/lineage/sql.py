"""SQL text for a catalogue, with its literals taken out where that is asked for."""

from __future__ import annotations

import re

# One alternative a kind of token, so that what looks like a literal inside a comment or a quoted name is not one.
_TOKENS = re.compile(
    r"(?P<kept>--[^\n]*|/\*.*?\*/|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|[A-Za-z_][\w$]*)"
    r"|(?P<literal>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|'(?:[^'\\]|''|\\.)*'|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)",
    re.DOTALL,
)


def redacted(sql: str) -> str:
    """Return SQL with every string and number replaced by ``?``; names and comments stay."""
    return _TOKENS.sub(lambda match: "?" if match["literal"] is not None else match[0], sql)

"""Fully qualified names: parts joined with dots, and a part in double quotes if and only if it contains a dot."""

from __future__ import annotations

import re

_PART = re.compile(r'"([^"]*)"|([^".]+)')


def quote(part: str) -> str:
    """Return a name as a part of a fully qualified name."""
    return f'"{part}"' if "." in part else part


def join(parent: str | None, name: str) -> str:
    """Append a name to the fully qualified name of its parent."""
    part = f'"{name}"' if "." in name else name
    return f"{parent}.{part}" if parent else part


def split(fqn: str) -> list[str]:
    """Return the names in a fully qualified name, without their quotes.

    :raises ValueError: if quotes or dots are misplaced
    """
    if '"' not in fqn:
        parts = fqn.split(".")
        if "" in parts:
            raise ValueError(f"Invalid fully qualified name {fqn}")
        return parts
    parts, position = [], 0
    while True:
        match = _PART.match(fqn, position)
        if match is None:
            raise ValueError(f"Invalid fully qualified name {fqn}")
        parts.append(match[1] if match[2] is None else match[2])
        position = match.end()
        if position == len(fqn):
            return parts
        if fqn[position] != ".":
            raise ValueError(f"Invalid fully qualified name {fqn}")
        position += 1


def normalise(fqn: str) -> str:
    """Return the canonical spelling of a name, with quotes only where they are needed.

    :raises ValueError: if quotes or dots are misplaced
    """
    return ".".join(quote(part) for part in split(fqn)) if '"' in fqn else fqn


def last_part(fqn: str) -> str:
    """Return the last part as it is spelled, including quotes."""
    if fqn.endswith('"'):
        return fqn[fqn.rfind('"', 0, -1) :]
    return fqn[fqn.rfind(".") + 1 :]

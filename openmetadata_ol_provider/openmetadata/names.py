"""Names as OpenMetadata spells them: quoting, splitting and joining FQNs, and names made from OpenLineage's. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

#: Longest entity name (pipelines, tasks, services), in UTF-16 units as the server counts.
MAX_NAME = 256
_DIGEST = 16
#: What connectors write in place of characters that names must not have, so that a resolver has to as well.
_RESERVED = {
    "::": "__reserved__colon__",
    ">": "__reserved__arrow__",
    '"': "__reserved__quote__",
    "\n": "__reserved__newline__",
    "\r": "__reserved__carriage_return__",
    "\t": "__reserved__tab__",
}
_CLOSING = {'"': '"', "`": "`", "[": "]"}


def quote(part: str) -> str:
    """Return one part of an FQN as it stands in the FQN: in double quotes if it contains a dot, else bare."""
    return f'"{part}"' if "." in part else part


def join(*parts: str) -> str:
    """Return the FQN of plain parts."""
    return ".".join(quote(part) for part in parts)


def split(fqn: str) -> tuple[str, ...]:
    """Return the plain parts of an FQN; dots in double quotes do not separate."""
    return tuple(_parts(fqn, {'"': '"'}))


def split_identifier(name: str) -> tuple[str, ...]:
    """Return the plain parts of a dotted name as producers write it, with "double", `back` or [bracket] quotes."""
    return tuple(_parts(name, _CLOSING))


def _parts(text: str, closing: dict[str, str]) -> Iterator[str]:
    """Yield parts; a quote counts only at the start of a part and if its closing one ends that part."""
    position = 0
    while True:
        start = text[position : position + 1]
        end = _closing(text, position, closing[start]) if start in closing else -1
        if end > 0:
            yield text[position + 1 : end]
            position = end + 1
        else:
            dot = text.find(".", position)
            end = len(text) if dot < 0 else dot
            yield text[position:end]
            position = end
        if position >= len(text):
            return
        position += 1


def _closing(text: str, position: int, mark: str) -> int:
    """Return where the closing quote is that is followed by a dot or the end, -1 if there is none."""
    end = text.find(mark, position + 1)
    while end > 0:
        if end + 1 == len(text) or text[end + 1] == ".":
            return end
        end = text.find(mark, end + 1)
    return -1


def stored_name(name: str) -> str:
    """Return the name a connector would have stored for this one (reserved characters replaced)."""
    for reserved, replacement in _RESERVED.items():
        name = name.replace(reserved, replacement)
    return name


def pipeline_name(namespace: str, name: str) -> str:
    """Return the entity name of a job's pipeline: ``<namespace>:<name>``.

    Two jobs never share a name: ``%``, ``:`` and ``/`` of the namespace and whatever a name must not have are
    percent-encoded, and what is too long ends in a digest of the whole.
    """
    head = re.sub(r"[%:/]", _percent, namespace)
    return bounded(_allowed(f"{head}:", keep_percent=True) + _allowed(name, after_colon=True))


def task_name(name: str) -> str:
    """Return the name of a task within its pipeline, escaped and bounded as :func:`pipeline_name` does."""
    return bounded(_allowed(name) or "_")


def bounded(name: str) -> str:
    """Return the name, or its beginning and a digest of the whole if it is longer than :data:`MAX_NAME`."""
    if _length(name) <= MAX_NAME:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    head = name[: MAX_NAME - _DIGEST - 1]
    while _length(head) > MAX_NAME - _DIGEST - 1:
        head = head[:-1]
    return f"{head}~{digest}"


def _allowed(text: str, *, keep_percent: bool = False, after_colon: bool = False) -> str:
    """Percent-encode what a name must not have, and any ``%`` that could be read as such an encoding."""
    if not keep_percent:
        text = re.sub(r"%(?=[0-9A-Fa-f]{2})", _percent, text)
    text = re.sub(r'[\x00-\x1f\x7f">]', _percent, text)
    text = re.sub(r"(?<=:):", _percent, text)
    return f"%3A{text[1:]}" if after_colon and text.startswith(":") else text


def _percent(match: re.Match[str]) -> str:
    return f"%{ord(match.group()):02X}"


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2

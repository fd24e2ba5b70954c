"""Names as OpenMetadata spells them: quoting, splitting and joining FQNs, and names made from OpenLineage's. Pure."""

from __future__ import annotations

import hashlib
import re

from openmetadata_ol_provider.lineage.names.identifiers import split_identifier

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
_FQN_QUOTES = {'"': '"'}


def quote(part: str) -> str:
    """Return one part of an FQN as it stands in the FQN: in double quotes if it contains a dot, else bare."""
    return f'"{part}"' if "." in part else part


def join(*parts: str) -> str:
    """Return the FQN of plain parts."""
    return ".".join(quote(part) for part in parts)


def split(fqn: str) -> tuple[str, ...]:
    """Return the plain parts of an FQN; dots in double quotes do not separate."""
    return split_identifier(fqn, _FQN_QUOTES)


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


def bounded(name: str, limit: int = MAX_NAME) -> str:
    """Return the name, or its beginning and a digest of the whole if it is longer than the limit."""
    if _length(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    head = name[: limit - _DIGEST - 1]
    while _length(head) > limit - _DIGEST - 1:
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

"""OpenMetadata's names: quoting, splitting and joining FQNs, and entity names derived from OpenLineage's names."""

from __future__ import annotations

import hashlib
import re

from openmetadata_ol_provider.lineage.names.identifiers import split_identifier

#: Longest entity name (pipelines, tasks, services), in UTF-16 code units, which the server counts.
MAX_NAME = 256
_DIGEST = 16
#: Replacements that connectors write for characters that names must not contain; the resolver needs the same.
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
    """Quote one part of an FQN: in double quotes if it contains a dot, else unchanged."""
    return f'"{part}"' if "." in part else part


def join(*parts: str) -> str:
    """Join plain parts to an FQN."""
    return ".".join(quote(part) for part in parts)


def split(fqn: str) -> tuple[str, ...]:
    """Split an FQN into plain parts; dots in double quotes do not separate."""
    return split_identifier(fqn, _FQN_QUOTES)


def pipeline_and_task(fqn: str) -> tuple[str, str | None]:
    """Return the FQN of a pipeline, and the name of the task; ``None`` if the FQN is that of the pipeline itself."""
    parts = split(fqn)
    return join(*parts[:2]), next(iter(parts[2:]), None)


def stored_name(name: str) -> str:
    """Return the name that a connector stores for this one, with reserved characters replaced."""
    for reserved, replacement in _RESERVED.items():
        name = name.replace(reserved, replacement)
    return name


def pipeline_name(namespace: str, name: str) -> str:
    """Return the entity name of a job's pipeline: ``<namespace>:<name>``.

    Two jobs never share a name: ``%``, ``:`` and ``/`` of the namespace and all characters that a name must not contain
    are percent-encoded, and a name that is too long ends in a digest of the whole.
    """
    head = re.sub(r"[%:/]", _percent, namespace)
    return bounded(_allowed(f"{head}:", keep_percent=True) + _allowed(name, after_colon=True))


def task_name(name: str) -> str:
    """Return the name of a task within its pipeline, encoded and shortened like :func:`pipeline_name`."""
    return bounded(_allowed(name) or "_")


def bounded(name: str, limit: int = MAX_NAME) -> str:
    """Shorten a name that is longer than the limit to its beginning and a digest of the whole."""
    if _length(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    head = name[: limit - _DIGEST - 1]
    while _length(head) > limit - _DIGEST - 1:
        head = head[:-1]
    return f"{head}~{digest}"


def _allowed(text: str, *, keep_percent: bool = False, after_colon: bool = False) -> str:
    """Percent-encode characters that a name must not contain, and any ``%`` that looks like such an encoding."""
    if not keep_percent:
        text = re.sub(r"%(?=[0-9A-Fa-f]{2})", _percent, text)
    text = re.sub(r'[\x00-\x1f\x7f">]', _percent, text)
    text = re.sub(r"(?<=:):", _percent, text)
    return f"%3A{text[1:]}" if after_colon and text.startswith(":") else text


def _percent(match: re.Match[str]) -> str:
    return f"%{ord(match.group()):02X}"


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2

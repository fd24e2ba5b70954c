"""The consumer group of a DAG whose connection names none, and the name of a group's owner in its commits.

A group's offsets say what one reader has read. Shared by two DAGs, they would let the second start where the first has
got to, and everything before would never be read. So each DAG has a group of its own, and what is committed carries the
state key of the reader.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from openmetadata_ol_provider.kafka.settings import DEFAULT_GROUP

#: Prefix of the default groups of all DAGs, for access rights.
GROUP_PREFIX = f"{DEFAULT_GROUP}."
_OWNER_PREFIX = "openmetadata-ol-provider state_key="
#: Longest metadata that brokers accept by default (``offset.metadata.max.bytes``), in bytes.
_MAX_METADATA = 4096


def default_group(dag_id: str, topics: Sequence[str]) -> str:
    """Return the group of a DAG that reads topics, for a connection that sets no ``group.id``; all lanes share it."""
    digest = hashlib.sha256("\n".join(sorted(set(topics))).encode()).hexdigest()[:8]
    return f"{GROUP_PREFIX}{dag_id}.{digest}"


def owner_metadata(state_key: str) -> str:
    """Return the metadata of a commit: the state key of the reader, empty if it is not known."""
    text = f"{_OWNER_PREFIX}{state_key}"
    return text if state_key and len(text.encode()) <= _MAX_METADATA else ""


def owner_of(metadata: str | None) -> str:
    """Return the state key in a commit's metadata, empty if somebody else or an earlier version has committed."""
    return metadata.removeprefix(_OWNER_PREFIX) if metadata and metadata.startswith(_OWNER_PREFIX) else ""

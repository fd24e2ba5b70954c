"""How entities and labels of ours are told from others'. Pure."""

from __future__ import annotations

from typing import Any

#: Classification of the tags that are ours.
CLASSIFICATION = "OpenLineage"
#: Source hash of everything that is created here for want of the real thing; at most 32 characters.
SOURCE_HASH = "openmetadata-ol-provider"
#: Name, and FQN, of the tag on tables, topics and containers that are stubs.
TAG = "Stub"
STUB_TAG = f"{CLASSIFICATION}.{TAG}"
_FIRST_VERSION = 0.1


def is_stub(body: dict[str, Any]) -> bool:
    """Return whether an entity is a stub of ours that no ingestion has replaced yet.

    :param body: JSON of the entity, with ``sourceHash``
    """
    return body.get("sourceHash") == SOURCE_HASH


def is_untouched_stub(body: dict[str, Any]) -> bool:
    """Return whether an entity is a stub of ours that nobody has changed since.

    :param body: JSON of the entity, with ``sourceHash``
    """
    return is_stub(body) and body.get("version") == _FIRST_VERSION


def is_outgrown(body: dict[str, Any]) -> bool:
    """Return whether an entity has the mark of a stub, but has been ingested since.

    :param body: JSON of the entity, with ``sourceHash`` and ``tags``
    """
    # A missing hash says nothing: it may just not have been asked for.
    hash_ = body.get("sourceHash")
    return bool(hash_) and hash_ != SOURCE_HASH and any(tag.get("tagFQN") == STUB_TAG for tag in body.get("tags") or ())

"""The marks that distinguish entities and tags of this provider from those of others."""

from __future__ import annotations

from typing import Any

#: Classification of this provider's tags.
CLASSIFICATION = "OpenLineage"
#: Source hash of stubs, which stand in for entities that no ingestion has created yet; at most 32 characters.
SOURCE_HASH = "openmetadata-ol-provider"
#: Name and FQN of the tag on tables, topics and containers that are stubs.
TAG = "Stub"
STUB_TAG = f"{CLASSIFICATION}.{TAG}"
#: Beginning of the source hash of pipelines that this provider has created.
PIPELINE_HASH = "openlineage-"
_FIRST_VERSION = 0.1


def is_stub(body: dict[str, Any]) -> bool:
    """Return whether an entity is a stub of this provider that no ingestion has replaced yet.

    :param body: JSON of the entity, with ``sourceHash``
    """
    return body.get("sourceHash") == SOURCE_HASH


def is_own_pipeline(body: dict[str, Any]) -> bool:
    """Return whether a pipeline was created by this provider.

    :param body: JSON of the pipeline, with ``sourceHash``
    """
    return str(body.get("sourceHash") or "").startswith(PIPELINE_HASH)


def is_untouched_stub(body: dict[str, Any]) -> bool:
    """Return whether an entity is a stub of this provider that nobody has changed since.

    :param body: JSON of the entity, with ``sourceHash``
    """
    return is_stub(body) and body.get("version") == _FIRST_VERSION


def is_outgrown(body: dict[str, Any]) -> bool:
    """Return whether an entity still has the tag of a stub although it has been ingested since.

    :param body: JSON of the entity, with ``sourceHash`` and ``tags``
    """
    # A missing hash proves nothing: the request may not have asked for it.
    hash_ = body.get("sourceHash")
    return bool(hash_) and hash_ != SOURCE_HASH and any(tag.get("tagFQN") == STUB_TAG for tag in body.get("tags") or ())

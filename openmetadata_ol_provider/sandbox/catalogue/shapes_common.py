"""What the bodies of many requests share: references, tag labels, and the fields of every asset."""

from __future__ import annotations

from openmetadata_ol_provider.sandbox.catalogue.checks import (
    ListOf,
    OneOf,
    Text,
    anything,
    boolean,
    date_time,
    entity_name,
    fqn,
    integer,
    mapping,
    text,
    uri,
    uuid,
)
from openmetadata_ol_provider.sandbox.catalogue.validation import Check, Field, Shape, required, since, until

REFERENCE = Shape(
    "EntityReference",
    {
        "id": required(uuid),
        "type": required(text),
        "name": text,
        "fullyQualifiedName": text,
        "description": text,
        "displayName": text,
        "deleted": boolean,
        "inherited": boolean,
        "href": uri,
    },
)
STYLE = Shape(
    "Style",
    {
        "color": text,
        "iconURL": text,
        "coverImage": since(Shape("CoverImage", {"url": text, "position": text}), "1.11"),
    },
)
TAG_LABEL = Shape(
    "TagLabel",
    {
        "tagFQN": required(text),
        "source": required(OneOf("Classification Glossary")),
        "labelType": required(OneOf("Automated Derived Generated Manual Propagated")),
        "state": required(OneOf("Confirmed Suggested")),
        "name": text,
        "displayName": text,
        "description": text,
        "style": STYLE,
        "href": uri,
        "reason": since(text, "1.10"),
        "appliedAt": since(date_time, "1.11.11", "1.12"),
        "appliedBy": since(text, "1.11.11", "1.12"),
        "metadata": since(mapping, "1.12"),
    },
)
TAGS = ListOf(TAG_LABEL)
REFERENCES = ListOf(REFERENCE)
_ACCESS = Shape("AccessDetails", {"timestamp": required(integer), "accessedBy": REFERENCE, "accessedByAProcess": text})
LIFE_CYCLE = Shape("LifeCycle", {"created": _ACCESS, "updated": _ACCESS, "accessed": _ACCESS})
SOURCE_HASH = Text(1, 32)

#: One domain until 1.8, a list of them from 1.9 on.
DOMAINS: dict[str, Field | Check] = {"domain": until(fqn, "1.9"), "domains": since(ListOf(fqn), "1.9")}


def asset(name: str, *, also: Check | None = None, **fields: Field | Check) -> Shape:
    """Return the create request of a data asset: what all of them have, and its own.

    :param name: e.g. ``CreateTable``
    :param also: a check of the whole
    :param fields: its own fields
    """
    common: dict[str, Field | Check] = {
        "name": required(entity_name),
        "displayName": text,
        "description": text,
        "tags": TAGS,
        "owners": REFERENCES,
        "dataProducts": ListOf(fqn),
        "extension": anything,
        "lifeCycle": LIFE_CYCLE,
        "sourceHash": SOURCE_HASH,
    }
    return Shape(name, common | DOMAINS | fields, also)

"""Google Pub/Sub: the project is in the name.

Source: the specification's row, ``pubsub`` + ``topic:project:id`` or ``subscription:project:id``. A catalogue lists
topics, and an event does not say to which topic a subscription belongs.
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System

_COLONS = re.compile(r"(?P<kind>topic|subscription):(?P<project>.+):(?P<id>[^:]+)")
_SLASHES = re.compile(r"projects/(?P<project>[^/]+)/(?P<kind>topic|subscription)s/(?P<id>[^/]+)")


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    match = _COLONS.fullmatch(name) or _SLASHES.fullmatch(name)
    if match is None:
        return (Identity(namespace.root, name, "topic"),)
    if match["kind"] == "subscription":
        return (Identity("pubsub", f"subscription:{match['project']}:{match['id']}", "other"),)
    return (Identity(f"pubsub://{match['project']}", match["id"], "topic"),)


SYSTEM = System(
    name="pubsub",
    title="Google Pub/Sub",
    kind="topic",
    schemes={"pubsub": Scheme(None, "PubSub")},
    aliases={"gcp-pubsub": "pubsub"},
    namespaces="`pubsub`",
    names="`topic:project:id`, `projects/project/topics/id`",
    read=_read,
)

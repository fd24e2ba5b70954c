"""Apache Pulsar: topics have a tenant and a namespace; the partitions of a topic are not topics.

Source: not in the specification; Flink's and Spark's connectors, ``pulsar://host:port`` + a topic's full or short name.
A short name is in tenant ``public``, namespace ``default``.
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System

_PARTITION = re.compile(r"-partition-\d+$")
_DEFAULT = "persistent://public/default/"


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    text = _PARTITION.sub("", name) or name
    if "://" not in text:
        text = f"persistent://{text}" if text.count("/") == 2 else f"{_DEFAULT}{text}" if "/" not in text else text
    names = (text, text.removeprefix(_DEFAULT)) if text.startswith(_DEFAULT) else (text,)
    return tuple(Identity(namespace.root, topic, "topic") for topic in names)


SYSTEM = System(
    name="pulsar",
    title="Apache Pulsar",
    kind="topic",
    schemes={"pulsar": Scheme(6650)},
    namespaces="`pulsar://host:port`",
    names="`persistent://tenant/namespace/topic`, `tenant/namespace/topic`, `topic`",
    read=_read,
    addresses="brokers",
)

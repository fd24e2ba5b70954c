"""Amazon Kinesis Data Streams.

Source: not in the specification; Flink's and Airflow's connectors name a stream by its ARN or below ``kinesis://``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    stream = name.rpartition(":")[2] if name.startswith("arn:") else name
    return (Identity(namespace.root, stream.removeprefix("stream/"), "topic"),)


SYSTEM = System(
    name="kinesis",
    title="Amazon Kinesis",
    kind="topic",
    schemes={"kinesis": Scheme(None, "Kinesis", host_is_region=True)},
    namespaces="`arn:aws:kinesis:region:account`, `kinesis://region`",
    names="`stream/name`, the stream's name, its ARN",
    read=_read,
)

"""Amazon Kinesis Data Streams.

Source: not in the specification; Flink's and Airflow's connectors name a stream by its ARN or below ``kinesis://``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    stream = name.rpartition(":")[2] if name.startswith("arn:") else name
    return (Identity(address.place, stream.removeprefix("stream/"), "topic"),)


SYSTEM = System(
    title="Amazon Kinesis",
    kind="topic",
    schemes={"kinesis": None},
    namespaces="`arn:aws:kinesis:region:account`, `kinesis://region`",
    names="`stream/name`, the stream's name, its ARN",
    read=_read,
)

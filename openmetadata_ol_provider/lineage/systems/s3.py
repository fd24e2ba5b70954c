"""Amazon S3 and what speaks its protocol: the bucket is the namespace.

Source: the specification's row, ``s3://bucket`` + key. Hadoop's schemes s3a and s3n are the same; the leading slash of
a key says nothing; Airflow's ObjectStoragePath puts the connection id before the bucket.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, objects, without_user


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    if address.authority.startswith("arn:"):
        bucket, _, path = address.path.partition("/")
        address = Address("s3", bucket, f"/{path}", f"s3://{bucket}")
    return objects(without_user(address), name)


SYSTEM = System(
    title="Amazon S3",
    kind="container",
    schemes={"s3": None},
    aliases={"s3a": "s3", "s3n": "s3", "minio": "s3"},
    namespaces="`s3://bucket`, `s3a://bucket`, `s3n://bucket`, `s3://connection@bucket`, `arn:aws:s3:::bucket`",
    names="a key or prefix, with or without slashes around it",
    read=_read,
)

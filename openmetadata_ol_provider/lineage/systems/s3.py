"""Amazon S3 and compatible storage: the bucket is the namespace.

Source: the specification's row, ``s3://bucket`` + key. Hadoop's schemes s3a and s3n are the same; the leading slash
of a key means nothing; Airflow's ObjectStoragePath puts the connection id before the bucket. Stores of one's own, such
as MinIO, may stand with their address in the place of the bucket, which is then the first directory.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, objects


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    if namespace.is_arn:
        bucket, _, path = namespace.path.partition("/")
        namespace = Namespace("s3", bucket, f"/{path}", raw=f"s3://{bucket}")
    return objects(namespace.without_user(), name)


SYSTEM = System(
    name="s3",
    title="Amazon S3",
    kind="container",
    schemes={"s3": Scheme(None, "S3")},
    aliases={"s3a": "s3", "s3n": "s3", "minio": "s3"},
    namespaces="`s3://bucket`, `s3a://bucket`, `s3n://bucket`, `s3://connection@bucket`, `arn:aws:s3:::bucket`, "
    "`s3://host:port` (the endpoint of the service's connection, for MinIO and the like)",
    names="a key or prefix, with or without slashes around it; `bucket/key` after an endpoint",
    read=_read,
)

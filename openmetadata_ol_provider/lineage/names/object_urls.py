"""Reads web addresses of objects in cloud storage as the buckets and keys that they are."""

from __future__ import annotations

import re
from typing import Final

from openmetadata_ol_provider.lineage.names.namespaces import Namespace

# https://bucket.s3.eu-west-1.amazonaws.com/key, https://s3.eu-west-1.amazonaws.com/bucket/key
_S3: Final = re.compile(
    r"(?:(?P<bucket>.+)\.)?s3(?:[.-](?:dualstack\.|accelerate\.?|fips\.)?[a-z0-9-]*)?\.amazonaws\.com(?:\.cn)?",
    re.IGNORECASE,
)
_GCS: Final = re.compile(r"(?:(?P<bucket>.+)\.)?storage\.(?:googleapis|cloud\.google)\.com", re.IGNORECASE)
# https://account.blob.core.windows.net/container/path; OneLake has the workspace as its container.
_AZURE: Final = re.compile(
    r"(?P<host>(?:[\w-]+\.(?:privatelink\.)?(?:blob|dfs)\.core\.[\w.]+)|(?:[\w-]+-)?onelake\.(?:blob|dfs)\.fabric\.microsoft\.com)",
    re.IGNORECASE,
)


def stored_object(namespace: Namespace, name: str) -> tuple[str, str] | None:
    """Return bucket and key of a web address of cloud storage, as namespace and name; ``None`` for other addresses.

    :param namespace: namespace whose scheme is that of the web
    :param name: name of the dataset
    """
    host = namespace.authority.rpartition("@")[2].partition(":")[0]
    path = f"{namespace.path}/{name.partition('?')[0]}".strip("/")
    for scheme, pattern in (("s3", _S3), ("gs", _GCS)):
        match = pattern.fullmatch(host)
        if match is not None:
            bucket, key = (match["bucket"], path) if match["bucket"] else _split(path)
            return (f"{scheme}://{bucket}", key) if bucket else None
    if _AZURE.fullmatch(host) is None:
        return None
    container, key = _split(path)
    account = host.replace(".privatelink.", ".").replace(".blob.", ".dfs.")
    return (f"abfss://{container}@{account}", key) if container else None


def _split(path: str) -> tuple[str, str]:
    first, _, rest = path.partition("/")
    return first, rest

"""Object storage of other clouds: the bucket is the namespace.

Source: not in the specification; Hadoop's file systems for the storage of Alibaba, Tencent, Huawei, Baidu, Oracle.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, objects

SYSTEM = System(
    title="Object storage: Alibaba OSS, Tencent COS, Huawei OBS, Oracle OCI, Ozone, lakeFS and others",
    kind="container",
    schemes={
        "oss": None, "cos": None, "obs": None, "bos": None, "tos": None, "oci": None, "o3fs": None, "ofs": None,
        "lakefs": None, "alluxio": None,
    },
    aliases={"cosn": "cos"},
    namespaces="`oss://bucket` and alike",
    names="a key or prefix",
    read=objects,
)  # fmt: skip

"""HDFS and alike: the name node, or the name of a pair of them, is the namespace.

Source: the specification's row, ``hdfs://namenode:port`` + path; producers leave the port out if the configuration did.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, files

SYSTEM = System(
    title="HDFS, ViewFS, MapR FS",
    kind="container",
    schemes={"hdfs": 8020, "viewfs": None, "maprfs": None},
    aliases={"webhdfs": "hdfs", "swebhdfs": "hdfs"},
    namespaces="`hdfs://namenode:port`, also without port",
    names="a path",
    read=files,
)

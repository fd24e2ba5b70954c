"""Databricks File System.

Source: the specification's row, ``dbfs://workspace`` + path; Spark sends the bare word ``dbfs``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, files


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    if not namespace.authority:
        namespace = namespace._replace(raw="dbfs")
    return files(namespace, name.removeprefix("dbfs:"))


SYSTEM = System(
    name="dbfs",
    title="Databricks File System",
    kind="container",
    schemes={"dbfs": Scheme()},
    namespaces="`dbfs`, `dbfs://workspace`, `dbfs:/`",
    names="a path",
    read=_read,
)

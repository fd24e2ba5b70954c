"""Databricks File System.

Source: the specification's row, ``dbfs://workspace`` + path; Spark sends the bare word ``dbfs``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, files


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    if not address.authority:
        address = address._replace(raw="dbfs")
    return files(address, name.removeprefix("dbfs:"))


SYSTEM = System(
    title="Databricks File System",
    kind="container",
    schemes={"dbfs": None},
    namespaces="`dbfs`, `dbfs://workspace`, `dbfs:/`",
    names="a path",
    read=_read,
)

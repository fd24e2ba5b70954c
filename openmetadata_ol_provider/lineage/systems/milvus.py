"""Milvus: collections of vectors.

Source: the specification's row, ``milvus://host:port`` + ``database.collection``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="Milvus",
    kind="table",
    schemes={"milvus": 19530},
    namespaces="`milvus://host:port`",
    names="`database.collection`",
    read=within(2),
)

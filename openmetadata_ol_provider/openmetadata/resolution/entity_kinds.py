"""Tells which types of entity a dataset may be: by its system, or by its producer where the system leaves it open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.openmetadata.resolution.service_types import scheme_of
from openmetadata_ol_provider.openmetadata.resolution.services import SERVICE_KIND

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.lineage.names.namespaces import Namespace
    from openmetadata_ol_provider.lineage.plan import Dataset

#: Entity type by the value of the ``datasetType`` facet, without spaces, hyphens and underscores.
_ENTITY_TYPES: Final = {
    "TABLE": "table", "VIEW": "table", "MATERIALIZEDVIEW": "table",
    "TOPIC": "topic", "STREAM": "topic", "QUEUE": "topic",
    "FILE": "container", "DIRECTORY": "container",
    "STOREDPROCEDURE": "storedProcedure", "PROCEDURE": "storedProcedure", "ROUTINE": "storedProcedure",
    "MODEL": "mlmodel", "MLMODEL": "mlmodel",
    "DASHBOARD": "dashboard", "REPORT": "dashboard", "WORKBOOK": "dashboard",
    "INDEX": "searchIndex", "SEARCHINDEX": "searchIndex",
    "API": "apiEndpoint", "ENDPOINT": "apiEndpoint", "APIENDPOINT": "apiEndpoint",
}  # fmt: skip


def entity_kinds(dataset: Dataset, identity: Identity, namespace: Namespace) -> tuple[str, ...]:
    """Return the entity types an identity may have; the producer's counts if the namespace leaves it open."""
    declared = _ENTITY_TYPES.get(re.sub(r"[\W_]", "", dataset.type or "").upper())
    kind: str = identity.kind
    if declared is None or declared == kind:
        return (kind,)
    if kind == "container" and SERVICE_KIND[declared] == "databaseService" and scheme_of(namespace) is None:
        # A path below an unknown scheme: what calls itself a table there lies in files.
        return (kind,)
    is_open = scheme_of(namespace) is None or namespace.is_web
    return (declared, kind) if is_open or SERVICE_KIND[declared] == SERVICE_KIND.get(kind) else (kind,)

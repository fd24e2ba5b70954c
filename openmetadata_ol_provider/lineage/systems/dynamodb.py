"""Amazon DynamoDB: tables without databases or schemas.

Source: not in the specification; Airflow's hooks, ``dynamodb://region`` + ``table``, and the ARN of a table.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, table


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    # Dots are allowed in a table's name.
    parts = split_identifier(name)
    bare = parts[0] if len(parts) == 1 else name
    return table(namespace.root, join_identifier((bare.removeprefix("table/"),)))


SYSTEM = System(
    name="dynamodb",
    title="Amazon DynamoDB",
    kind="table",
    schemes={"dynamodb": Scheme(None, "DynamoDB", host_is_region=True)},
    namespaces="`dynamodb://region`, `arn:aws:dynamodb:region:account`",
    names="`table`, `table/table`",
    read=_read,
    default_schema={"DynamoDB": "default"},
    single_database="DynamoDB",
)

"""Amazon DynamoDB: tables and nothing above them.

Source: not in the specification; Airflow's hooks, ``dynamodb://region`` + ``table``, and the ARN of a table.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, table


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    # Dots are allowed in a table's name.
    parts = split_identifier(name)
    bare = parts[0] if len(parts) == 1 else name
    return table(address.place, join_identifier((bare.removeprefix("table/"),)))


SYSTEM = System(
    title="Amazon DynamoDB",
    kind="table",
    schemes={"dynamodb": None},
    namespaces="`dynamodb://region`, `arn:aws:dynamodb:region:account`",
    names="`table`, `table/table`",
    read=_read,
)

"""AWS Glue Data Catalog: region and account are the namespace, as an ARN without its resource.

Source: the specification's row, ``arn:aws:glue:region:account`` + ``table/database/table``. Producers also leave
out the account, or send ``database/table``, ``database.table``, quotes, Spark's session catalog before the database.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.hive import without_session_catalog
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, table


def _below_resource(resource: tuple[str, ...], name: str) -> str:
    """Return a name with the database, if the namespace is the ARN of its database or its table."""
    is_in_database = len(resource) == 2 and resource[0] == "database" and not set(name) & set("./:")
    is_table = len(resource) == 3 and resource[0] == "table" and resource[2] == name
    return f"{resource[1]}/{name}" if is_in_database or is_table else name


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    name = _below_resource(namespace.segments, name)
    text = name.rpartition(":")[2] if name.startswith("arn:") else name
    parts = tuple(part for part in text.split("/") if part)
    if len(parts) == 3 and parts[0] == "table":
        parts = parts[1:]
    if len(parts) == 2:
        parts = tuple(split_identifier(part)[0] if part[0] in '"`[' else part for part in parts)
        return table(namespace.root, join_identifier(parts))
    return table(namespace.root, join_identifier(without_session_catalog(split_identifier(text))))


SYSTEM = System(
    name="glue",
    title="AWS Glue",
    kind="table",
    schemes={"glue": Scheme(None, "Glue Athena")},
    namespaces="`arn:aws:glue:region:account`, also without the account, or with `:database/name` or `:table/db/name`",
    names="`table/database/table`, `database/table`, `database.table`",
    read=_read,
    single_database="Glue",
)

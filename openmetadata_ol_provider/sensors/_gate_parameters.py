"""Reads the parameters of the sensors that wait for something in OpenMetadata."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.ingestion.parameters import is_literal
from openmetadata_ol_provider.openlineage.times import parse_time
from openmetadata_ol_provider.openmetadata.fqn import split
from openmetadata_ol_provider.openmetadata.gates.gate import Since, TableName

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config

#: Parts of a table's FQN: service, database, schema, table.
_PARTS = 4


def parse_since(value: object, *, required: bool) -> Since:
    """Return the time from which on something counts.

    :param value: time, text in ISO 8601, or the age that is allowed at each look
    :param required: ``True`` if there has to be one
    :raises ConfigError: if it is none of these
    """
    if value is None and not required:
        return Since()
    if isinstance(value, dt.timedelta) and value > dt.timedelta(0):
        return Since(age=value.total_seconds())
    try:
        if isinstance(value, dt.datetime):
            zoned = value if value.tzinfo else value.replace(tzinfo=dt.timezone.utc)
            return Since(at=zoned.timestamp())
        if isinstance(value, str):
            return Since(at=parse_time(value).timestamp())
    except (ValueError, OverflowError):
        pass
    raise ConfigError(
        f"since is {value!r}; give a time (datetime or ISO 8601, e.g. '{{{{ data_interval_start }}}}') or a positive "
        "timedelta, which is the greatest age"
    )


def parse_table(table: object, namespace: object, name: object, config: Config) -> TableName:
    """Return the table that a sensor names.

    :raises ConfigError: if it is not named by exactly one of its FQN and its namespace and name
    """
    check_table(table, namespace, name)
    if table is not None:
        return TableName(fqn=str(table))
    document = config.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return TableName(namespace=str(namespace), name=str(name), config=document)


def check_table(table: object, namespace: object, name: object) -> None:
    """Check the name of a table, as far as it is literal.

    :raises ConfigError: if it is not named by exactly one of its FQN and its namespace and name
    """
    has_name = namespace is not None and name is not None
    if (table is None) != has_name or (table is not None and (namespace is not None or name is not None)):
        raise ConfigError(
            f"table is {table!r}, dataset_namespace {namespace!r}, dataset_name {name!r}; give either table "
            "(service.database.schema.table), or dataset_namespace and dataset_name as in OpenLineage events"
        )
    if table is None or not is_literal(table):
        return
    if not isinstance(table, str) or len(split(table)) != _PARTS:
        raise ConfigError(f"table is {table!r}; give service.database.schema.table, as OpenMetadata shows it")


def check_states(parameter: str, states: object, known: Collection[str], *, empty: bool = True) -> None:
    """Check statuses, as far as they are literal.

    :param parameter: name of the parameter, for the error
    :param known: statuses that can be given
    :param empty: ``True`` if there may be none
    :raises ConfigError: if one of them is not known
    """
    if not is_literal(states):
        return
    if isinstance(states, str) or not isinstance(states, Sequence) or not (states or empty):
        raise ConfigError(f"{parameter} is {states!r}; give a list of {', '.join(known)}")
    for state in states:
        if state not in known:
            raise ConfigError(f"{parameter} has {state!r}; give {', '.join(known)}")


def check_gate_literals(operator: Any, *, mapped: bool = False, since_required: bool) -> None:
    """Check the parameters of a sensor that are literal.

    :param operator: sensor, or its parameters as attributes
    :param mapped: ``True`` if others of its parameters are mapped
    :raises ConfigError: naming the parameter, its value and the remedy
    """
    if not mapped:
        check_table(operator.table, operator.dataset_namespace, operator.dataset_name)
    since = getattr(operator, "since", None)
    if is_literal(since) and not (mapped and since is None):
        parse_since(since, required=since_required)

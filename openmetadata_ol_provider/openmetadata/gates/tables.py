"""Finds the table that a gate is about."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.openmetadata.client.client import path

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.lineage.plan import Dataset
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.gates.gate import TableName


class Table(NamedTuple):
    """A table of the catalogue."""

    id: str
    fqn: str


class Lookup(NamedTuple):
    """The result of looking for a table.

    :param table: ``None`` if there is none
    :param detail: what was tried if there is none
    """

    table: Table | None
    detail: str = ""


def find_table(client: OpenMetadataClient, name: TableName) -> Lookup:
    """Look for a table.

    :raises ConfigError: if namespace and name are of something else than a table, or of several tables
    :raises CatalogueError: if the catalogue refuses or does not answer
    """
    if name.fqn:
        body = client.get(path("v1/tables/name", name.fqn))
        if body is None:
            return Lookup(None, f"OpenMetadata has no table {name.fqn}")
        return Lookup(Table(str(body["id"]), str(body["fullyQualifiedName"])))
    return _resolve(client, name)


def _resolve(client: OpenMetadataClient, name: TableName) -> Lookup:
    from openmetadata_ol_provider.config import load_config
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver

    config = load_config(name.config)
    resolution = Resolver(client, config).resolve(_dataset(name, config))
    entity = resolution.entity
    if entity is None:
        if resolution.outcome == "unresolved":
            return Lookup(None, f"OpenMetadata has no table for {name}: {resolution.detail}")
        raise ConfigError(f"{name} is not one table: {resolution.outcome}, {resolution.detail}. Give the table's FQN")
    if entity.type != "table":
        raise ConfigError(f"{name} is the {entity.type} {entity.fqn}; give a table")
    return Lookup(Table(entity.id, entity.fqn))


def _dataset(name: TableName, config: Config) -> Dataset:
    """Return the dataset as events that name it are translated."""
    from openmetadata_ol_provider.lineage.translate import translate
    from openmetadata_ol_provider.openlineage.event import Event, EventDataset

    event = Event(eventTime=dt.datetime.now(dt.timezone.utc), dataset=EventDataset(name.namespace, name.name))
    datasets = translate([event], config).plan.datasets
    if not datasets:
        raise ConfigError(f"{name} is left out by the configuration; give the table's FQN, or change the configuration")
    return datasets[0]

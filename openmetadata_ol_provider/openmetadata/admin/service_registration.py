"""Registers the OpenLineage pipeline service with its Kafka connection, derived from Airflow's Kafka connection.

OpenMetadata then shows where the lineage comes from, and its own connector could read the same topic. An existing
service is compared: what it lacks is added, other values are left unchanged unless an update is requested. A patch
changes only the fields that differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Literal, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueRequestError
from openmetadata_ol_provider.openlineage.sanitize import safe_text
from openmetadata_ol_provider.openmetadata.admin.permission_check import is_granted
from openmetadata_ol_provider.openmetadata.admin.service_spec import SERVICE_TYPE, ServiceSpec
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.client.guarded_patch import patch_stored
from openmetadata_ol_provider.openmetadata.client.permissions import Permission
from openmetadata_ol_provider.openmetadata.fqn import quote
from openmetadata_ol_provider.openmetadata.pipeline_paths import PIPELINE_SERVICES

Change = Literal["created", "updated", "unchanged", "different"]
#: Longest value that is shown, in characters.
_MAX_SHOWN = 100


class Registration(NamedTuple):
    """The result of a registration.

    :param service: FQN of the service
    :param id: id of the service; empty if a dry run would create it
    :param change: change made or, in a dry run, due; ``different`` if it has other values and no update was requested
    :param differences: dotted names of the fields that were changed or differ
    :param left_out: settings of the Kafka connection that are not sent, with the reason
    :param texts: the differences with both values, for people
    """

    service: str
    id: str
    change: Change
    differences: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values, without the texts for people."""
        document = self._asdict()
        del document["texts"]
        return {key: list(value) if isinstance(value, tuple) else value for key, value in document.items()}


class Difference(NamedTuple):
    """A field in which the stored service differs from the desired one.

    :param path: its JSON pointer
    :param stored: its value in OpenMetadata, ``None`` if it has none
    :param wanted: the desired value
    """

    path: str
    stored: Any
    wanted: Any

    @property
    def name(self) -> str:
        """The dotted name of the field."""
        return self.path.strip("/").replace("/", ".")

    @property
    def operation(self) -> dict[str, Any]:
        """The operation of a JSON Patch that removes the difference."""
        return {"op": "add", "path": self.path, "value": self.wanted}

    @property
    def text(self) -> str:
        """Both values, for people."""
        return f"{self.name} is {_shown(self.stored)} and would be {_shown(self.wanted)}"


def register_service(
    client: OpenMetadataClient, spec: ServiceSpec, *, update: bool = False, dry_run: bool = False
) -> Registration:
    """Create the service, or compare an existing one with the desired one.

    :param client: client of the catalogue
    :param spec: desired service
    :param update: ``True`` to change the fields that differ in an existing one; default: ``False``
    :param dry_run: ``True`` to only report what would be done; default: ``False``
    :raises CatalogueRequestError: if a service of another type has that name
    :raises CatalogueError: if the catalogue refuses
    """
    stored = _stored(client, spec)
    if stored is None:
        if dry_run:
            return Registration(quote(spec.name), "", "created", left_out=spec.left_out)
        created = _create(client, spec)
        if created is not None:
            return _registration(created, "created", spec)
        stored = _stored(client, spec)
        if stored is None:
            raise CatalogueRequestError(
                f"pipeline service {spec.name!r} is soft-deleted in OpenMetadata; restore it there, or delete it "
                "permanently",
                409,
            )
    return _complete(client, spec, stored, update=update, dry_run=dry_run)


def _create(client: OpenMetadataClient, spec: ServiceSpec) -> dict[str, Any] | None:
    """Create the service; return ``None`` if there is one of its name by now, also one that is deleted softly."""
    try:
        # POST and not PUT, which would replace a service that somebody else creates at the same moment.
        created = client.post(PIPELINE_SERVICES, spec.body)
        # The server may have encoded the description.
        _patch(client, spec, created, lambda body: _described(body, spec))
    except CatalogueRequestError as error:
        if error.status == 409:
            return None
        raise
    return created


def _complete(
    client: OpenMetadataClient, spec: ServiceSpec, stored: dict[str, Any], *, update: bool, dry_run: bool
) -> Registration:
    """Add what an existing service lacks, and change what differs if that is asked for."""
    if stored.get("serviceType") != SERVICE_TYPE:
        raise CatalogueRequestError(
            f"pipeline service {spec.name!r} exists and is of type {stored.get('serviceType')}, not {SERVICE_TYPE}; "
            "choose another name with --name (name)"
        )
    _refuse_hidden(client, stored)
    differences = tuple(_differences(stored, spec))
    if not differences:
        return _registration(stored, "unchanged", spec)
    # What the service lacks is nobody's, unless this token does not see it.
    may_fill = all(difference.stored is None for difference in differences) and _sees_connection(client, stored)
    if not update and not may_fill:
        return _registration(stored, "different", spec, differences)
    if not dry_run:

        def due(body: dict[str, Any]) -> Iterator[Difference]:
            return (one for one in _differences(body, spec) if update or one.stored is None)

        stored = _patch(client, spec, stored, due) or stored
    return _registration(stored, "updated", spec, differences)


def _patch(
    client: OpenMetadataClient,
    spec: ServiceSpec,
    stored: dict[str, Any],
    find: Callable[[dict[str, Any]], Iterable[Difference]],
) -> dict[str, Any] | None:
    """Change what differs in a service, and return it; ``None`` if nothing does."""
    url = path(PIPELINE_SERVICES, str(stored["id"]))
    read = partial(_stored, client, spec)
    return patch_stored(client, url, stored, lambda body: [one.operation for one in find(body)], read)


def _refuse_hidden(client: OpenMetadataClient, stored: dict[str, Any]) -> None:
    """Refuse to compare or overwrite a connection that exists but that this token may not see."""
    permission = Permission("ViewAll", "pipelineService")
    if stored.get("connection") is None and is_granted(client, permission) is False:
        raise CatalogueAuthError(
            f"pipeline service {stored.get('name')!r} exists, but this token may not see its connection; give a role "
            f"of the bot {permission}"
        )


def _sees_connection(client: OpenMetadataClient, stored: dict[str, Any]) -> bool:
    return stored.get("connection") is not None or is_granted(client, Permission("ViewAll", "pipelineService")) is True


def _stored(client: OpenMetadataClient, spec: ServiceSpec) -> dict[str, Any] | None:
    return client.get(path(PIPELINE_SERVICES, "name", quote(spec.name)))


def _registration(
    entity: dict[str, Any], change: Change, spec: ServiceSpec, differences: tuple[Difference, ...] = ()
) -> Registration:
    fqn = str(entity.get("fullyQualifiedName") or quote(spec.name))
    names = tuple(difference.name for difference in differences)
    texts = tuple(difference.text for difference in differences)
    return Registration(fqn, str(entity.get("id", "")), change, names, spec.left_out, texts)


def _differences(stored: dict[str, Any], spec: ServiceSpec) -> Iterator[Difference]:
    """Yield what differs between the stored service and the desired one; fields that the spec does not name stay."""
    yield from _described(stored, spec)
    yield from _added("", {"connection": {"config": spec.connection}}, stored)


def _described(stored: dict[str, Any], spec: ServiceSpec) -> Iterator[Difference]:
    if spec.description is not None:
        yield from _added("", {"description": spec.description}, stored)


def _added(prefix: str, desired: dict[str, Any], stored: dict[str, Any]) -> Iterator[Difference]:
    for key, value in desired.items():
        present = stored.get(key)
        if isinstance(value, dict) and isinstance(present, dict):
            yield from _added(f"{prefix}/{key}", value, present)
        elif present != value and not _is_masked(present):
            yield Difference(f"{prefix}/{key}", present, value)


def _shown(value: object) -> str:
    return "not set" if value is None else safe_text(repr(value), _MAX_SHOWN)


def _is_masked(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"\*+", value))

"""Lists the permissions that publishing needs and checks on the server whether the token has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueError, CatalogueRequestError
from openmetadata_ol_provider.openmetadata.admin.check_step import Step, warning
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.permissions import Permission, rule_text
from openmetadata_ol_provider.openmetadata.client.version import OBSERVABILITY_SINCE

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.client.version import Version

_DATASETS = ("table", "topic", "container")
_SERVICES = ("databaseService", "messagingService", "storageService", "pipelineService")
#: Field policies of section ``write``, and the operation that each needs.
_FIELDS = {"descriptions": "EditDescription", "owners": "EditOwners", "tags": "EditTags"}
#: Whether a condition is met depends on the entity, which the check does not know.
_GRANTED = frozenset({"allow", "conditionalAllow", "conditionalDeny"})


class _Access(NamedTuple):
    """The server's verdict on one operation.

    :param access: OpenMetadata's access type, e.g. ``allow`` or ``conditionalDeny``
    :param rule: role, policy and rule that decided; empty if there is none
    """

    access: str
    rule: str = ""


def required_permissions(config: Config, version: Version | None = None) -> tuple[Permission, ...]:
    """Return the permissions that publishing with a configuration may need, each once.

    :param version: version of the server; ``None``: the latest, which takes every kind of fact
    """
    newer = _newer(config) if version is None or version.at_least(*OBSERVABILITY_SINCE) else ()
    return tuple(dict.fromkeys((*_basic(config), *_optional(config), *newer)))


def permission_steps(client: OpenMetadataClient, config: Config) -> list[Step]:
    """Check each required permission on the server; a missing one does not end the check.

    :param client: client to check
    :param config: configuration, which decides the permissions that are needed
    :return: one step per permission, or a single one if the server does not list permissions
    """
    listings: dict[str, Mapping[str, _Access] | None] = {}
    steps: list[Step] = []
    for permission in required_permissions(config, client.version):
        if permission.resource not in listings:
            try:
                listings[permission.resource] = _listing(client, permission.resource)
            except CatalogueError as error:
                return [*steps, Step("permissions", False, str(error))]
        steps.append(_step(permission, listings[permission.resource]))
    if not any(listings.values()):
        return [
            Step(
                "permissions", True, "this server does not list them; a missing one fails the first write that needs it"
            )
        ]
    return steps


def is_granted(client: OpenMetadataClient, permission: Permission) -> bool | None:
    """Return whether the token has a permission; ``None`` if the server does not list it."""
    access = (_listing(client, permission.resource) or {}).get(permission.operation)
    return None if access is None else access.access in _GRANTED


def _basic(config: Config) -> Iterator[Permission]:
    write = config.write
    for kind in _DATASETS:
        yield Permission("ViewBasic", kind)
        yield Permission("EditLineage", kind)
    for kind in _SERVICES:
        yield Permission("ViewBasic", kind)
    yield Permission("ViewBasic", "pipeline")
    if config.lineage.pipeline_nodes:
        yield Permission("EditLineage", "pipeline")
    if write.create_services:
        yield Permission("Create", "pipelineService")
    if write.create_pipelines:
        yield Permission("Create", "pipeline")
    yield Permission("EditAll", "pipeline")
    if write.status != "never":
        yield Permission("EditStatus", "pipeline")
    if write.usage != "never":
        yield Permission("EditUsage", "pipeline")
    for field, operation in _FIELDS.items():
        if getattr(write, field) != "never":
            yield from (Permission(operation, kind) for kind in (*_DATASETS, "pipeline"))


def _optional(config: Config) -> Iterator[Permission]:
    """Yield the permissions that follow from single options of ``write``."""
    write = config.write
    if write.owners != "never":
        yield from (Permission("ViewBasic", kind) for kind in ("user", "team"))
    if write.tags != "never":
        yield Permission("ViewBasic", "tag")
        if write.create_tags:
            yield from (Permission("Create", kind) for kind in ("classification", "tag"))
    if write.create_datasets:
        yield from (Permission("Create", kind) for kind in ("database", "databaseSchema", *_DATASETS))
        yield from (Permission("EditAll", kind) for kind in _DATASETS)
    if write.exposures:
        yield from (Permission(operation, "dashboard") for operation in ("ViewBasic", "EditLineage"))
    if write.queries:
        yield Permission("Create", "query")
    if write.profile:
        yield from (Permission(operation, "table") for operation in ("ViewDataProfile", "EditDataProfile"))
    if write.tests != "never":
        yield from (Permission(operation, "table") for operation in ("ViewTests", "EditTests"))
    if write.tests == "create":
        yield from (Permission(operation, "testDefinition") for operation in ("ViewBasic", "Create", "EditAll"))
    if write.lifecycle != "never":
        yield from (Permission("Delete", kind) for kind in _DATASETS)


def _newer(config: Config) -> Iterator[Permission]:
    """Yield the permissions for what older servers do not store."""
    if config.write.observability:
        yield from (Permission(operation, "table") for operation in ("ViewAll", "EditAll"))


def _listing(client: OpenMetadataClient, resource: str) -> Mapping[str, _Access] | None:
    """Return the access to each operation on a resource; ``None`` if the server does not know the resource."""
    try:
        body = client.get(path("v1/permissions", resource))
    except CatalogueRequestError as error:
        # The server is older than the resource.
        if error.status == 400:
            return None
        raise
    if body is None:
        return None
    listed = body.get("permissions")
    return {
        str(item["operation"]): _Access(str(item.get("access")), _rule(item))
        for item in (listed if isinstance(listed, list) else ())
        if isinstance(item, dict) and "operation" in item
    }


def _rule(item: Mapping[str, Any]) -> str:
    rule = item.get("rule")
    name = rule.get("name") if isinstance(rule, dict) else None
    names = {"role": item.get("role"), "policy": item.get("policy"), "rule": name}
    return ", ".join(f"{kind} {name}" for kind, name in names.items() if name)


def _step(permission: Permission, listing: Mapping[str, _Access] | None) -> Step:
    name, operation, resource = str(permission), permission.operation, permission.resource
    if listing is None:
        return warning(name, f"the server does not list permissions on {resource}")
    access, suffix = listing.get(operation), ""
    if access is None:
        # Not every resource lists every operation that a write needs; a rule for all operations covers them.
        general = "EditAll" if operation.startswith("Edit") else "ViewAll" if operation == "ViewBasic" else ""
        access, suffix = listing.get(general), f" through {general}"
        if access is None or access.access == "notAllow":
            return warning(name, f"the server does not list it for {resource}; if it is missing, the first write fails")
    return _verdict(permission, access, suffix)


def _verdict(permission: Permission, access: _Access, suffix: str) -> Step:
    name = str(permission)
    by = f" ({access.rule})" if access.rule else ""
    if access.access == "allow":
        return Step(name, True, f"granted{suffix}")
    if access.access == "conditionalAllow":
        return Step(name, True, f"granted{suffix}, if the condition of a rule is met{by}")
    if access.access == "conditionalDeny":
        return warning(name, f"denied if the condition of a rule is met{by}")
    if access.access == "deny":
        return Step(name, False, f"denied by a rule{by}, which overrides all rules that allow it; change that rule")
    rule = rule_text([permission.operation], [permission.resource])
    return Step(name, False, f"not granted; add to a role of the bot a policy with the rule: {rule}")

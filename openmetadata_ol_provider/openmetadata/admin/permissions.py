"""Which permissions publishing needs under a configuration, and which of them the token has: the server is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueError, CatalogueRequestError
from openmetadata_ol_provider.openmetadata.admin.check_step import WARNING, Step
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.permissions import Right, rule_text

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

_DATASETS = ("table", "topic", "container")
_SERVICES = ("databaseService", "messagingService", "storageService", "pipelineService")
#: Field policies of section ``write``, and the operation that each needs.
_FIELDS = {"descriptions": "EditDescription", "owners": "EditOwners", "tags": "EditTags"}
#: With a condition, it depends on the entity: that shows when it is written.
_GRANTED = frozenset({"allow", "conditionalAllow", "conditionalDeny"})


class _Access(NamedTuple):
    """What the server says of one operation: access and, where a rule decided, which."""

    access: str
    rule: str = ""


def needed_rights(config: Config) -> tuple[Right, ...]:
    """Return the permissions that publishing under a configuration may need, each once."""
    return tuple(dict.fromkeys(_needed(config)))


def permission_steps(client: OpenMetadataClient, config: Config) -> list[Step]:
    """Ask the server for each permission needed; all are asked for, whichever is missing.

    :return: one step a permission, or a single one where the server cannot be asked
    """
    listings: dict[str, Mapping[str, _Access] | None] = {}
    steps: list[Step] = []
    for right in needed_rights(config):
        if right.resource not in listings:
            try:
                listings[right.resource] = _listing(client, right.resource)
            except CatalogueError as error:
                return [*steps, Step("permissions", False, str(error))]
        steps.append(_step(right, listings[right.resource]))
    if not any(listings.values()):
        return [
            Step("permissions", True, "this server cannot be asked for them; what is missing shows when publishing")
        ]
    return steps


def is_granted(client: OpenMetadataClient, right: Right) -> bool | None:
    """Return whether the token has a permission; ``None`` if the server does not tell."""
    found = (_listing(client, right.resource) or {}).get(right.operation)
    return None if found is None else found.access in _GRANTED


def _needed(config: Config) -> Iterator[Right]:
    write = config.write
    for kind in _DATASETS:
        yield Right("ViewBasic", kind)
        yield Right("EditLineage", kind)
    for kind in _SERVICES:
        yield Right("ViewBasic", kind)
    yield Right("ViewBasic", "pipeline")
    if config.lineage.pipeline_nodes:
        yield Right("EditLineage", "pipeline")
    if write.create_services:
        yield Right("Create", "pipelineService")
    if write.create_pipelines:
        yield Right("Create", "pipeline")
    yield Right("EditAll", "pipeline")
    if write.status != "never":
        yield Right("EditStatus", "pipeline")
    if write.usage != "never":
        yield Right("EditUsage", "pipeline")
    for field, operation in _FIELDS.items():
        if getattr(write, field) != "never":
            yield from (Right(operation, kind) for kind in (*_DATASETS, "pipeline"))
    yield from _optional(config)


def _optional(config: Config) -> Iterator[Right]:
    """Yield what only some configurations need."""
    write = config.write
    if write.owners != "never":
        yield from (Right("ViewBasic", kind) for kind in ("user", "team"))
    if write.tags != "never":
        yield Right("ViewBasic", "tag")
        if write.create_tags:
            yield from (Right("Create", kind) for kind in ("classification", "tag"))
    if write.create_datasets:
        yield from (Right("Create", kind) for kind in ("database", "databaseSchema", *_DATASETS))
    if write.queries:
        yield Right("Create", "query")
    if write.lifecycle != "never":
        yield from (Right("Delete", kind) for kind in _DATASETS)


def _listing(client: OpenMetadataClient, resource: str) -> Mapping[str, _Access] | None:
    """Return the access to each operation on a resource; ``None`` if the server has no such list."""
    try:
        answer = client.get(path("v1/permissions", resource))
    except CatalogueRequestError as error:
        # A resource of a later version: "Resource type ... not found".
        if error.status == 400:
            return None
        raise
    if answer is None:
        return None
    found = answer.get("permissions")
    return {
        str(item["operation"]): _Access(str(item.get("access")), _rule(item))
        for item in (found if isinstance(found, list) else ())
        if isinstance(item, dict) and "operation" in item
    }


def _rule(item: Mapping[str, Any]) -> str:
    rule = item.get("rule")
    name = rule.get("name") if isinstance(rule, dict) else None
    named = {"role": item.get("role"), "policy": item.get("policy"), "rule": name}
    return ", ".join(f"{what} {name}" for what, name in named.items() if name)


def _step(right: Right, listing: Mapping[str, _Access] | None) -> Step:
    if listing is None:
        return Step(str(right), True, f"{WARNING}the server cannot be asked for permissions on {right.resource}")
    found = listing.get(right.operation)
    general = "EditAll" if right.operation.startswith("Edit") else "ViewAll" if right.operation == "ViewBasic" else ""
    through = ""
    if found is None:
        # Not every kind lists every operation that is asked for when it is written to; a rule for all covers them.
        found = listing.get(general)
        through = f" with {general}"
        if found is None or found.access == "notAllow":
            detail = (
                f"{WARNING}the server does not tell for {right.resource}; if it is missing, the first write says so"
            )
            return Step(str(right), True, detail)
    return Step(str(right), found.access in _GRANTED, _detail(right, found, through))


def _detail(right: Right, found: _Access, through: str) -> str:
    if found.access == "allow":
        return f"granted{through}"
    by = f" ({found.rule})" if found.rule else ""
    if found.access == "conditionalAllow":
        return f"granted{through}, on the condition of a rule{by}"
    if found.access == "conditionalDeny":
        return f"{WARNING}denied on the condition of a rule{by}"
    if found.access == "deny":
        return f"denied by a rule{by}, which wins over all that allow it; change that rule"
    rule = rule_text([right.operation], [right.resource])
    return f"not granted; add to a role of the bot a policy with the rule: {rule}"

"""Checks whether the services exist that the rules of ``namespaces`` name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openmetadata_ol_provider.exceptions import CatalogueError
from openmetadata_ol_provider.openlineage.listing import counted, suggested
from openmetadata_ol_provider.openmetadata.admin.check_step import Step, warning
from openmetadata_ol_provider.openmetadata.resolution.services import ServiceIndex

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

NAME = "services of rules"


def rule_steps(client: OpenMetadataClient, config: Config) -> list[Step]:
    """Look up each service that a rule names.

    :param client: client to check
    :param config: configuration with the rules
    :return: a failed step for each service that does not exist, else one step; none without such rules
    """
    names = list(dict.fromkeys(rule.service for rule in config.namespaces if rule.service))
    if not names:
        return []
    index = ServiceIndex.from_client(client)
    try:
        missing = [name for name in names if index.named(name) is None]
        existing = index.names() if missing else []
    except CatalogueError as error:
        return [warning(NAME, f"services cannot be listed ({error})")]
    if not missing:
        return [Step(NAME, True, f"{counted(len(names), 'service exists', 'services exist')}")]
    return [Step(NAME, False, _sentence(name, existing)) for name in missing]


def _sentence(name: str, existing: list[str]) -> str:
    hint = suggested(name, existing) or ";"
    return f"there is no service {name!r}{hint} correct `service` in `namespaces`, or create it in OpenMetadata"

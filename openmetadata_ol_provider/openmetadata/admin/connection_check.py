"""Checks a connection: address, version, health, token, every permission, and whether service addresses are visible.

A failure that makes the later steps pointless ends the check; after any other failure it goes on, so that one run shows
everything that is missing.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import CatalogueError
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openmetadata.admin.check_step import Step, warning
from openmetadata_ol_provider.openmetadata.admin.endpoint_check import endpoint_steps
from openmetadata_ol_provider.openmetadata.admin.permission_check import permission_steps
from openmetadata_ol_provider.openmetadata.admin.rule_check import rule_steps
from openmetadata_ol_provider.openmetadata.client.error_body import read_error
from openmetadata_ol_provider.openmetadata.client.token import TokenClaims
from openmetadata_ol_provider.openmetadata.client.version import MINIMUM_VERSION

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

#: A token that expires within this time is warned about.
EXPIRES_SOON = dt.timedelta(days=7)
#: The bot that OpenMetadata's own ingestion uses.
INGESTION_BOT = "ingestion-bot"
_SHARED_BOT = (
    f"but {INGESTION_BOT} is the bot of OpenMetadata's own ingestion: the server takes the changes that one bot makes "
    "within ten minutes for one, and column lineage of new columns can be lost; create a bot for this provider"
)
#: Kinds of services that are matched by their address; buckets are found by their containers instead.
_KINDS_WITH_HOSTS = ("databaseService", "messagingService")


def check_catalogue(client: OpenMetadataClient, config: Config) -> list[Step]:
    """Try everything that publishing needs, without writing.

    :param client: client to check
    :param config: configuration, which decides the permissions that are needed
    :return: the steps; the last one failed if the address, the version or the token is wrong
    """
    steps = _address_steps(client)
    if not all(step.passed for step in steps):
        return steps
    steps.append(_health_step(client))
    token_step = _token_step(client)
    steps.append(token_step)
    if not token_step.passed:
        return steps
    steps += expiry_steps(client.token_claims, dt.datetime.now(dt.timezone.utc), client.server.settings.token)
    steps += permission_steps(client, config)
    steps += endpoint_steps(client, config)
    steps += rule_steps(client, config)
    steps.append(_services_step(client))
    return steps


def _address_steps(client: OpenMetadataClient) -> list[Step]:
    try:
        version = client.fetch_version()
    except CatalogueError as error:
        return [Step("address", False, str(error))]
    steps = [Step("address", True, f"OpenMetadata {version} answers at {client.base_url}")]
    if client.exposure is not None:
        remedy = (
            "anybody on the network path can read and use it; use an https address and, if need be, set `verify` to a "
            "CA file"
        )
        steps.append(warning("TLS", f"{client.exposure}: {remedy}"))
    if version.at_least(*MINIMUM_VERSION):
        return [*steps, Step("version", True, f"{version} is supported")]
    oldest = ".".join(map(str, MINIMUM_VERSION))
    return [*steps, Step("version", False, f"{version} is too old: {oldest} or later is needed")]


def _health_step(client: OpenMetadataClient) -> Step:
    try:
        response = client.probe("v1/system/health")
    except CatalogueError as error:
        return Step("health", False, str(error))
    if response.status >= 500:
        message = read_error(response).message
        return Step(
            "health", False, f"the server reports that it is unhealthy ({response.status}: {message}); check its log"
        )
    # The UI answers paths that the API does not have.
    if response.status == 200 and response.content_type != "text/html":
        return Step("health", True, "the server reports that it is healthy")
    return Step("health", True, "this server does not report its health")


def _token_step(client: OpenMetadataClient) -> Step:
    try:
        user = client.request("GET", "v1/users/loggedInUser", missing_ok=True, attempts=1) or {}
    except CatalogueError as error:
        return Step("token", False, str(error))
    name = user.get("name", "unknown")
    if user.get("isBot"):
        if name == INGESTION_BOT:
            return warning("token", f"accepted, {_SHARED_BOT}")
        return Step("token", True, f"accepted, bot {name}")
    if user.get("isBot") is False:
        return warning("token", f"accepted, but {name} is a person and not a bot; use the token of a bot")
    return Step("token", True, f"accepted, user {name}")


def expiry_steps(claims: TokenClaims | None, now: dt.datetime, setting: str) -> list[Step]:
    """Return at most one step about the time until a token expires.

    :param claims: claims of the token; ``None`` if none is sent
    :param now: current time
    :param setting: setting with the token, for people
    """
    if claims is None:
        return []
    if not claims.readable:
        return [Step("token expiry", True, "the token is not a JWT, so its expiry is unknown")]
    if claims.expires_at is None:
        return [Step("token expiry", True, "the token does not expire")]
    when = f"the token expires on {claims.expires_at:%Y-%m-%d %H:%M} UTC"
    if claims.expires_at - now > EXPIRES_SOON:
        return [Step("token expiry", True, when)]
    return [warning("token expiry", f"{when}; renew it before then, and put the new one into {setting}")]


def _services_step(client: OpenMetadataClient) -> Step:
    """Check whether the token may see the addresses of services: without them, only rules match namespaces."""
    name = "service connections"
    hidden: dict[str, int] = {}
    visible = 0
    try:
        for kind in _KINDS_WITH_HOSTS:
            visibility = [_shows_connection(service) for service in client.pages(f"v1/services/{kind}s")]
            visible += sum(visibility)
            if visibility and not any(visibility):
                hidden[kind] = len(visibility)
    except CatalogueError as error:
        return warning(name, f"services cannot be listed ({error}); write `namespaces` rules")
    if hidden:
        kinds = ", ".join(f"{number} of kind {kind}" for kind, number in hidden.items())
        remedy = f"write `namespaces` rules, or give a role of the bot ViewAll on {', '.join(hidden)}"
        return warning(name, f"hidden for {kinds}: only rules match namespaces to these; {remedy}")
    return Step(name, True, f"visible for {counted(visible, 'service')}")


def _shows_connection(service: dict[str, Any]) -> bool:
    connection = service.get("connection")
    return isinstance(connection, dict) and bool(connection.get("config"))

"""The check of a connection: address, version, health, token, every permission, and what matching needs to see.

What later steps depend on stops the check; everything else is gone through, so that all that is missing is known at
once.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import CatalogueError
from openmetadata_ol_provider.openmetadata.admin.check_step import WARNING, Step
from openmetadata_ol_provider.openmetadata.admin.permissions import permission_steps
from openmetadata_ol_provider.openmetadata.client.client import MINIMUM_VERSION
from openmetadata_ol_provider.openmetadata.client.errors import message_of
from openmetadata_ol_provider.openmetadata.client.token import TokenFacts

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

#: A token that expires within so many days is warned about.
EXPIRES_SOON = dt.timedelta(days=7)
#: Buckets are found by their containers, whatever the connection of their service shows.
_KINDS_WITH_HOSTS = ("databaseService", "messagingService")


def check_catalogue(client: OpenMetadataClient, config: Config) -> list[Step]:
    """Try everything that publishing needs, writing nothing.

    :param config: what is to be written decides which permissions are needed
    :return: the steps; it ends with the first that nothing can follow: no address, too old, no token
    """
    steps = _reach(client)
    if not all(step.passed for step in steps):
        return steps
    steps.append(_health(client))
    token = _token(client)
    steps.append(token)
    if not token.passed:
        return steps
    steps += expiry_steps(client.token_facts, dt.datetime.now(dt.timezone.utc))
    steps += permission_steps(client, config)
    steps.append(_services(client))
    return steps


def _reach(client: OpenMetadataClient) -> list[Step]:
    try:
        version = client.ask_version()
    except CatalogueError as error:
        return [Step("address", False, str(error))]
    steps = [Step("address", True, f"OpenMetadata {version} answers at {client.base_url}")]
    if client.exposure is not None:
        remedy = "anybody on the way could read and use it; give a https address, and a CA file as `verify` if need be"
        steps.append(Step("TLS", True, f"{WARNING}{client.exposure}: {remedy}"))
    if version.at_least(*MINIMUM_VERSION):
        return [*steps, Step("version", True, f"{version} is supported")]
    oldest = ".".join(map(str, MINIMUM_VERSION))
    return [*steps, Step("version", False, f"{version} is too old: {oldest} or later is needed")]


def _health(client: OpenMetadataClient) -> Step:
    try:
        answer = client.probe("v1/system/health")
    except CatalogueError as error:
        return Step("health", False, str(error))
    if answer.status >= 500:
        return Step(
            "health", False, f"the server says that it is not well ({answer.status}: {message_of(answer)}); look into "
            "its log"
        )  # fmt: skip
    # The UI answers paths that the API does not have.
    if answer.status == 200 and answer.content_type != "text/html":
        return Step("health", True, "the server says that it is well")
    return Step("health", True, "this server does not tell")


def _token(client: OpenMetadataClient) -> Step:
    try:
        user = client.request("GET", "v1/users/loggedInUser", missing_ok=True, attempts=1) or {}
    except CatalogueError as error:
        return Step("token", False, str(error))
    name = user.get("name", "unknown")
    if user.get("isBot"):
        return Step("token", True, f"accepted, bot {name}")
    if user.get("isBot") is False:
        return Step("token", True, f"{WARNING}accepted, but {name} is a person and not a bot; take the token of a bot")
    return Step("token", True, f"accepted, user {name}")


def expiry_steps(token: TokenFacts | None, now: dt.datetime) -> list[Step]:
    """Return what is to be said of the time until a token expires, at most one step.

    :param token: ``None`` where none is sent
    """
    if token is None:
        return []
    if not token.readable:
        return [Step("token expiry", True, "the token is no JWT, so it does not say when it expires")]
    if token.expires_at is None:
        return [Step("token expiry", True, "the token does not expire")]
    when = f"the token expires on {token.expires_at:%Y-%m-%d %H:%M} UTC"
    if token.expires_at - now > EXPIRES_SOON:
        return [Step("token expiry", True, when)]
    return [Step("token expiry", True, f"{WARNING}{when}; renew it before, and put the new one into the connection")]


def _services(client: OpenMetadataClient) -> Step:
    """Tell whether the token may see where the services are: without, only rules match namespaces to services."""
    name = "service connections"
    hidden: dict[str, int] = {}
    shown = 0
    try:
        for kind in _KINDS_WITH_HOSTS:
            told = [_shows_connection(item) for item in client.pages(f"v1/services/{kind}s")]
            shown += sum(told)
            if told and not any(told):
                hidden[kind] = len(told)
    except CatalogueError as error:
        return Step(name, True, f"{WARNING}services cannot be listed ({error}); write `namespaces` rules")
    if hidden:
        kinds = ", ".join(f"{number} of kind {kind}" for kind, number in hidden.items())
        remedy = f"write `namespaces` rules, or give a role of the bot ViewAll on {', '.join(hidden)}"
        return Step(name, True, f"{WARNING}not shown of {kinds}: only rules match namespaces to these; {remedy}")
    return Step(name, True, f"shown of {shown} services")


def _shows_connection(service: dict[str, Any]) -> bool:
    connection = service.get("connection")
    return isinstance(connection, dict) and bool(connection.get("config"))

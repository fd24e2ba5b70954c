"""Checks whether the endpoints answer that only decorate lineage: a publication goes on without them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueError
from openmetadata_ol_provider.openmetadata.admin.check_step import Step, warning
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.version import OBSERVABILITY_SINCE
from openmetadata_ol_provider.openmetadata.pipeline_paths import PIPELINES, status_path

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

NAME = "optional endpoints"
_FIRST = {"limit": 1}


class _Probe(NamedTuple):
    """A request that shows whether an endpoint answers.

    :param setting: setting with which nothing needs it
    """

    facts: str
    setting: str
    path: str
    params: Mapping[str, Any]


def endpoint_steps(client: OpenMetadataClient, config: Config) -> list[Step]:
    """Ask each endpoint once, by reading; what fails only when it is written to shows in the report.

    :param client: client to check
    :param config: configuration, which decides the endpoints that are needed
    :return: a warning for each endpoint that fails, or one step if all answer
    """
    steps: list[Step] = []
    number = 0
    for probe in _probes(client, config):
        number += 1
        try:
            client.request("GET", probe.path, params=probe.params, attempts=1)
        except CatalogueError as error:
            remedy = f"lineage is published without {probe.facts}, which are tried again later"
            steps.append(warning(NAME, f"{error}; {remedy}, or set {probe.setting}"))
    return steps or [Step(NAME, True, f"{number} answer")]


def _probes(client: OpenMetadataClient, config: Config) -> Iterator[_Probe]:
    write = config.write
    pipeline = _any(client, PIPELINES)
    if pipeline is not None:
        now = dt.datetime.now(dt.timezone.utc)
        end = int(now.timestamp() * 1000)
        status, usage = (status_path(pipeline[1]), path("v1/usage/pipeline", pipeline[0]))
        if write.status != "never":
            yield _Probe("statuses", "write.status: never", status, {"startTs": end - 1, "endTs": end})
        if write.usage != "never":
            yield _Probe("usage", "write.usage: never", usage, {"date": now.date().isoformat(), "days": 1})
    if write.observability and client.version.at_least(*OBSERVABILITY_SINCE):
        table = _any(client, "v1/tables")
        if table is not None:
            rows = path("v1/tables", table[0], "pipelineObservability")
            yield _Probe("observability", "write.observability: false", rows, {})
    if write.queries:
        yield _Probe("queries", "write.queries: false", "v1/queries", _FIRST)
    if write.tests != "never":
        yield _Probe("test results", "write.tests: never", "v1/dataQuality/testDefinitions", _FIRST)
    if write.owners != "never":
        for collection in ("users", "teams"):
            yield _Probe("owners", "write.owners: never", f"v1/{collection}", _FIRST)
    if write.tags != "never":
        for collection in ("classifications", "tags"):
            yield _Probe("tags", "write.tags: never", f"v1/{collection}", _FIRST)


def _any(client: OpenMetadataClient, collection: str) -> tuple[str, str] | None:
    """Return the id and FQN of an entity; without one, nothing can be read of its kind."""
    try:
        entities = (client.request("GET", collection, params=_FIRST, attempts=1) or {}).get("data") or ()
    except CatalogueError:
        return None
    return next(((str(one["id"]), str(one["fullyQualifiedName"])) for one in entities), None)

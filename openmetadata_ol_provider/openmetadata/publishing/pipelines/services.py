"""Pipeline services: which one an integration's pipelines belong to, its type, and which ones exist.

All services are listed once per publication; a missing one is created when the first pipeline needs it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueError, CatalogueRequestError
from openmetadata_ol_provider.openlineage.integration_names import integration_name
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.client.creation import create_or_read
from openmetadata_ol_provider.openmetadata.client.version import Version
from openmetadata_ol_provider.openmetadata.fqn import quote
from openmetadata_ol_provider.openmetadata.pipeline_paths import PIPELINE_SERVICES

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config

#: Type of a service for several integrations, or for one that OpenMetadata has no type for.
GENERAL = "OpenLineage"
#: Type that every version knows, in place of one that only later versions know.
_CUSTOM = "CustomPipeline"
#: Service type by integration, and the first version that certainly knows it.
_TYPES: dict[str, tuple[str, tuple[int, int]]] = {
    "AIRBYTE": ("Airbyte", (1, 8)),
    "AIRFLOW": ("Airflow", (1, 8)),
    "AZURE_DATA_FACTORY": ("DataFactory", (1, 8)),
    "DAGSTER": ("Dagster", (1, 8)),
    "DATABRICKS": ("DatabricksPipeline", (1, 8)),
    "DBT": ("DBTCloud", (1, 8)),
    "DBT_CLOUD": ("DBTCloud", (1, 8)),
    # A connector that runs in Kafka Connect, where OpenMetadata's own ingestion finds it.
    "DEBEZIUM": ("KafkaConnect", (1, 8)),
    "FABRIC": ("MicrosoftFabricPipeline", (1, 12)),
    "FIVETRAN": ("Fivetran", (1, 8)),
    "FLINK": ("Flink", (1, 8)),
    "GLUE": ("GluePipeline", (1, 8)),
    "KAFKA_CONNECT": ("KafkaConnect", (1, 8)),
    "KINESIS_FIREHOSE": ("KinesisFirehose", (1, 11)),
    "MATILLION": ("Matillion", (1, 8)),
    "MULESOFT": ("Mulesoft", (1, 12)),
    "NIFI": ("Nifi", (1, 8)),
    "PREFECT": ("Prefect", (2, 0)),
    "SNOWPLOW": ("Snowplow", (1, 10)),
    "SPARK": ("Spark", (1, 8)),
    "SPLINE": ("Spline", (1, 8)),
    "SSIS": ("SSIS", (1, 8)),
    "STITCH": ("Stitch", (1, 8)),
    "WHERESCAPE": ("Wherescape", (1, 8)),
}


class PipelineService(NamedTuple):
    """A pipeline service that exists or has to be created.

    :param chosen: ``True`` if the configuration names it for the pipeline's integration
    """

    name: str
    type: str
    chosen: bool = False


def type_of(integration: str | None, version: Version) -> str | None:
    """Return the service type of an integration's own services, ``None`` if OpenMetadata has none for it.

    :param integration: name of the integration in events, e.g. ``AIRFLOW``
    :param version: version of the server; a type that it does not know is replaced by a custom service
    """
    entry = _TYPES.get(integration_name(integration).replace("-", "_").replace(" ", "_"))
    if entry is None:
        return None
    return entry[0] if version.at_least(*entry[1]) else _CUSTOM


class PipelineServices:
    """The pipeline services of one catalogue; safe for many threads.

    :param client: client of the catalogue
    :param config: services of the integrations, and whether missing ones may be created
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, config: Config, *, dry_run: bool) -> None:
        self._client = client
        self._config = config
        self._dry_run = dry_run
        self._lock = threading.Lock()
        self._listed: dict[str, str] | None = None
        self._ensured: dict[str, bool | CatalogueError] = {}

    def service_for(self, integration: str | None) -> PipelineService:
        """Return the service that the configuration names for an integration, with the type to create it with."""
        name = self._config.pipelines.service_for(integration)
        services = self._config.pipelines.service
        names = {(integration or "").upper(), integration_name(integration)}
        if not isinstance(services, dict) or names.isdisjoint(key.upper() for key in services):
            return PipelineService(name, GENERAL)
        return PipelineService(name, type_of(integration, self._client.version) or GENERAL, chosen=True)

    def of_integration(self, integration: str | None) -> tuple[str, ...]:
        """Return the names of the services of an integration's type, in order."""
        type_ = type_of(integration, self._client.version)
        if type_ is None or type_ == _CUSTOM:
            return ()
        return tuple(sorted(name for name, other in self._all().items() if other == type_))

    def has(self, name: str) -> bool:
        """Return whether there was a service of that name when the services were listed."""
        return name in self._all()

    def ensure(self, service: PipelineService) -> bool:
        """Return whether the service exists, after creating it if that is allowed; an existing one is never changed.

        :raises CatalogueError: if the catalogue refuses; again each time the service is asked for
        """
        if self.has(service.name):
            return True
        with self._lock:
            done = self._ensured.get(service.name)
            if done is None:
                try:
                    done = self._create(service)
                except CatalogueError as error:
                    done = error
                self._ensured[service.name] = done
        if isinstance(done, CatalogueError):
            raise done
        return done

    def _create(self, service: PipelineService) -> bool:
        # Read once more: somebody else may have created it since the services were listed.
        if self._client.get(path(PIPELINE_SERVICES, "name", quote(service.name))) is not None:
            return True
        if not self._config.write.create_services:
            return False
        if not self._dry_run:
            request = {"name": service.name, "serviceType": service.type}
            if create_or_read(self._client, PIPELINE_SERVICES, request, quote(service.name)).body.get("deleted"):
                # Restoring it would bring back all of its pipelines, which somebody did not want any more.
                raise CatalogueRequestError(
                    f"pipeline service {service.name} is soft-deleted in OpenMetadata: restore it there, delete it "
                    "permanently, or name another one in pipelines.service"
                )
        return True

    def _all(self) -> dict[str, str]:
        """Return the types of all services by name."""
        with self._lock:
            if self._listed is None:
                self._listed = {
                    str(service.get("name", "")): str(service.get("serviceType", ""))
                    for service in self._client.pages(PIPELINE_SERVICES)
                }
            return self._listed

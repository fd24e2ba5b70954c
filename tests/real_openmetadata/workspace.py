"""A workspace of its own in any OpenMetadata: services that begin with a given name, and are deleted at the end."""

from __future__ import annotations

import time
from typing import Any

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.exceptions import CatalogueError
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import (
    ColumnPair,
    ColumnSource,
    Dataset,
    DatasetId,
    Edge,
    Field,
    Job,
    JobId,
    LineagePlan,
    RunRecord,
)
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan

#: What the name of a workspace begins with, so that nothing else is ever touched.
PREFIX = "oltest_"
COLUMNS = ("id", "amount", "note")


class Workspace:
    """The services of one run of the kit.

    :param client: client of the server
    :param name: name that all services begin with
    :raises ValueError: if the name does not begin with ``oltest_``, or is in use
    """

    def __init__(self, client: OpenMetadataClient, name: str) -> None:
        if not name.startswith(PREFIX) or not name.replace("_", "").isalnum():
            raise ValueError(f"the name is {name!r}; give one of letters, digits and _ that begins with {PREFIX}")
        self.client = client
        self.name = name
        self._made: list[tuple[str, str]] = []
        self.database, self.pipelines, self.storage = f"{name}_db", f"{name}_jobs", f"{name}_store"
        self.namespace = f"postgres://{name.replace('_', '-').lower()}.invalid:5432"
        self.config = Config.model_validate(
            {
                "namespaces": [
                    {"namespace": self.namespace, "service": self.database},
                    {"namespace": f"s3://{self.bucket}", "service": self.storage},
                ],
                "pipelines": {"service": self.pipelines},
                "write": {"create_datasets": True, "tags": "never", "owners": "never"},
            }
        )

    @property
    def bucket(self) -> str:
        """The bucket of its storage service."""
        return self.name.replace("_", "-").lower()

    # -- setting up and taking down ------------------------------------------------------------------------------

    @property
    def _services(self) -> dict[str, tuple[str, dict[str, Any]]]:
        return {
            self.database: ("databaseServices", {"serviceType": "CustomDatabase"}),
            self.storage: ("storageServices", {"serviceType": "CustomStorage"}),
            self.pipelines: ("pipelineServices", {"serviceType": "CustomPipeline"}),
        }

    def create(self) -> None:
        """Create the services and the schema.

        :raises ValueError: if one of them exists already
        """
        for name, (collection, _) in self._services.items():
            if self.client.get(f"v1/services/{collection}/name/{name}", {"include": "all"}) is not None:
                raise ValueError(f"{collection} {name} exists already; give another name")
        for name, (collection, body) in self._services.items():
            self.client.post(f"v1/services/{collection}", {"name": name, **body})
        self.client.post("v1/databases", {"name": "shop", "service": self.database})
        self.client.post("v1/databaseSchemas", {"name": "public", "database": f"{self.database}.shop"})

    def make(self, collection: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create something beside the services, such as a domain, that is deleted at the end.

        :param body: create request; the name begins with that of the workspace, so that nothing else is ever deleted
        """
        if not str(body["name"]).startswith(self.name):
            raise ValueError(f"the name of {collection} {body['name']} does not begin with {self.name}")
        made = self.client.post(f"v1/{collection}", body)
        self._made.append((f"v1/{collection}", str(made["fullyQualifiedName"])))
        return made

    def delete(self) -> list[str]:
        """Delete the services with all that is in them and what else was made, and return what could not be deleted."""
        services = [(f"v1/services/{collection}", name) for name, (collection, _) in self._services.items()]
        return [
            left for collection, name in (*services, *reversed(self._made)) if (left := self._delete(name, collection))
        ]

    def _delete(self, name: str, collection: str) -> str:
        try:
            stored = self.client.get(path(collection, "name", name), {"include": "all"})
            if stored is not None:
                everything = {"hardDelete": "true", "recursive": "true"}
                self.client.delete(f"{collection}/{stored['id']}", everything)
        except CatalogueError as error:
            return f"{collection} {name}: {error}"
        return ""

    # -- content -------------------------------------------------------------------------------------------------

    def table(self, name: str) -> Dataset:
        """Create a table, as an ingestion does, and return the dataset that it is."""
        columns = [{"name": column, "dataType": "STRING"} for column in COLUMNS]
        body = {"name": name, "databaseSchema": f"{self.database}.shop.public", "columns": columns}
        self.client.post("v1/tables", body)
        return self.dataset(name)

    def dataset(self, name: str, *fields: str, **facts: Any) -> Dataset:
        """Return a dataset of the schema."""
        full = f"shop.public.{name}"
        identities = (Identity(self.namespace, full, "table"),)
        return Dataset(
            self.namespace, full, identities, fields=tuple(Field(field, "string") for field in fields), **facts
        )

    def stored(self, name: str, fields: str = "owners,tags,domains") -> dict[str, Any]:
        """Return a table as it is stored."""
        if not self.client.version.at_least(1, 9):
            fields = fields.replace("domains", "domain")
        return self.client.get(f"v1/tables/name/{self.fqn(name)}", {"fields": f"columns,{fields}"}) or {}

    def fqn(self, name: str) -> str:
        """Return the FQN of a table."""
        return f"{self.database}.shop.public.{name}"

    def pipeline(self, name: str) -> dict[str, Any]:
        """Return a pipeline as it is stored."""
        fqn = f"{self.pipelines}.prod:{name}"
        return self.client.get(f"v1/pipelines/name/{fqn}", {"fields": "tasks,owners,tags,pipelineStatus"}) or {}

    def edge_details(self, source: str, target: str) -> dict[str, Any]:
        """Return the details of an edge between tables, empty if there is none."""
        ends = (self.stored(source)["id"], self.stored(target)["id"])
        answer = self.client.get(f"v1/lineage/getLineageEdge/{ends[0]}/{ends[1]}") or {}
        details: dict[str, Any] = answer.get("edge", answer)
        return details.get("lineageDetails", details)

    # -- publishing ----------------------------------------------------------------------------------------------

    def publish(self, plan: LineagePlan) -> PublishReport:
        """Publish a plan with the workspace's rules, comparing everything."""
        return publish_plan(plan, self.client, self.config).report

    def writes(self) -> int:
        """Return the number of requests sent so far that change something."""
        return sum(number for method, number in self.client.calls.items() if method != "GET")

    def wait_for(self, what: Any, seconds: float = 20.0) -> bool:
        """Return whether something comes true in time: the search index is not updated at once."""
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end:
                return False
            time.sleep(0.5)
        return True


def require(holds: object, seen: object) -> None:
    """Raise what was seen unless a law holds."""
    if not holds:
        raise AssertionError(str(seen))


def job(name: str, **facts: Any) -> Job:
    """Return a job that is a pipeline of its own."""
    id_ = JobId("prod", name)
    return Job("prod", name, pipeline=id_, **facts)


def edge(source: Dataset, target: Dataset, name: str, *columns: str, sql: str | None = None) -> Edge:
    """Return an edge that copies columns of the same name."""
    pairs = tuple(ColumnPair(ColumnSource(source.namespace, source.name, column), column) for column in columns)
    ends = (DatasetId(source.namespace, source.name), DatasetId(target.namespace, target.name))
    return Edge(*ends, JobId("prod", name), "columns" if pairs else "product", pairs, sql=sql)


def run(name: str, started: str, **facts: Any) -> RunRecord:
    """Return a run that has ended well."""
    id_ = JobId("prod", name)
    return RunRecord(
        f"run-{started}",
        id_,
        "COMPLETE",
        id_,
        f"run-{started}",
        pipeline_started_at=started,
        started_at=started,
        **facts,
    )


def plan(*edges: Edge, datasets: Any = (), jobs: Any = (), runs: Any = ()) -> LineagePlan:
    """Return a plan."""
    return LineagePlan(events=1, edges=edges, datasets=tuple(datasets), jobs=tuple(jobs), runs=tuple(runs))

"""The configuration document: its sections and keys, with their defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from openmetadata_ol_provider.openlineage.integration_names import integration_name
from openmetadata_ol_provider.regex.safe_regex import Pattern, Template

#: Largest ``lineage.expire_after``, in days: ten years.
MAX_EXPIRE_AFTER = 3650

WritePolicy = Literal["never", "if_empty", "if_ours", "always"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _regex(value: str) -> str:
    Pattern(strip_slashes(value))
    return value


class NamespaceRule(_Section):
    """Maps a namespace of the events to the catalogue; the first rule that matches wins.

    :param namespace: literal, or with ``*`` and ``?``, or ``/regular expression/``
    :param service: OpenMetadata service of any kind
    :param database: database name, overrides the one in the dataset's name
    :param db_schema: schema name, overrides the one in the dataset's name (key ``schema``)
    :param ignore: ``True`` to leave out datasets of this namespace
    """

    namespace: str
    service: str | None = None
    database: str | None = None
    db_schema: str | None = Field(default=None, alias="schema")
    ignore: bool = False

    @field_validator("namespace")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return _regex(value) if strip_slashes(value) != value else value


class RenameRule(_Section):
    """Rewrites ``namespace name`` before datasets are resolved.

    :param match: ``/regular expression/``, searched in ``namespace name``
    :param to: replacement, with group references as in :func:`re.sub`
    """

    match: str
    to: str

    @field_validator("match")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return _regex(value)

    @model_validator(mode="after")
    def _replaces(self) -> RenameRule:
        Template(self.to, Pattern(strip_slashes(self.match)))
        return self


class DatasetOptions(_Section):
    """Selects datasets and normalises their names.

    :param rename: rules applied in order before datasets are resolved
    :param strip_partitions: ``True`` to reduce physical paths to logical datasets (without ``key=value``, part files)
    :param include: patterns of the datasets to publish
    :param exclude: patterns of the datasets to leave out; takes precedence over ``include``
    :param case: comparison of names with the catalogue: ``catalogue`` ignores case, ``exact`` does not
    """

    rename: tuple[RenameRule, ...] = ()
    strip_partitions: bool = True
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    case: Literal["catalogue", "exact"] = "catalogue"


class ResolutionOptions(_Section):
    """Decides how datasets are matched to services.

    :param by_name: matching by a unique name: ``when_unknown`` unless the connection of the service names another
        address, ``always`` even then, ``never`` not at all
    """

    by_name: Literal["never", "when_unknown", "always"] = "when_unknown"


class PipelineOptions(_Section):
    """Selects jobs and maps them to pipelines and services.

    :param service: pipeline service, or a mapping by integration (``{AIRFLOW: airflow_prod, default: openlineage}``)
    :param level: run of the hierarchy that becomes the pipeline
    :param reuse: ``True`` to use an existing pipeline of that name that the system's own ingestion created
    :param include: patterns of the pipelines, and of jobs in them, to publish
    :param exclude: patterns of the pipelines and jobs to leave out; takes precedence over ``include``
    """

    service: str | dict[str, str] = "openlineage"
    level: Literal["root", "parent", "job"] = "root"
    reuse: bool = True
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()

    def service_for(self, integration: str | None) -> str:
        """Return the pipeline service for a job's integration (``AIRFLOW``, ``SPARK`` ...)."""
        if isinstance(self.service, str):
            return self.service
        by_integration = {key.upper(): name for key, name in self.service.items()}
        # With its version, as the event has it, or without.
        names = ((integration or "").upper(), integration_name(integration), "DEFAULT")
        return next((by_integration[name] for name in names if name in by_integration), "openlineage")


class LineageOptions(_Section):
    """Selects the lineage to publish.

    :param columns: ``True`` to publish column lineage
    :param indirect: ``True`` to include columns that only affect others through filters, joins or groups
    :param on: states of a run in which its edges are published; a streaming job's are also published while it runs
    :param pipeline_nodes: ``True`` if pipelines become nodes of the graph where a job has only inputs or only outputs
    :param stale_after: number of complete runs without an edge after which the edge is stale
    :param pair_by_name: integrations, or patterns of jobs, whose inputs and outputs are paired by their names
    :param expire_after: number of days with events after which an edge that no run has confirmed is removed if it is
        only ours; default: edges do not expire
    """

    columns: bool = True
    indirect: bool = False
    on: tuple[Literal["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"], ...] = ("COMPLETE",)
    pipeline_nodes: bool = False
    stale_after: int = Field(default=5, ge=1)
    pair_by_name: tuple[str, ...] = ()
    expire_after: int | None = Field(default=None, ge=1, le=MAX_EXPIRE_AFTER)


class WriteOptions(_Section):
    """Selects what is written, and whether it replaces values of other writers.

    :param descriptions: policy for descriptions
    :param owners: policy for owners
    :param tags: policy for tags
    :param create_tags: ``True`` to create missing tags, in the classification ``OpenLineage``
    :param status: policy for the statuses of runs: ``never`` or ``always``
    :param sql: policy for SQL: ``never``, ``redacted`` (without its literals) or ``always``
    :param usage: policy for the number of task runs per day, as usage of the pipeline: ``never`` or ``always``
    :param exposures: ``True`` to write edges from dbt models to the dashboards that their exposures name
    :param observability: ``True`` to write, for each table and pipeline, the newest run that wrote the table (1.11 on)
    :param queries: ``True`` to write the SQL of runs as query entities
    :param profile: ``True`` to write rows written by runs, and metrics that runs have measured, as profiles of tables
    :param tests: results of tests: ``never``, of ``existing`` test cases only, or ``create`` those that are missing
    :param lifecycle: policy for soft deletion of dropped or renamed datasets; ``if_ours`` deletes stubs only
    :param stale_edges: treatment of stale edges that this package wrote
    :param create_pipelines: ``True`` to create missing pipelines
    :param create_services: ``True`` to create missing pipeline services
    :param create_datasets: ``True`` to create stubs of missing tables, topics and containers
    :param max_failure_ratio: share of pipelines, edges and stubs that may fail before the task fails, from 0 to 1
    """

    descriptions: WritePolicy = "if_empty"
    owners: WritePolicy = "if_empty"
    tags: WritePolicy = "if_ours"
    create_tags: bool = False
    status: Literal["never", "always"] = "always"
    sql: Literal["never", "redacted", "always"] = "always"
    usage: Literal["never", "always"] = "always"
    exposures: bool = True
    observability: bool = True
    queries: bool = False
    profile: bool = False
    tests: Literal["never", "existing", "create"] = "never"
    lifecycle: Literal["never", "if_ours", "always"] = "never"
    stale_edges: Literal["never", "report", "remove"] = "report"
    create_pipelines: bool = True
    create_services: bool = True
    create_datasets: bool = False
    max_failure_ratio: float = Field(default=0.1, ge=0, le=1)


class ParkingOptions(_Section):
    """Limits the parking of lineage that cannot be published yet.

    :param max_days: days after which parked lineage is dropped and reported
    :param max_edges: largest number of parked edges; the oldest are dropped first and reported
    """

    max_days: float = Field(default=7, gt=0)
    max_edges: int = Field(default=10_000, ge=0)


class LedgerOptions(_Section):
    """Limits the ledger of published facts, which need not be compared with the catalogue again.

    :param max_facts: largest number of facts; those published longest ago are dropped first; 0 switches the ledger off
    :param trust_hours: hours after which an unchanged fact is compared with the catalogue again
    """

    max_facts: int = Field(default=50_000, ge=0)
    trust_hours: float = Field(default=24, ge=0)


class Config(_Section):
    """The whole document. Everything has a default; the common case works without any config."""

    namespaces: tuple[NamespaceRule, ...] = ()
    datasets: DatasetOptions = DatasetOptions()
    resolution: ResolutionOptions = ResolutionOptions()
    pipelines: PipelineOptions = PipelineOptions()
    lineage: LineageOptions = LineageOptions()
    write: WriteOptions = WriteOptions()
    parking: ParkingOptions = ParkingOptions()
    ledger: LedgerOptions = LedgerOptions()


def strip_slashes(pattern: str) -> str:
    """Return the regular expression inside ``/.../``, or the pattern itself if there are no slashes."""
    return pattern[1:-1] if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/") else pattern

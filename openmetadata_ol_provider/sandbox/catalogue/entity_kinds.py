"""The kinds of entities: the path of their routes, their parents, their named parts, and their on-request fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from openmetadata_ol_provider.sandbox.catalogue.schema_versions import property_names

#: Fields returned only when ``fields=`` requests them, in every kind that has them.
_ON_REQUEST = frozenset(
    {
        "owners", "tags", "domain", "domains", "dataProducts", "extension", "followers", "votes", "lifeCycle",
        "sourceHash", "experts", "reviewers", "certification",
    }
)  # fmt: skip
#: Fields that may be requested from every kind, but are returned always or never.
_ALWAYS_SELECTABLE = frozenset(
    {
        "parent", "children", "usageSummary", "tasks", "columns", "service", "database", "databaseSchema",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of entity.

    :param type: name in references, e.g. ``table``
    :param path: path of its routes below ``/api/v1/``, e.g. ``tables``
    :param schema: definition of the create request in ``request_schemas.json``
    :param parent: field of the create request with the FQN of the parent, e.g. ``databaseSchema``
    :param parent_type: kind of the parent
    :param own_on_request: further fields that are returned only when requested, separated by spaces
    :param never_returned: fields that are stored but never returned
    :param unique: field whose value no two entities of the kind may share
    :param parts: path to the named parts that have FQNs of their own: columns, schema fields, tasks
    :param more_parts: paths to further named parts, whose FQNs contain the first step of the path
    :param by_name: fields that create requests give as FQNs, with the kind that each refers to
    :param index: search index; ``None`` if the kind cannot be searched
    :param infix: part of the FQN between the parent's FQN and the entity's own name
    :param unnoticed: fields whose change alone is not stored, separated by spaces; it is stored with the next change
    :param unnoticed_in_parts: the same for fields of the parts
    """

    type: str
    path: str
    schema: str
    parent: str | None = None
    parent_type: str | None = None
    own_on_request: str = ""
    never_returned: frozenset[str] = frozenset()
    unique: str = ""
    parts: tuple[str, ...] = ()
    more_parts: tuple[tuple[str, ...], ...] = ()
    by_name: Mapping[str, str] = field(default_factory=dict)
    index: str | None = None
    infix: str = ""
    unnoticed: str = ""
    unnoticed_in_parts: str = ""
    #: whether it is an asset, which has a certification and an entity status
    is_asset: bool = field(init=False)
    #: fields returned only when requested
    on_request: frozenset[str] = field(init=False)
    #: fields that may be requested
    selectable: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_asset", self.parent is not None and self.type != "tag")
        object.__setattr__(self, "on_request", _ON_REQUEST | set(self.own_on_request.split()))
        object.__setattr__(self, "selectable", self.on_request | property_names(self.schema) | _ALWAYS_SELECTABLE)


def _service(prefix: str, schema: str) -> Kind:
    return Kind(f"{prefix}Service", f"services/{prefix}Services", schema, index=f"{prefix}_service_search_index")


KINDS: tuple[Kind, ...] = (
    _service("database", "CreateDatabaseService"),
    _service("messaging", "CreateMessagingService"),
    _service("storage", "CreateStorageService"),
    _service("pipeline", "CreatePipelineService"),
    _service("dashboard", "CreateDashboardService"),
    _service("mlmodel", "CreateMlModelService"),
    _service("search", "CreateSearchService"),
    _service("api", "CreateApiService"),
    Kind(
        "database",
        "databases",
        "CreateDatabase",
        "service",
        "databaseService",
        own_on_request="databaseSchemas usageSummary location",
        index="database_search_index",
    ),
    Kind(
        "databaseSchema",
        "databaseSchemas",
        "CreateDatabaseSchema",
        "database",
        "database",
        own_on_request="tables usageSummary",
        index="database_schema_search_index",
    ),
    Kind(
        "table",
        "tables",
        "CreateTable",
        "databaseSchema",
        "databaseSchema",
        own_on_request="columns tableConstraints tablePartition usageSummary customMetrics joins schemaDefinition "
        "dataModel testSuite sampleData tableProfilerConfig profile viewDefinition queries",
        parts=("columns",),
        index="table_search_index",
    ),
    Kind(
        "storedProcedure",
        "storedProcedures",
        "CreateStoredProcedure",
        "databaseSchema",
        "databaseSchema",
        index="stored_procedure_search_index",
    ),
    Kind(
        "topic",
        "topics",
        "CreateTopic",
        "service",
        "messagingService",
        own_on_request="sampleData",
        parts=("messageSchema", "schemaFields"),
        index="topic_search_index",
    ),
    Kind(
        "container",
        "containers",
        "CreateContainer",
        "service",
        "storageService",
        own_on_request="parent children dataModel",
        parts=("dataModel", "columns"),
        index="container_search_index",
    ),
    Kind(
        "pipeline",
        "pipelines",
        "CreatePipeline",
        "service",
        "pipelineService",
        own_on_request="tasks pipelineStatus usageSummary",
        parts=("tasks",),
        index="pipeline_search_index",
        unnoticed="scheduleInterval startDate endDate",
        unnoticed_in_parts="displayName sourceUrl downstreamTasks taskType taskSQL startDate endDate owners",
    ),
    Kind(
        "chart",
        "charts",
        "CreateChart",
        "service",
        "dashboardService",
        own_on_request="dashboards usageSummary",
        by_name={"dashboards": "dashboard"},
        index="chart_search_index",
    ),
    Kind(
        "dashboardDataModel",
        "dashboard/datamodels",
        "CreateDashboardDataModel",
        "service",
        "dashboardService",
        parts=("columns",),
        index="dashboard_data_model_search_index",
        infix="model",
    ),
    Kind(
        "dashboard",
        "dashboards",
        "CreateDashboard",
        "service",
        "dashboardService",
        own_on_request="charts dataModels usageSummary",
        by_name={"charts": "chart", "dataModels": "dashboardDataModel"},
        index="dashboard_search_index",
    ),
    Kind(
        "mlmodel",
        "mlmodels",
        "CreateMlModel",
        "service",
        "mlmodelService",
        own_on_request="mlFeatures mlHyperParameters usageSummary dashboard",
        by_name={"dashboard": "dashboard"},
        index="mlmodel_search_index",
    ),
    Kind(
        "searchIndex",
        "searchIndexes",
        "CreateSearchIndex",
        "service",
        "searchService",
        own_on_request="fields",
        parts=("fields",),
        index="search_entity_search_index",
    ),
    Kind(
        "apiCollection",
        "apiCollections",
        "CreateAPICollection",
        "service",
        "apiService",
        own_on_request="apiEndpoints",
        by_name={"apiEndpoints": "apiEndpoint"},
        index="api_collection_search_index",
    ),
    Kind(
        "apiEndpoint",
        "apiEndpoints",
        "CreateAPIEndpoint",
        "apiCollection",
        "apiCollection",
        more_parts=(("requestSchema", "schemaFields"), ("responseSchema", "schemaFields")),
        index="api_endpoint_search_index",
    ),
    Kind(
        "query",
        "queries",
        "CreateQuery",
        "service",
        "databaseService",
        own_on_request="users queryUsedIn",
        never_returned=frozenset({"deleted", "serviceType"}),
        unique="checksum",
        by_name={"users": "user"},
        index="query_search_index",
    ),
    Kind("user", "users", "CreateUser", own_on_request="teams roles owns profile", index="user_search_index"),
    Kind(
        "team",
        "teams",
        "CreateTeam",
        own_on_request="users owns profile parents children",
        index="team_search_index",
    ),
    Kind("domain", "domains", "CreateDomain", by_name={"experts": "user"}, never_returned=frozenset({"deleted"})),
    Kind(
        "dataProduct",
        "dataProducts",
        "CreateDataProduct",
        by_name={"experts": "user"},
        never_returned=frozenset({"deleted"}),
    ),
    Kind("testDefinition", "dataQuality/testDefinitions", "CreateTestDefinition"),
    Kind("classification", "classifications", "CreateClassification"),
    Kind("tag", "tags", "CreateTag", "classification", "classification"),
)
BY_TYPE = {kind.type: kind for kind in KINDS}
#: Kinds that lineage may connect.
LINEAGE_TYPES = frozenset(BY_TYPE) - {
    "user", "team", "domain", "dataProduct", "classification", "tag", "query", "testDefinition",
}  # fmt: skip

"""The kinds of entities: where their routes live, what names and holds them, which fields are answered on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from openmetadata_ol_provider.sandbox.catalogue import (
    shapes_assets,
    shapes_data,
    shapes_people,
    shapes_services,
)
from openmetadata_ol_provider.sandbox.catalogue.validation import Shape, words

#: Answered only when asked for by ``fields=``, for every kind that has them.
_ON_DEMAND = words(
    "owners tags domain domains dataProducts extension followers votes lifeCycle sourceHash experts reviewers"
)
#: May be asked for of every kind, and are answered anyhow or never.
_ASKABLE = words("parent children usageSummary tasks columns certification service database databaseSchema")


@dataclass(frozen=True)
class Kind:
    """One kind of entity.

    :param type: name in references, e.g. ``table``
    :param path: where its routes live, e.g. ``tables``
    :param shape: the create request
    :param parent: field of the create request that names what holds it by FQN, e.g. ``databaseSchema``
    :param parent_type: kind of what holds it
    :param on_demand: fields of its own that are answered only when asked for, in one string
    :param unanswered: fields that are kept, but never answered
    :param unique: field that no two of a catalogue have the same of
    :param parts: path to the named parts that have FQNs of their own: columns, schema fields, tasks
    :param more_parts: paths to further ones, whose FQNs have the first step of the path in them
    :param by_name: fields that create requests give by FQN, and which kind each is of
    :param index: search index, where it can be searched
    :param infix: stands between the FQN of what holds it and its own name
    :param unnoticed: fields whose change alone is not stored, in one string; it comes with another change
    :param unnoticed_in_parts: the same, of its parts
    """

    type: str
    path: str
    shape: Shape
    parent: str | None = None
    parent_type: str | None = None
    on_demand: str = ""
    unanswered: frozenset[str] = frozenset()
    unique: str = ""
    parts: tuple[str, ...] = ()
    more_parts: tuple[tuple[str, ...], ...] = ()
    by_name: Mapping[str, str] = field(default_factory=dict)
    index: str | None = None
    infix: str = ""
    unnoticed: str = ""
    unnoticed_in_parts: str = ""
    #: fields answered only when asked for
    gated: frozenset[str] = field(init=False)
    #: fields that may be asked for
    selectable: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gated", _ON_DEMAND | words(self.on_demand))
        object.__setattr__(self, "selectable", self.gated | self.shape.fields.keys() | _ASKABLE)


def _service(prefix: str, shape: Shape) -> Kind:
    return Kind(f"{prefix}Service", f"services/{prefix}Services", shape, index=f"{prefix}_service_search_index")


KINDS: tuple[Kind, ...] = (
    _service("database", shapes_services.CREATE_DATABASE_SERVICE),
    _service("messaging", shapes_services.CREATE_MESSAGING_SERVICE),
    _service("storage", shapes_services.CREATE_STORAGE_SERVICE),
    _service("pipeline", shapes_services.CREATE_PIPELINE_SERVICE),
    _service("dashboard", shapes_services.CREATE_DASHBOARD_SERVICE),
    _service("mlmodel", shapes_services.CREATE_MLMODEL_SERVICE),
    _service("search", shapes_services.CREATE_SEARCH_SERVICE),
    _service("api", shapes_services.CREATE_API_SERVICE),
    Kind(
        "database",
        "databases",
        shapes_data.CREATE_DATABASE,
        "service",
        "databaseService",
        on_demand="databaseSchemas usageSummary location",
        index="database_search_index",
    ),
    Kind(
        "databaseSchema",
        "databaseSchemas",
        shapes_data.CREATE_SCHEMA,
        "database",
        "database",
        on_demand="tables usageSummary",
        index="database_schema_search_index",
    ),
    Kind(
        "table",
        "tables",
        shapes_data.CREATE_TABLE,
        "databaseSchema",
        "databaseSchema",
        on_demand="columns tableConstraints tablePartition usageSummary customMetrics joins schemaDefinition dataModel "
        "testSuite sampleData tableProfilerConfig profile viewDefinition queries",
        parts=("columns",),
        index="table_search_index",
    ),
    Kind(
        "storedProcedure",
        "storedProcedures",
        shapes_data.CREATE_STORED_PROCEDURE,
        "databaseSchema",
        "databaseSchema",
        index="stored_procedure_search_index",
    ),
    Kind(
        "topic",
        "topics",
        shapes_data.CREATE_TOPIC,
        "service",
        "messagingService",
        on_demand="sampleData",
        parts=("messageSchema", "schemaFields"),
        index="topic_search_index",
    ),
    Kind(
        "container",
        "containers",
        shapes_data.CREATE_CONTAINER,
        "service",
        "storageService",
        on_demand="parent children dataModel",
        parts=("dataModel", "columns"),
        index="container_search_index",
    ),
    Kind(
        "pipeline",
        "pipelines",
        shapes_assets.CREATE_PIPELINE,
        "service",
        "pipelineService",
        on_demand="tasks pipelineStatus usageSummary",
        parts=("tasks",),
        index="pipeline_search_index",
        unnoticed="scheduleInterval startDate endDate",
        unnoticed_in_parts="displayName sourceUrl downstreamTasks taskType taskSQL startDate endDate owners",
    ),
    Kind(
        "chart",
        "charts",
        shapes_assets.CREATE_CHART,
        "service",
        "dashboardService",
        on_demand="dashboards usageSummary",
        by_name={"dashboards": "dashboard"},
        index="chart_search_index",
    ),
    Kind(
        "dashboardDataModel",
        "dashboard/datamodels",
        shapes_assets.CREATE_DATA_MODEL,
        "service",
        "dashboardService",
        parts=("columns",),
        index="dashboard_data_model_search_index",
        infix="model",
    ),
    Kind(
        "dashboard",
        "dashboards",
        shapes_assets.CREATE_DASHBOARD,
        "service",
        "dashboardService",
        on_demand="charts dataModels usageSummary",
        by_name={"charts": "chart", "dataModels": "dashboardDataModel"},
        index="dashboard_search_index",
    ),
    Kind(
        "mlmodel",
        "mlmodels",
        shapes_assets.CREATE_MLMODEL,
        "service",
        "mlmodelService",
        on_demand="mlFeatures mlHyperParameters usageSummary dashboard",
        by_name={"dashboard": "dashboard"},
        index="mlmodel_search_index",
    ),
    Kind(
        "searchIndex",
        "searchIndexes",
        shapes_data.CREATE_SEARCH_INDEX,
        "service",
        "searchService",
        on_demand="fields",
        parts=("fields",),
        index="search_entity_search_index",
    ),
    Kind(
        "apiCollection",
        "apiCollections",
        shapes_assets.CREATE_API_COLLECTION,
        "service",
        "apiService",
        on_demand="apiEndpoints",
        by_name={"apiEndpoints": "apiEndpoint"},
        index="api_collection_search_index",
    ),
    Kind(
        "apiEndpoint",
        "apiEndpoints",
        shapes_assets.CREATE_API_ENDPOINT,
        "apiCollection",
        "apiCollection",
        more_parts=(("requestSchema", "schemaFields"), ("responseSchema", "schemaFields")),
        index="api_endpoint_search_index",
    ),
    Kind(
        "query",
        "queries",
        shapes_assets.CREATE_QUERY,
        "service",
        "databaseService",
        on_demand="users queryUsedIn",
        unanswered=words("deleted serviceType"),
        unique="checksum",
        by_name={"users": "user"},
        index="query_search_index",
    ),
    Kind("user", "users", shapes_people.CREATE_USER, on_demand="teams roles owns profile", index="user_search_index"),
    Kind(
        "team",
        "teams",
        shapes_people.CREATE_TEAM,
        on_demand="users owns profile parents children",
        index="team_search_index",
    ),
    Kind("domain", "domains", shapes_people.CREATE_DOMAIN, by_name={"experts": "user"}, unanswered=words("deleted")),
    Kind(
        "dataProduct",
        "dataProducts",
        shapes_people.CREATE_DATA_PRODUCT,
        by_name={"experts": "user"},
        unanswered=words("deleted"),
    ),
    Kind("classification", "classifications", shapes_people.CREATE_CLASSIFICATION),
    Kind("tag", "tags", shapes_people.CREATE_TAG, "classification", "classification"),
)
BY_TYPE = {kind.type: kind for kind in KINDS}
#: Entity types that lineage may connect.
LINEAGE_TYPES = frozenset(BY_TYPE) - {"user", "team", "domain", "dataProduct", "classification", "tag", "query"}

"""The kinds of entities: where their routes live, what names and holds them, which fields are answered on demand."""

from __future__ import annotations

from dataclasses import dataclass, field

from openmetadata_ol_provider.sandbox.catalogue import shapes
from openmetadata_ol_provider.sandbox.catalogue.validation import Shape

#: Answered only when asked for by ``fields=``, for every kind that has them.
_ON_DEMAND = frozenset(
    [
        "owners",
        "tags",
        "domain",
        "domains",
        "dataProducts",
        "extension",
        "followers",
        "votes",
        "lifeCycle",
        "sourceHash",
        "experts",
        "reviewers",
    ]
)


@dataclass(frozen=True)
class Kind:
    """One kind of entity.

    :param type: name in references, e.g. ``table``
    :param path: where its routes live, e.g. ``tables``
    :param shape: the create request
    :param parent: field of the create request that names what holds it by FQN, e.g. ``databaseSchema``
    :param parent_type: kind of what holds it
    :param on_demand: fields of its own that are answered only when asked for
    :param children: fields that hold named parts with FQNs of their own, as paths: columns, schema fields, tasks
    :param index: search index, where it can be searched
    """

    type: str
    path: str
    shape: Shape
    parent: str | None = None
    parent_type: str | None = None
    on_demand: frozenset[str] = frozenset()
    children: tuple[str, ...] | None = None
    index: str | None = None
    selectable: frozenset[str] = field(init=False)
    gated: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        gated = _ON_DEMAND | self.on_demand
        object.__setattr__(self, "gated", gated)
        more = {"parent", "children", "usageSummary", "tasks", "columns", self.parent or "name", "certification"}
        object.__setattr__(self, "selectable", gated | self.shape.fields.keys() | more)


def _service(prefix: str, shape: Shape) -> Kind:
    return Kind(f"{prefix}Service", f"services/{prefix}Services", shape, index=f"{prefix}_service_search_index")


def _asset(
    entity_type: str,
    path: str,
    shape: Shape,
    service: str,
    *,
    on_demand: str = "",
    children: tuple[str, ...] | None = None,
) -> Kind:
    return Kind(
        entity_type,
        path,
        shape,
        "service",
        f"{service}Service",
        frozenset(on_demand.split()),
        children,
        f"{'search_entity' if entity_type == 'searchIndex' else entity_type}_search_index",
    )


KINDS: tuple[Kind, ...] = (
    _service("database", shapes.CREATE_DATABASE_SERVICE),
    _service("messaging", shapes.CREATE_MESSAGING_SERVICE),
    _service("storage", shapes.CREATE_STORAGE_SERVICE),
    _service("pipeline", shapes.CREATE_PIPELINE_SERVICE),
    _service("dashboard", shapes.CREATE_OTHER_SERVICE),
    _service("mlmodel", shapes.CREATE_OTHER_SERVICE),
    _service("search", shapes.CREATE_OTHER_SERVICE),
    _asset(
        "database", "databases", shapes.CREATE_DATABASE, "database", on_demand="databaseSchemas usageSummary location"
    ),
    Kind(
        "databaseSchema",
        "databaseSchemas",
        shapes.CREATE_SCHEMA,
        "database",
        "database",
        frozenset({"tables", "usageSummary"}),
        None,
        "database_schema_search_index",
    ),
    Kind(
        "table",
        "tables",
        shapes.CREATE_TABLE,
        "databaseSchema",
        "databaseSchema",
        frozenset(
            [
                "columns",
                "tableConstraints",
                "tablePartition",
                "usageSummary",
                "customMetrics",
                "joins",
                "schemaDefinition",
                "dataModel",
                "testSuite",
                "sampleData",
                "tableProfilerConfig",
                "profile",
                "viewDefinition",
                "queries",
            ]
        ),
        ("columns",),
        "table_search_index",
    ),
    Kind(
        "storedProcedure",
        "storedProcedures",
        shapes.CREATE_STORED_PROCEDURE,
        "databaseSchema",
        "databaseSchema",
        index="stored_procedure_search_index",
    ),
    _asset(
        "topic",
        "topics",
        shapes.CREATE_TOPIC,
        "messaging",
        on_demand="sampleData",
        children=("messageSchema", "schemaFields"),
    ),
    _asset(
        "container",
        "containers",
        shapes.CREATE_CONTAINER,
        "storage",
        "parent children dataModel",
        ("dataModel", "columns"),
    ),
    _asset(
        "pipeline",
        "pipelines",
        shapes.CREATE_PIPELINE,
        "pipeline",
        on_demand="tasks pipelineStatus usageSummary",
        children=("tasks",),
    ),
    _asset("dashboard", "dashboards", shapes.CREATE_DASHBOARD, "dashboard", on_demand="charts dataModels usageSummary"),
    _asset(
        "mlmodel", "mlmodels", shapes.CREATE_MLMODEL, "mlmodel", "mlFeatures mlHyperParameters usageSummary dashboard"
    ),
    _asset(
        "searchIndex", "searchIndexes", shapes.CREATE_SEARCH_INDEX, "search", on_demand="fields", children=("fields",)
    ),
    Kind("user", "users", shapes.CREATE_USER, on_demand=frozenset({"teams", "roles", "owns", "profile"})),
    Kind("team", "teams", shapes.CREATE_TEAM, on_demand=frozenset({"users", "owns", "profile", "parents", "children"})),
    Kind("domain", "domains", shapes.CREATE_DOMAIN),
    Kind("classification", "classifications", shapes.CREATE_CLASSIFICATION),
    Kind("tag", "tags", shapes.CREATE_TAG, "classification", "classification"),
)
BY_TYPE = {kind.type: kind for kind in KINDS}
#: Entity types that lineage may connect.
LINEAGE_TYPES = frozenset(kind.type for kind in KINDS) - {"user", "team", "domain", "classification", "tag"}

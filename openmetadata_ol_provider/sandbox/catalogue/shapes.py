"""The bodies of create requests, field by field, with the versions in which fields came and went."""

from __future__ import annotations

from openmetadata_ol_provider.sandbox.catalogue.enums import (
    COLUMN_TYPES,
    DATABASE_SERVICES,
    FIELD_TYPES,
    MESSAGING_SERVICES,
    PIPELINE_SERVICES,
    STORAGE_SERVICES,
    TABLE_TYPES,
)
from openmetadata_ol_provider.sandbox.catalogue.validation import (
    Check,
    Field,
    Rules,
    Shape,
    anything,
    boolean,
    entity_name,
    integer,
    list_of,
    mapping,
    number,
    one_of,
    required,
    since,
    task_name,
    text,
    until,
    uuid,
)

REFERENCE = Shape(
    "EntityReference",
    {
        "id": required(uuid),
        "type": required(text),
        "name": text,
        "fullyQualifiedName": text,
        "description": text,
        "displayName": text,
        "deleted": boolean,
        "inherited": boolean,
        "href": text,
    },
)
TAG_LABEL = Shape(
    "TagLabel",
    {
        "tagFQN": required(text),
        "source": required(one_of("Classification", "Glossary")),
        "labelType": required(one_of("Manual", "Propagated", "Automated", "Derived", "Generated")),
        "state": required(one_of("Suggested", "Confirmed")),
        "name": text,
        "displayName": text,
        "description": text,
        "style": mapping,
        "href": text,
        "reason": since(text, 1, 10),
        "appliedAt": since(anything, 1, 11),
        "appliedBy": since(text, 1, 11),
        "metadata": since(mapping, 1, 12),
    },
)
_TAGS = list_of(TAG_LABEL)
_OWNERS = list_of(REFERENCE)


def _entity(name: str, **fields: Field | Check) -> Shape:
    """Return a create request: what every entity has, and its own."""
    common: dict[str, Field | Check] = {
        "name": required(entity_name),
        "displayName": text,
        "description": text,
        "tags": _TAGS,
        "owners": _OWNERS,
        "domain": until(text, 1, 9),
        "domains": since(list_of(text), 1, 9),
        "dataProducts": list_of(text),
        "extension": mapping,
        "lifeCycle": mapping,
        "sourceHash": text,
    }
    return Shape(name, common | fields)


def _service(name: str, service_types: Check) -> Shape:
    return _entity(
        name,
        serviceType=required(service_types),
        connection=mapping,
        scheduleInterval=text,
        ingestionRunner=REFERENCE,
        style=since(mapping, 2, 0),
    )


def _nested(name: str, types: Check, **more: Field | Check) -> Shape:
    """Return a column or message field, which may hold more of its kind."""

    def children(value: object, path: str, rules: Rules) -> None:
        list_of(shape)(value, path, rules)

    shape = Shape(
        name,
        {
            "name": required(entity_name),
            "dataType": required(types),
            "displayName": text,
            "dataTypeDisplay": text,
            "description": text,
            "fullyQualifiedName": text,
            "tags": _TAGS,
            "children": children,
        }
        | more,
    )
    return shape


COLUMN = _nested(
    "Column",
    COLUMN_TYPES,
    arrayDataType=COLUMN_TYPES,
    dataLength=integer,
    precision=integer,
    scale=integer,
    constraint=one_of("NULL", "NOT_NULL", "UNIQUE", "PRIMARY_KEY"),
    ordinalPosition=integer,
    jsonSchema=text,
    profile=mapping,
    customMetrics=list_of(mapping),
    extension=since(mapping, 1, 10),
)
MESSAGE_FIELD = _nested("Field", FIELD_TYPES)
TASK = Shape(
    "Task",
    {
        "name": required(task_name),
        "displayName": text,
        "fullyQualifiedName": text,
        "description": text,
        "sourceUrl": text,
        "downstreamTasks": list_of(text),
        "taskType": text,
        "taskSQL": text,
        "startDate": text,
        "endDate": text,
        "tags": _TAGS,
        "owners": _OWNERS,
    },
)

CREATE_DATABASE_SERVICE = _service("CreateDatabaseService", DATABASE_SERVICES)
CREATE_MESSAGING_SERVICE = _service("CreateMessagingService", MESSAGING_SERVICES)
CREATE_STORAGE_SERVICE = _service("CreateStorageService", STORAGE_SERVICES)
CREATE_PIPELINE_SERVICE = _service("CreatePipelineService", PIPELINE_SERVICES)
CREATE_OTHER_SERVICE = _service("CreateService", text)

CREATE_DATABASE = _entity(
    "CreateDatabase", service=required(text), default=boolean, retentionPeriod=text, sourceUrl=text
)
CREATE_SCHEMA = _entity("CreateDatabaseSchema", database=required(text), retentionPeriod=text, sourceUrl=text)
CREATE_TABLE = _entity(
    "CreateTable",
    databaseSchema=required(text),
    columns=required(list_of(COLUMN)),
    tableType=TABLE_TYPES,
    dataModel=mapping,
    tableConstraints=list_of(mapping),
    tablePartition=mapping,
    tableProfilerConfig=mapping,
    schemaDefinition=text,
    retentionPeriod=text,
    sourceUrl=text,
    fileFormat=text,
    locationPath=text,
    queries=list_of(text),
    processedLineage=boolean,
)
CREATE_STORED_PROCEDURE = _entity(
    "CreateStoredProcedure",
    databaseSchema=required(text),
    storedProcedureCode=required(mapping),
    storedProcedureType=text,
    sourceUrl=text,
)
CREATE_TOPIC = _entity(
    "CreateTopic",
    service=required(text),
    partitions=required(integer),
    messageSchema=Shape(
        "MessageSchema",
        {
            "schemaText": text,
            "schemaType": one_of("Avro", "Protobuf", "JSON", "Other", "None"),
            "schemaFields": list_of(MESSAGE_FIELD),
        },
    ),
    cleanupPolicies=list_of(one_of("delete", "compact")),
    retentionTime=number,
    maximumMessageSize=integer,
    minimumInSyncReplicas=integer,
    retentionSize=number,
    replicationFactor=integer,
    topicConfig=mapping,
    sourceUrl=text,
)
CREATE_CONTAINER = _entity(
    "CreateContainer",
    service=required(text),
    parent=REFERENCE,
    dataModel=Shape("ContainerDataModel", {"isPartitioned": boolean, "columns": required(list_of(COLUMN))}),
    prefix=text,
    fullPath=text,
    numberOfObjects=number,
    size=number,
    fileFormats=list_of(text),
    sourceUrl=text,
)
CREATE_PIPELINE = _entity(
    "CreatePipeline",
    service=required(text),
    sourceUrl=text,
    concurrency=integer,
    pipelineLocation=text,
    startDate=text,
    endDate=since(text, 1, 11),
    tasks=list_of(TASK),
    state=one_of("Active", "Inactive"),
    scheduleInterval=text,
)
CREATE_DASHBOARD = _entity(
    "CreateDashboard",
    service=required(text),
    charts=list_of(text),
    dataModels=list_of(text),
    dashboardType=text,
    project=text,
    sourceUrl=text,
)
CREATE_MLMODEL = _entity(
    "CreateMlModel",
    service=required(text),
    algorithm=required(text),
    mlFeatures=list_of(mapping),
    mlHyperParameters=list_of(mapping),
    target=text,
    server=text,
    mlStore=mapping,
    dashboard=text,
    sourceUrl=text,
)
CREATE_SEARCH_INDEX = _entity(
    "CreateSearchIndex",
    service=required(text),
    fields=required(list_of(COLUMN)),
    searchIndexSettings=mapping,
    indexType=text,
    sourceUrl=text,
)
CREATE_QUERY = _entity(
    "CreateQuery",
    service=required(text),
    query=required(text),
    query_type=text,
    exclude_usage=boolean,
    duration=number,
    users=list_of(text),
    usedBy=list_of(text),
    dialect=text,
    queryDate=integer,
    queryUsedIn=list_of(REFERENCE),
    triggeredBy=REFERENCE,
    processedLineage=boolean,
)
CREATE_API_COLLECTION = _entity("CreateAPICollection", service=required(text), endpointURL=text)
CREATE_API_ENDPOINT = _entity(
    "CreateAPIEndpoint",
    apiCollection=required(text),
    endpointURL=text,
    requestMethod=text,
    requestSchema=mapping,
    responseSchema=mapping,
)
CREATE_USER = _entity(
    "CreateUser",
    email=required(text),
    isBot=boolean,
    isAdmin=boolean,
    teams=list_of(uuid),
    roles=list_of(uuid),
    profile=mapping,
    timezone=text,
)
CREATE_TEAM = _entity(
    "CreateTeam",
    teamType=required(one_of("Group", "Department", "Division", "BusinessUnit", "Organization")),
    email=text,
    users=list_of(uuid),
    parents=list_of(uuid),
    children=list_of(uuid),
    isJoinable=boolean,
    profile=mapping,
)
CREATE_CLASSIFICATION = _entity(
    "CreateClassification", description=required(text), mutuallyExclusive=boolean, provider=text
)
CREATE_TAG = _entity(
    "CreateTag",
    description=required(text),
    classification=text,
    parent=text,
    mutuallyExclusive=boolean,
    provider=text,
    style=mapping,
)

CREATE_DOMAIN = _entity(
    "CreateDomain",
    description=required(text),
    domainType=required(one_of("Source-aligned", "Consumer-aligned", "Aggregate")),
    parent=text,
    style=mapping,
)

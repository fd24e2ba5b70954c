"""The create requests of what works with data: pipelines, queries, dashboards, charts, models, APIs."""

from __future__ import annotations

from openmetadata_ol_provider.sandbox.catalogue import enums
from openmetadata_ol_provider.sandbox.catalogue.checks import (
    ListOf,
    Name,
    OneOf,
    anything,
    boolean,
    date_time,
    entity_name,
    fqn,
    integer,
    number,
    text,
    uri,
)
from openmetadata_ol_provider.sandbox.catalogue.shapes_columns import API_SCHEMA, COLUMN
from openmetadata_ol_provider.sandbox.catalogue.shapes_common import DOMAINS, REFERENCE, REFERENCES, TAGS, asset
from openmetadata_ol_provider.sandbox.catalogue.validation import Shape, marks, required, since

TASK = Shape(
    "Task",
    {
        "name": required(Name(None, checked_since=marks("2.0"))),
        "displayName": text,
        "fullyQualifiedName": text,
        "description": text,
        "sourceUrl": text,
        "downstreamTasks": ListOf(text),
        "taskType": text,
        "taskSQL": text,
        "startDate": text,
        "endDate": text,
        "tags": TAGS,
        "owners": REFERENCES,
    },
)
CREATE_PIPELINE = asset(
    "CreatePipeline",
    service=required(fqn),
    sourceUrl=text,
    concurrency=integer,
    pipelineLocation=text,
    startDate=date_time,
    tasks=ListOf(TASK),
    state=OneOf("Active Inactive"),
    scheduleInterval=text,
)
CREATE_QUERY = Shape(
    "CreateQuery",
    {
        "name": entity_name,
        "displayName": text,
        "description": text,
        "owners": REFERENCES,
        "tags": TAGS,
        "query": required(text),
        "query_type": text,
        "exclude_usage": boolean,
        "duration": number,
        "users": ListOf(fqn),
        "usedBy": ListOf(text),
        "dialect": text,
        "queryDate": integer,
        "queryUsedIn": REFERENCES,
        "triggeredBy": REFERENCE,
        "processedLineage": boolean,
        "service": required(fqn),
        **DOMAINS,
    },
)
CREATE_DASHBOARD = asset(
    "CreateDashboard",
    service=required(fqn),
    charts=ListOf(fqn),
    dataModels=ListOf(fqn),
    dashboardType=OneOf("Dashboard Report"),
    project=text,
    sourceUrl=text,
)
CREATE_CHART = asset(
    "CreateChart",
    service=required(fqn),
    chartType=enums.CHART_TYPES,
    dashboards=ListOf(fqn),
    sourceUrl=text,
    extension=since(anything, "1.9"),
)
CREATE_DATA_MODEL = asset(
    "CreateDashboardDataModel",
    service=required(fqn),
    serviceType=enums.DASHBOARD_SERVICES,
    dataModelType=required(enums.DATA_MODEL_TYPES),
    columns=required(ListOf(COLUMN)),
    sql=text,
    project=text,
    sourceUrl=since(text, "1.9.17", "1.10"),
)
_FEATURE_SOURCE = Shape(
    "FeatureSource",
    {
        "name": entity_name,
        "dataType": enums.FEATURE_SOURCE_TYPES,
        "description": text,
        "fullyQualifiedName": fqn,
        "dataSource": REFERENCE,
        "tags": TAGS,
    },
)
_FEATURE = Shape(
    "MlFeature",
    {
        "name": entity_name,
        "dataType": OneOf("categorical numerical"),
        "description": text,
        "fullyQualifiedName": fqn,
        "featureSources": ListOf(_FEATURE_SOURCE),
        "featureAlgorithm": text,
        "tags": TAGS,
    },
)
CREATE_MLMODEL = asset(
    "CreateMlModel",
    service=required(fqn),
    algorithm=text,
    mlFeatures=ListOf(_FEATURE),
    mlHyperParameters=ListOf(Shape("MlHyperParameter", {"name": text, "value": text, "description": text})),
    target=entity_name,
    server=uri,
    mlStore=Shape("MlStore", {"storage": text, "imageRepository": text}),
    dashboard=fqn,
    sourceUrl=text,
)
CREATE_API_COLLECTION = asset("CreateAPICollection", service=required(fqn), endpointURL=uri, apiEndpoints=ListOf(fqn))
CREATE_API_ENDPOINT = asset(
    "CreateAPIEndpoint",
    apiCollection=required(fqn),
    endpointURL=required(uri, optional_since="1.11.11 1.12.2 1.13"),
    requestMethod=enums.HTTP_METHODS,
    requestSchema=API_SCHEMA,
    responseSchema=API_SCHEMA,
    sourceUrl=text,
)

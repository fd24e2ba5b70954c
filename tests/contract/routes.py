"""Which model the body of a request has to fit: the table of all routes that bodies may be sent to."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import BY_TYPE
from openmetadata_ol_provider.sandbox.catalogue.request_log import Sent
from tests.contract.models import Models


class KindModels(NamedTuple):
    """The models of a kind of entity: of its create request, and of itself."""

    create: str
    entity: str


#: By entity type.
KIND_MODELS = {
    "databaseService": KindModels(
        "api.services.createDatabaseService.CreateDatabaseServiceRequest",
        "entity.services.databaseService.DatabaseService",
    ),
    "messagingService": KindModels(
        "api.services.createMessagingService.CreateMessagingServiceRequest",
        "entity.services.messagingService.MessagingService",
    ),
    "storageService": KindModels(
        "api.services.createStorageService.CreateStorageServiceRequest",
        "entity.services.storageService.StorageService",
    ),
    "pipelineService": KindModels(
        "api.services.createPipelineService.CreatePipelineServiceRequest",
        "entity.services.pipelineService.PipelineService",
    ),
    "dashboardService": KindModels(
        "api.services.createDashboardService.CreateDashboardServiceRequest",
        "entity.services.dashboardService.DashboardService",
    ),
    "mlmodelService": KindModels(
        "api.services.createMlModelService.CreateMlModelServiceRequest",
        "entity.services.mlmodelService.MlModelService",
    ),
    "searchService": KindModels(
        "api.services.createSearchService.CreateSearchServiceRequest",
        "entity.services.searchService.SearchService",
    ),
    "apiService": KindModels(
        "api.services.createApiService.CreateApiServiceRequest", "entity.services.apiService.ApiService"
    ),
    "database": KindModels("api.data.createDatabase.CreateDatabaseRequest", "entity.data.database.Database"),
    "databaseSchema": KindModels(
        "api.data.createDatabaseSchema.CreateDatabaseSchemaRequest", "entity.data.databaseSchema.DatabaseSchema"
    ),
    "table": KindModels("api.data.createTable.CreateTableRequest", "entity.data.table.Table"),
    "storedProcedure": KindModels(
        "api.data.createStoredProcedure.CreateStoredProcedureRequest", "entity.data.storedProcedure.StoredProcedure"
    ),
    "topic": KindModels("api.data.createTopic.CreateTopicRequest", "entity.data.topic.Topic"),
    "container": KindModels("api.data.createContainer.CreateContainerRequest", "entity.data.container.Container"),
    "pipeline": KindModels("api.data.createPipeline.CreatePipelineRequest", "entity.data.pipeline.Pipeline"),
    "dashboard": KindModels("api.data.createDashboard.CreateDashboardRequest", "entity.data.dashboard.Dashboard"),
    "chart": KindModels("api.data.createChart.CreateChartRequest", "entity.data.chart.Chart"),
    "dashboardDataModel": KindModels(
        "api.data.createDashboardDataModel.CreateDashboardDataModelRequest",
        "entity.data.dashboardDataModel.DashboardDataModel",
    ),
    "mlmodel": KindModels("api.data.createMlModel.CreateMlModelRequest", "entity.data.mlmodel.MlModel"),
    "searchIndex": KindModels(
        "api.data.createSearchIndex.CreateSearchIndexRequest", "entity.data.searchIndex.SearchIndex"
    ),
    "apiCollection": KindModels(
        "api.data.createAPICollection.CreateAPICollectionRequest", "entity.data.apiCollection.APICollection"
    ),
    "apiEndpoint": KindModels(
        "api.data.createAPIEndpoint.CreateAPIEndpointRequest", "entity.data.apiEndpoint.APIEndpoint"
    ),
    "query": KindModels("api.data.createQuery.CreateQueryRequest", "entity.data.query.Query"),
    "testDefinition": KindModels(
        "api.tests.createTestDefinition.CreateTestDefinitionRequest", "tests.testDefinition.TestDefinition"
    ),
    "user": KindModels("api.teams.createUser.CreateUserRequest", "entity.teams.user.User"),
    "team": KindModels("api.teams.createTeam.CreateTeamRequest", "entity.teams.team.Team"),
    "domain": KindModels("api.domains.createDomain.CreateDomainRequest", "entity.domains.domain.Domain"),
    "dataProduct": KindModels(
        "api.domains.createDataProduct.CreateDataProductRequest", "entity.domains.dataProduct.DataProduct"
    ),
    "classification": KindModels(
        "api.classification.createClassification.CreateClassificationRequest",
        "entity.classification.classification.Classification",
    ),
    "tag": KindModels("api.classification.createTag.CreateTagRequest", "entity.classification.tag.Tag"),
}
ADD_LINEAGE = "api.lineage.addLineage.AddLineageRequest"
LINEAGE_DETAILS = "type.entityLineage.LineageDetails"
PIPELINE_STATUS = "entity.data.pipeline.PipelineStatus"
PIPELINE_OBSERVABILITY = "type.pipelineObservability.PipelineObservability"
TABLE_PROFILE = "api.data.createTableProfile.CreateTableProfileRequest"
ENTITY_PROFILE = "api.data.createEntityProfile.CreateEntityProfileRequest"
TEST_CASE = "api.tests.createTestCase.CreateTestCaseRequest"
TEST_RESULT = "api.tests.createTestCaseResult.CreateTestCaseResult"
DAILY_COUNT = "type.dailyCount.DailyCountOfSomeMeasurement"
ENTITY_REFERENCE = "type.entityReference.EntityReference"
OPENLINEAGE_CONNECTION = "entity.services.connections.pipeline.openLineageConnection.OpenLineageConnection"


class Route(NamedTuple):
    """A route that takes a body.

    :param methods: HTTP methods, separated by spaces
    :param path: below ``/api/v1/``, ``*`` for any one segment
    :param model: model of the body; for PATCH, of the entity that is changed
    """

    methods: str
    path: str
    model: str

    def takes(self, method: str, segments: list[str]) -> bool:
        """Tell whether a request is one of this route."""
        own = self.path.split("/")
        return (
            method in self.methods.split()
            and len(own) == len(segments)
            and all(mine in ("*", theirs) for mine, theirs in zip(own, segments, strict=True))
        )


def _of_kinds() -> Iterator[Route]:
    for entity_type, models in KIND_MODELS.items():
        place = BY_TYPE[entity_type].path
        yield Route("PUT POST", place, models.create)
        yield Route("PUT", f"{place}/bulk", f"list of {models.create}")
        yield Route("PUT", f"{place}/restore", "api.data.restoreEntity.RestoreEntity")
        yield Route("PATCH", f"{place}/*", models.entity)
        yield Route("PATCH", f"{place}/name/*", models.entity)


#: The first that takes a request is the one.
ROUTES = (
    Route("PUT", "lineage", ADD_LINEAGE),
    Route("PUT PATCH", "lineage/*/name/*/*/name/*", LINEAGE_DETAILS),
    Route("PATCH", "lineage/*/*/*/*", LINEAGE_DETAILS),
    Route("PUT", "pipelines/*/status", PIPELINE_STATUS),
    Route("PUT", "pipelines/*/status/bulk", f"list of {PIPELINE_STATUS}"),
    Route("PUT", "tables/*/pipelineObservability", f"list of {PIPELINE_OBSERVABILITY}"),
    Route("PUT", "tables/*/tableProfile", TABLE_PROFILE),
    Route("POST", "entity/profiles/id/*/*", ENTITY_PROFILE),
    Route("POST PUT", "dataQuality/testCases", TEST_CASE),
    Route("POST", "dataQuality/testCases/testCaseResults/*", TEST_RESULT),
    Route("POST PUT", "usage/*/*", DAILY_COUNT),
    Route("POST PUT", "usage/*/name/*", DAILY_COUNT),
    Route("PUT DELETE", "queries/*/usage", f"list of {ENTITY_REFERENCE}"),
    Route("PUT DELETE", "tags/*/assets/*", "api.addTagToAssetsRequest.AddTagToAssetsRequest"),
    *_of_kinds(),
)


def route_of(method: str, target: str) -> Route | None:
    """Return the route of a request.

    :param target: path and query, as sent
    """
    path = urllib.parse.urlsplit(target).path
    match = re.fullmatch(r"/api/v1/(.+?)/?", path)
    if match is None:
        return None
    segments = match[1].split("/")
    return next((route for route in ROUTES if route.takes(method, segments)), None)


def complaints(models: Models, bodies: Iterable[Sent]) -> list[str]:
    """Return what is wrong with bodies that were sent: each that does not fit its model, or has none.

    :param models: models of the version they were sent to
    :return: one line a complaint; the same one about many bodies is said once
    """
    found: list[str] = []
    plain: dict[tuple[str, str], Sent] = {}
    patches: dict[tuple[str, str], Sent] = {}
    for body in bodies:
        route = route_of(body.method, body.path)
        if route is None:
            found.append(f"{body.method} {body.path}: no model is known for the body; add its route to {__name__}")
        else:
            kept = patches if body.method == "PATCH" else plain
            kept.setdefault((route.model, body.content.decode()), body)
    for body, texts in zip(plain.values(), models.complaints(plain), strict=True):
        found += [f"{body.method} {body.path}: {text}" for text in texts]
    operations = [(model, msgspec.json.decode(text)) for model, text in patches]
    for body, texts in zip(patches.values(), models.patch_complaints(operations), strict=True):
        found += [f"{body.method} {body.path}: {text}" for text in texts]
    return list(dict.fromkeys(found))

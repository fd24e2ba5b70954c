"""The stand-in takes what OpenMetadata's own models take: the same fields, bounds and values in each version."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import BY_TYPE, KINDS
from openmetadata_ol_provider.sandbox.catalogue.versions import Version
from tests.contract import routes
from tests.contract.described import Comparison
from tests.contract.models import Models

#: Definition of the stand-in, and model.
SHAPES = {
    **{kind: (BY_TYPE[kind].schema, models.create) for kind, models in routes.KIND_MODELS.items()},
    "lineage": ("AddLineage", routes.ADD_LINEAGE),
    "pipelineStatus": ("PipelineStatus", routes.PIPELINE_STATUS),
    "pipelineObservability": ("PipelineObservability", routes.PIPELINE_OBSERVABILITY),
    "tableProfile": ("CreateTableProfile", routes.TABLE_PROFILE),
    "entityProfile": ("CreateEntityProfile", routes.ENTITY_PROFILE),
    "testCase": ("CreateTestCase", routes.TEST_CASE),
    "testResult": ("CreateTestCaseResult", routes.TEST_RESULT),
    "dailyCount": ("DailyCount", routes.DAILY_COUNT),
    "openLineageConnection": ("OpenLineageConnection", routes.OPENLINEAGE_CONNECTION),
}
#: First version that has a model, where the oldest has not.
SINCE = {"pipelineObservability": (1, 11), "entityProfile": (1, 10)}
#: What the stand-in keeps without looking into it: no publisher writes it, and no answer depends on it.
FREE = frozenset(
    {
        "authenticationMechanism", "autoClassificationConfig", "awsConfig", "cardinalityDistribution", "config",
        "customMetrics[]", "dataModel", "dimensionResults[]", "histogram", "max", "metadata", "min", "profile",
        "profileData", "recognizers[]", "tableProfilerConfig", "topicConfig",
    }
)  # fmt: skip


def test_every_kind_of_the_stand_in_has_its_models() -> None:
    assert {kind.type for kind in KINDS} == routes.KIND_MODELS.keys()


def shapes_of(version: Version) -> dict[str, tuple[str, str]]:
    """Return the definitions and models that a version has."""
    return {name: pair for name, pair in SHAPES.items() if version >= SINCE.get(name, ())}


def shape_and_model(name: str, models: Models) -> tuple[str, str]:
    """Return the definition and the model; a version that does not have the model has nothing to compare."""
    if name not in shapes_of(models.release.numbers):
        pytest.skip(f"{models.release.version} has no {name}")
    return SHAPES[name]


@pytest.mark.parametrize("name", SHAPES)
def test_the_stand_in_takes_the_fields_and_values_of_the_models(name: str, models: Models) -> None:
    shape, model = shape_and_model(name, models)
    described = models.describe([model])[model]
    comparison = Comparison(described["objects"], models.release.numbers, FREE)
    assert list(comparison.objects(shape, described["root"], shape)) == []

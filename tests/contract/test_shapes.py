"""The stand-in takes what OpenMetadata's own models take: the same fields, bounds and values in each version."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import BY_TYPE, KINDS
from tests.contract import routes
from tests.contract.described import Comparison
from tests.contract.models import Models

#: Definition of the stand-in, and model.
SHAPES = {
    **{kind: (BY_TYPE[kind].schema, models.create) for kind, models in routes.KIND_MODELS.items()},
    "lineage": ("AddLineage", routes.ADD_LINEAGE),
    "pipelineStatus": ("PipelineStatus", routes.PIPELINE_STATUS),
    "dailyCount": ("DailyCount", routes.DAILY_COUNT),
    "openLineageConnection": ("OpenLineageConnection", routes.OPENLINEAGE_CONNECTION),
}
#: What the stand-in keeps without looking into it: no publisher writes it, and no answer depends on it.
FREE = frozenset(
    {
        "authenticationMechanism", "autoClassificationConfig", "awsConfig", "config", "customMetrics[]", "dataModel",
        "metadata", "profile", "recognizers[]", "tableProfilerConfig", "topicConfig",
    }
)  # fmt: skip


def test_every_kind_of_the_stand_in_has_its_models() -> None:
    assert {kind.type for kind in KINDS} == routes.KIND_MODELS.keys()


@pytest.mark.parametrize("name", SHAPES)
def test_the_stand_in_takes_the_fields_and_values_of_the_models(name: str, models: Models) -> None:
    shape, model = SHAPES[name]
    described = models.describe([model])[model]
    comparison = Comparison(described["objects"], models.release.numbers, FREE)
    assert list(comparison.objects(shape, described["root"], shape)) == []

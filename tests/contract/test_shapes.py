"""The stand-in takes what OpenMetadata's own models take: the same fields, bounds and values in each version."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.sandbox.catalogue import shapes_lineage
from openmetadata_ol_provider.sandbox.catalogue.kinds import BY_TYPE, KINDS
from openmetadata_ol_provider.sandbox.catalogue.shapes_services import OPENLINEAGE_CONNECTION
from openmetadata_ol_provider.sandbox.catalogue.validation import Shape
from tests.contract import routes
from tests.contract.described import Comparison
from tests.contract.models import Models

SHAPES: dict[str, tuple[Shape, str]] = {
    **{kind: (BY_TYPE[kind].shape, models.create) for kind, models in routes.KIND_MODELS.items()},
    "lineage": (shapes_lineage.ADD_LINEAGE, routes.ADD_LINEAGE),
    "pipelineStatus": (shapes_lineage.PIPELINE_STATUS, routes.PIPELINE_STATUS),
    "dailyCount": (shapes_lineage.DAILY_COUNT, routes.DAILY_COUNT),
    "openLineageConnection": (OPENLINEAGE_CONNECTION, routes.OPENLINEAGE_CONNECTION),
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
    assert list(comparison.objects(shape, described["root"], shape.name)) == []

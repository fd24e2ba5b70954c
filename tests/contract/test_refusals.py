"""The stand-in refuses what OpenMetadata's own models refuse: tried out on bodies that are wrong in one place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.request_bodies import validate
from openmetadata_ol_provider.sandbox.catalogue.schema_versions import property_names
from openmetadata_ol_provider.sandbox.catalogue.versions import Version
from tests.contract.models import Models
from tests.contract.samples import definition, least, most, wrong
from tests.contract.test_shapes import SHAPES, shape_and_model


def is_refused(shape: str, body: Any, version: Version) -> bool:
    try:
        validate(shape, body, version)
    except ApiError as error:
        return error.status == 400
    return False


@pytest.mark.parametrize("name", SHAPES)
def test_what_the_models_refuse_the_stand_in_refuses(name: str, models: Models) -> None:
    shape, model = shape_and_model(name, models)
    version = models.release.numbers
    bodies = list(wrong(definition(shape), version))
    found = models.complaints((model, json.dumps(body)) for body in bodies)
    let_in = [
        (body, texts)
        for body, texts in zip(bodies, found, strict=True)
        if texts and not is_refused(shape, body, version)
    ]
    assert let_in == []
    assert sum(map(bool, found)) > len(property_names(shape))


@pytest.mark.parametrize("name", SHAPES)
def test_what_fits_the_shape_fits_the_model(name: str, models: Models) -> None:
    shape, model = shape_and_model(name, models)
    version = models.release.numbers
    bodies = [least(definition(shape), version), most(definition(shape), version)]
    assert models.complaints((model, json.dumps(body)) for body in bodies) == [[], []]
    assert [is_refused(shape, body, version) for body in bodies] == [False, False]

"""The request schemas: what changes with the version; and our checks agree with a general JSON Schema validator."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.column_rules import RULES
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import KINDS
from openmetadata_ol_provider.sandbox.catalogue.request_bodies import (
    ADD_LINEAGE,
    DAILY_COUNT,
    LINEAGE_DETAILS,
    PIPELINE_STATUS,
    REFERENCES,
    validate,
    without_nulls,
)
from openmetadata_ol_provider.sandbox.catalogue.schema_versions import (
    all_definitions,
    definitions_of,
    property_names,
)
from openmetadata_ol_provider.sandbox.catalogue.text_formats import FORMATS
from openmetadata_ol_provider.sandbox.catalogue.versions import is_reached, parse_marks, parse_version
from tests.contract.samples import definition, least, most, wrong

BODIES = (*(kind.schema for kind in KINDS), ADD_LINEAGE, LINEAGE_DETAILS, PIPELINE_STATUS, DAILY_COUNT, REFERENCES)
VERSION = (1, 12, 14)
#: Number of levels in which bodies are made wrong; a general validator needs a millisecond per body.
DEPTH = 2


def is_accepted(name: str, body: Any) -> bool:
    try:
        validate(name, body, VERSION)
    except ApiError as error:
        return error.status != 400
    return True


def general_validator(name: str) -> Draft202012Validator:
    formats = FormatChecker(formats=())
    for format_name, format_ in FORMATS.items():
        formats.checks(format_name)(lambda value, test=format_.matches: not isinstance(value, str) or test(value))
    schema = {**definition(name), "$defs": definitions_of(VERSION)}
    return Draft202012Validator(schema, format_checker=formats)


@pytest.mark.parametrize("name", BODIES)
def test_the_checks_agree_with_a_general_validator(name: str) -> None:
    validator = general_validator(name)
    schema = definition(name)
    bodies = [least(schema, VERSION), most(schema, VERSION), *wrong(schema, VERSION, DEPTH)]
    # OpenMetadata treats a null property as absent, which plain JSON Schema cannot express.
    expected = [validator.is_valid(without_nulls(body)) for body in bodies]
    assert [is_accepted(name, body) for body in bodies] == expected
    assert len(bodies) > 2


@pytest.mark.parametrize("version", [(1, 8, 0), (1, 12, 14), (2, 0, 7)])
def test_the_schemas_of_a_version_are_valid_json_schema(version: tuple[int, ...]) -> None:
    Draft202012Validator.check_schema({"$defs": definitions_of(version)})
    for name, schema in definitions_of(version).items():
        extensions = {keyword for keyword in schema if keyword.startswith("x-")}
        assert extensions <= {"x-rule"}, name
        assert schema.get("x-rule", next(iter(RULES))) in RULES


def test_a_property_exists_only_between_its_versions() -> None:
    assert {"domain", "domains"} <= property_names("CreateTable")
    seen = [
        sorted(definitions_of(version)["CreateTable"]["properties"].keys() & {"domain", "domains"})
        for version in ((1, 8, 12), (1, 9, 0))
    ]
    assert seen == [["domain"], ["domains"]]


def test_the_properties_of_an_extended_definition_come_first() -> None:
    own = all_definitions()["CreateTable"]["properties"]
    assert next(iter(own)) == "name"
    assert definitions_of(VERSION)["CreateTable"]["required"] == ["name", "databaseSchema", "columns"]


def test_a_required_property_may_become_optional() -> None:
    versions = ((1, 11, 0), (1, 11, 11), (1, 12, 0), (1, 12, 2))
    required = ["endpointURL" in definitions_of(version)["CreateAPIEndpoint"]["required"] for version in versions]
    assert required == [True, False, True, False]


@pytest.mark.parametrize(
    ("version", "reached"),
    [
        ("1.10.9", False),
        ("1.11.11", False),
        ("1.11.12", True),
        ("1.11.14", True),
        ("1.12.0", False),
        ("1.12.2", True),
        ("1.13.0", True),
        ("2.0.7", True),
    ],
)
def test_a_change_that_was_ported_back_holds_within_its_minor_version(version: str, reached: bool) -> None:
    assert is_reached(parse_marks("1.11.12 1.12.2 1.13"), parse_version(version)) is reached


@pytest.mark.parametrize("text", ["", "latest", "1", "v1.12"])
def test_a_text_that_is_not_a_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected one such as '1\.12\.0'"):
        parse_version(text)

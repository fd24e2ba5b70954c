"""Checks request bodies against the schemas of the version played."""

from __future__ import annotations

from functools import cache
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.schema_checks import Check, ObjectCheck, compile_definitions
from openmetadata_ol_provider.sandbox.catalogue.schema_versions import definitions_of
from openmetadata_ol_provider.sandbox.catalogue.versions import Version

ADD_LINEAGE, LINEAGE_DETAILS, LINEAGE_SOURCE = "AddLineage", "LineageDetails", "LineageSource"
PIPELINE_STATUS, DAILY_COUNT, REFERENCES = "PipelineStatus", "DailyCount", "EntityReferences"
PIPELINE_OBSERVABILITY = "PipelineObservability"
TABLE_PROFILE, ENTITY_PROFILE = "CreateTableProfile", "CreateEntityProfile"
TEST_CASE, TEST_RESULT = "CreateTestCase", "CreateTestCaseResult"
PROFILE_ROWS = {"table": "TableProfile", "column": "ColumnProfile", "system": "SystemProfile"}


def validate(name: str, body: Any, version: Version, path: str = "") -> None:
    """Check a body, or a value of one.

    :param name: definition in ``request_schemas.json``, e.g. ``CreateTable``
    :param path: name of the value in messages; empty for a whole body
    :raises ApiError: 400 with all violated constraints, or with the first thing that cannot be deserialized
    """
    violations: list[str] = []
    _checks(version)[name](body, path, violations)
    if violations:
        raise ApiError(400, f"[{', '.join(violations)}]")


def property_checks(name: str, version: Version) -> dict[str, Check]:
    """Return the checks of an object's properties, by property.

    :param name: definition of the object
    """
    check = _checks(version)[name]
    assert isinstance(check, ObjectCheck)
    return check.properties


def without_nulls(value: Any) -> Any:
    """Return a copy without the null properties of objects: OpenMetadata treats null as absent."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


@cache
def _checks(version: Version) -> dict[str, Check]:
    return compile_definitions(definitions_of(version))

"""Columns of tables, and fields of messages, of search indexes and of APIs: what may hold more of its kind."""

from __future__ import annotations

from collections import Counter
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.checks import (
    ListOf,
    Name,
    OneOf,
    anything,
    entity_name,
    fqn,
    integer,
    mapping,
    text,
)
from openmetadata_ol_provider.sandbox.catalogue.enums import (
    COLUMN_TYPES,
    FIELD_TYPES,
    SCHEMA_TYPES,
    SEARCH_FIELD_TYPES,
)
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.shapes_common import TAGS
from openmetadata_ol_provider.sandbox.catalogue.validation import Check, Field, Rules, Shape, marks, required, since

_COLUMN_NAME = Name(unbounded_since=marks("1.11.14", "1.12.2", "1.13"))
_NEEDS_LENGTH = ("CHAR", "VARCHAR", "BINARY", "VARBINARY")


def _check_type(column: Any, path: str, rules: Rules) -> None:
    """Check what a column's type asks for: lengths, the type within an array, the fields of a struct."""
    data_type, precision, scale = column["dataType"], column.get("precision"), column.get("scale")
    if data_type in _NEEDS_LENGTH and column.get("dataLength") is None:
        raise ApiError(400, "For column data types char, varchar, binary, varbinary dataLength must not be null")
    if data_type == "ARRAY" and column.get("arrayDataType") is None:
        raise ApiError(400, "For column data type array, arrayDataType must not be null")
    if data_type == "STRUCT" and column.get("children") is None:
        raise ApiError(400, "For column data type struct, children must not be null")
    if scale is not None and precision is None:
        raise ApiError(400, f"Scale is set but precision is not set for the column {column['name']}")
    if scale is not None and scale > precision:
        raise ApiError(400, f"Scale can't be greater than the precision for the column {column['name']}")
    check_repeated(column.get("children"), path, rules)


def check_repeated(columns: Any, _path: str, _rules: Rules) -> None:
    """Refuse two columns of one name.

    :raises ApiError: 400 naming the first
    """
    for name, count in Counter(column["name"] for column in columns or ()).items():
        if count > 1:
            raise ApiError(400, f"Column name {name} is repeated")


def _nested(name: str, of: Check, types: Check, also: Check | None = None, **more: Field | Check) -> Shape:
    common: dict[str, Field | Check] = {
        "name": required(of),
        "dataType": required(types),
        "displayName": text,
        "dataTypeDisplay": text,
        "description": text,
        "fullyQualifiedName": fqn,
        "tags": TAGS,
    }
    return Shape(name, common | more, also).nest("children", ListOf)


COLUMN = _nested(
    "Column",
    _COLUMN_NAME,
    COLUMN_TYPES,
    _check_type,
    arrayDataType=COLUMN_TYPES,
    dataLength=integer,
    precision=integer,
    scale=integer,
    constraint=OneOf("NOT_NULL NULL PRIMARY_KEY UNIQUE"),
    ordinalPosition=integer,
    jsonSchema=text,
    profile=mapping,
    customMetrics=ListOf(mapping),
    extension=since(anything, "1.12"),
)
SEARCH_FIELD = _nested("SearchIndexField", entity_name, SEARCH_FIELD_TYPES)
MESSAGE_FIELD = _nested("Field", Name(128), FIELD_TYPES)
MESSAGE_SCHEMA = Shape(
    "MessageSchema", {"schemaText": text, "schemaType": SCHEMA_TYPES, "schemaFields": ListOf(MESSAGE_FIELD)}
)
API_SCHEMA = Shape("APISchema", {"schemaType": SCHEMA_TYPES, "schemaFields": ListOf(MESSAGE_FIELD)})

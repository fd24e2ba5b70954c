"""The rules of columns that JSON Schema cannot express: requirements of data types, and distinct names."""

from __future__ import annotations

from collections import Counter
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError

_NEEDS_LENGTH = ("CHAR", "VARCHAR", "BINARY", "VARBINARY")


def check_column_type(column: Any) -> None:
    """Check the requirements of a column's data type: a length, the type of array items, the fields of a struct.

    :raises ApiError: 400 for the first rule that is broken
    """
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
    _check_distinct(column.get("children"))


def check_distinct_columns(table: Any) -> None:
    """Check that no two columns of a table have the same name.

    :raises ApiError: 400 with the first repeated name
    """
    _check_distinct(table["columns"])


def _check_distinct(columns: Any) -> None:
    for name, count in Counter(column["name"] for column in columns or ()).items():
        if count > 1:
            raise ApiError(400, f"Column name {name} is repeated")


#: The rules by their names in ``request_schemas.json``.
RULES = {"columnType": check_column_type, "distinctColumns": check_distinct_columns}

"""Reads ARNs that stand where the name of a dataset should be: they say bucket and key, or catalog and table."""

from __future__ import annotations

import re
from typing import Final

_S3: Final = re.compile(r"arn:[\w-]+:s3:::(?P<bucket>[^/:]+)(?:/(?P<key>.*))?", re.DOTALL)
_GLUE: Final = re.compile(r"(?P<catalog>arn:[\w-]+:glue:[\w-]+:\d*):(?P<table>table/[^/]+/[^/]+)")


def arn_as_name(name: str) -> tuple[str, str] | None:
    """Return the ARN of an object or of a table as namespace and name; ``None`` for other names.

    :param name: name of the dataset
    """
    if not name.startswith("arn:"):
        return None
    stored = _S3.fullmatch(name)
    if stored is not None:
        return f"s3://{stored['bucket']}", stored["key"] or ""
    table = _GLUE.fullmatch(name)
    return (table["catalog"], table["table"]) if table is not None else None

"""Knows the tools that copy datasets as they are, by the names that their events give."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# Loaders, replicators, and Singer's taps (`tap-postgres`).
_TOOLS: Final = (
    "airbyte|arcion|artie|attunity|aws[-_ ]?dms|cloudquery|datax|dlt|dlthub|embulk|estuary|fivetran|flink[-_ ]?cdc|"
    "goldengate|google[-_ ]?datastream|hevo(?:data)?|hightouch|hvr|ingestr|meltano|olake|peerdb|qlik[-_ ]?replicate|"
    "rivery|seatunnel|shareplex|singer|sling|sqoop|stitch|striim|symmetricds"
)
_TOOL: Final = re.compile(rf"(?<![a-z])(?:{_TOOLS})(?![a-z])|(?:^|/)tap-[a-z]")
# DLT of Databricks transforms.
_OTHERS: Final = re.compile(r"databricks[ _-]?dlt|delta[ _-]?live")
#: Longest name that is looked at, in characters.
_LONGEST = 500


@lru_cache(1024)
def is_copy_tool(name: str) -> bool:
    """Tell whether an integration or the URL of a producer names a tool that copies datasets as they are."""
    name = name[:_LONGEST].lower()
    return _TOOL.search(name) is not None and _OTHERS.search(name) is None

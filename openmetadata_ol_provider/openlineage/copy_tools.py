"""Knows the tools that copy datasets as they are, by the names that their events give."""

from __future__ import annotations

import re
from functools import lru_cache

_TOOLS = "airbyte|dlt|dlthub|seatunnel|flink[-_ ]?cdc|fivetran|meltano|singer|stitch|sling"
_TOOL = re.compile(rf"(?<![a-z])(?:{_TOOLS})(?![a-z])")
#: Longest name that is looked at, in characters.
_LONGEST = 500


@lru_cache(1024)
def is_copy_tool(name: str) -> bool:
    """Tell whether an integration or the URL of a producer names a tool that copies datasets as they are."""
    return _TOOL.search(name[:_LONGEST].lower()) is not None

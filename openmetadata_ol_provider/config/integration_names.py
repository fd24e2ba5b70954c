"""Compares names of integrations, which producers write in any case and with the versions of their tools."""

from __future__ import annotations

import re
from functools import lru_cache

# `kafka-connect:3.7`, `DEBEZIUM_3.5`, `Debezium 3.5.0.Final`, `jdbc-sink-v2`
_VERSION = re.compile(r"[\s:_/@-]+v?\d[\w.+-]*$", re.IGNORECASE)
#: Longest name that is looked at, in characters.
_LONGEST = 500


@lru_cache(1024)
def integration_name(text: str | None) -> str:
    """Return the name of an integration in upper case and without a version at its end; empty if there is none."""
    name = (text or "")[:_LONGEST].strip()
    return (_VERSION.sub("", name) or name).upper()

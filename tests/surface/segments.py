"""What a state of version 3 holds in its segments, as plain JSON."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from tests.surface.internals import state_of_texts, to_builtins, usage_of_texts


def remembered(variables: Mapping[str, str], suffix: str = "") -> Any:
    """Return what is remembered of runs.

    :param variables: texts by what their keys have behind the state key
    :param suffix: what the key of the head has there
    """
    return to_builtins(state_of_texts(stored_texts(variables, suffix, "remembered")))


def counts(variables: Mapping[str, str]) -> list[list[Any]]:
    """Return the usage counts: FQN of the pipeline, day, and number."""
    return [[*key, count] for key, count in usage_of_texts(stored_texts(variables, "", "counts")).items()]


def parked(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return what is parked, by key."""
    items: dict[str, Any] = {}
    for text in stored_texts(variables, ".parked", "items"):
        for line in zlib.decompress(base64.b64decode(text.replace("_", "+"), validate=True)).splitlines():
            key, item = json.loads(line)
            items[key] = item
    return {key: item for key, item in items.items() if item is not None}


def ledger_texts(variables: Mapping[str, str]) -> list[str]:
    """Return the texts of a ledger's entries, the oldest first."""
    return stored_texts(variables, ".ledger", "entries")


def without_segments(variables: Mapping[str, str]) -> set[str]:
    """Return what the keys of Variables have behind the state key, without those of segments."""
    return {suffix for suffix in variables if not _is_segment(suffix)}


def _is_segment(suffix: str) -> bool:
    number = suffix.rpartition(".s")[2]
    return suffix.endswith(f".s{number}") and number.isdecimal()


def stored_texts(variables: Mapping[str, str], suffix: str, name: str) -> list[str]:
    """Return the texts of a chain, the oldest first."""
    chain = json.loads(variables[suffix]).get(name, {})
    segments = [variables[f"{suffix}.s{item['slot']:02}"] for item in chain.get("segments", ())]
    return [*(text.partition("_")[2] for text in segments), *([chain["tail"]] if chain.get("tail") else [])]

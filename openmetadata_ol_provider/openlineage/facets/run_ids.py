"""Spells run ids in one way."""

from __future__ import annotations

import re

_UUID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")


def canonical_run_id(run_id: str) -> str:
    """Return a run id, a UUID in lower case: the case of its letters means nothing, and producers send both."""
    return run_id if run_id.islower() or not _UUID.fullmatch(run_id) else run_id.lower()

"""Lists the states that tasks have stored."""

from __future__ import annotations

import re
from typing import NamedTuple

from openmetadata_ol_provider.receipts.document import DESCRIPTION
from openmetadata_ol_provider.state.lanes import LANE_KEY
from openmetadata_ol_provider.version_compat import variable_keys

#: How the keys of default states begin.
_BEGINNING = "openmetadata_ol."
#: How the key of the positions of replays begins; these are no states of reading tasks.
_REPLAYS = f"{_BEGINNING}dead_letters."
#: Endings of the Variables that belong to a state.
_MEMBER = re.compile(r"(\.(parked|ledger|receipts|assets|lanes))?(\.s\d\d)?$")


class StoredKey(NamedTuple):
    """A state key without lanes, and the number of lanes that have stored something under it."""

    state_key: str
    lanes: int

    def __str__(self) -> str:
        return self.state_key if self.lanes == 1 else f"{self.state_key} (--lanes {self.lanes})"


def stored_state_keys() -> list[StoredKey]:
    """Return the state keys under which tasks of this Airflow have stored something, sorted.

    A state with a ``state_key`` of the user's own is recognised by its receipts.
    """
    keys = [key for key in variable_keys(_BEGINNING, DESCRIPTION) if not key.startswith(_REPLAYS)]
    stored = {_stored_key(_MEMBER.sub("", key)) for key in keys}
    in_lanes = {item.state_key for item in stored if item.lanes > 1}
    # Lanes share some Variables, whose keys do not name a lane.
    shared = in_lanes.difference(keys)
    return sorted(item for item in stored if item.lanes > 1 or item.state_key not in shared)


def _stored_key(key: str) -> StoredKey:
    lane = LANE_KEY.search(key)
    return StoredKey(key[: lane.start()], int(lane[2])) if lane else StoredKey(key, 1)

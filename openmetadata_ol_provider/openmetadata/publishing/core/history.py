"""The history of earlier publications: the ledger, the parking lot and the usage counts."""

from __future__ import annotations

from typing import NamedTuple

from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Ledger
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parking

#: Task runs counted, by pipeline FQN and UTC day (``2026-01-31``).
UsageCounts = dict[tuple[str, str], int]


class History(NamedTuple):
    """Everything that earlier publications left behind; a publication reads it and changes none of it.

    :param ledger: what was published; may be lost at any time
    :param parking: what could not be published yet; must not be lost
    :param usage: counts that move together with the checkpoint
    :param interrupted: an earlier publication did not finish, so parts of the next one may be in the catalogue already
    :param token: claim under which this task publishes; empty before its first publication
    :param held: rows and counts that wait to be written; must not be lost
    """

    ledger: Ledger = Ledger()
    parking: Parking = Parking()
    usage: UsageCounts = {}  # noqa: RUF012 - never changed
    interrupted: bool = False
    token: str = ""
    held: Held = Held()

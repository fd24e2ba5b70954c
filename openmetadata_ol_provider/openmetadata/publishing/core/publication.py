"""The result of publishing one plan, as one value: nothing is stored until the caller applies it."""

from __future__ import annotations

from typing import NamedTuple

from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import LedgerChanges
from openmetadata_ol_provider.openmetadata.publishing.core.outcomes import Outcomes
from openmetadata_ol_provider.openmetadata.publishing.core.parking import ParkingChanges
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport


class Publication(NamedTuple):
    """What publishing a plan produced.

    :param report: counts and problems, for people and XCom
    :param ledger: facts to record in the ledger, and facts to drop from it
    :param parking: items to park, and items to release
    :param usage: usage counts including those of this plan
    :param outcomes: what became of each edge and dataset
    :param held: rows and counts that wait from now on
    """

    report: PublishReport
    ledger: LedgerChanges
    parking: ParkingChanges
    usage: UsageCounts
    outcomes: Outcomes = Outcomes()
    held: Held = Held()

"""What a publication knows of earlier ones, and hands on to the next: ledger, parking, and the usage counted so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Ledger
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parking
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache

#: Task runs counted, by pipeline FQN and UTC day (``2026-01-31``).
Usage = dict[tuple[str, str], int]


@dataclass
class CarryOver:
    """Changed in place by a publication; whoever called it keeps it, or throws it away if the publication failed.

    :param ledger: what was published; may be lost
    :param parking: what could not be published; must not be lost
    :param usage: moves with the checkpoint
    :param interrupted: an earlier publication did not come to its end, so some of this one may be in the catalogue
    :param token: under which it is written down that a publication has begun
    :param recent: of the task that has made it; ``None`` where each publication is to look for itself
    """

    ledger: Ledger = field(default_factory=Ledger)
    parking: Parking = field(default_factory=Parking)
    usage: Usage = field(default_factory=dict)
    interrupted: bool = False
    token: str = ""
    recent: SessionCache | None = None

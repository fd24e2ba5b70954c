"""Reads from Airflow's database what the page shows."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from openmetadata_ol_provider.exceptions import OpenLineageProviderError
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Ledger
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.receipts.document import DESCRIPTION, decode_receipts
from openmetadata_ol_provider.state.document import StateSummary
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.web.delivery import Deliveries, LaneRecord, group_lanes

#: Ending of the keys of receipts, unless they are too long.
_ENDING = ".receipts"


class LaneSummary(NamedTuple):
    """The state of a lane in numbers, or why it cannot be read.

    :param summary: ``None`` if there is no state, or it cannot be read
    """

    state_key: str
    summary: StateSummary | None
    problem: str = ""


def read_deliveries(session: Any) -> list[Deliveries]:
    """Return the deliveries of all state keys of this deployment, the one that published last first.

    :param session: session of Airflow's database
    """
    from airflow.models.variable import Variable
    from sqlalchemy import or_, select

    marked = or_(Variable.description == DESCRIPTION, Variable.key.like(f"%{_ENDING}"))
    texts = [variable.get_val() for variable in session.scalars(select(Variable).where(marked))]
    return group_lanes(record for text in texts if (record := _record(text)) is not None)


# Pages ask for the same text again and again, and unpacking it takes longer than anything else.
@lru_cache(16)
def _record(text: str | None) -> LaneRecord | None:
    """Return the receipts in a Variable's text; ``None`` if it is somebody else's."""
    try:
        return LaneRecord.of(decode_receipts(text or ""))
    except ValueError:
        return None


def read_summaries(deliveries: Deliveries) -> list[LaneSummary]:
    """Return the state of each lane in numbers."""
    return [_summary(lane.state_key) for lane in deliveries.lanes]


def _summary(state_key: str) -> LaneSummary:
    try:
        return LaneSummary(state_key, StateStore(state_key).read_summary())
    except OpenLineageProviderError as error:
        return LaneSummary(state_key, None, str(error))


def read_parked(deliveries: Deliveries) -> tuple[list[Parked], list[str]]:
    """Return what is parked in all lanes, and why some of it cannot be read."""
    read = [_parked(lane.state_key) for lane in deliveries.lanes]
    return [item for items, _ in read for item in items], [problem for _, problem in read if problem]


def _parked(state_key: str) -> tuple[list[Parked], str]:
    try:
        return list(StateStore(state_key).read_parked().values()), ""
    except OpenLineageProviderError as error:
        return [], str(error)


def read_ledgers(deliveries: Deliveries) -> list[Ledger]:
    """Return the ledgers of all lanes: which edges were published."""
    return [StateStore(lane.state_key).read_ledger() for lane in deliveries.lanes]

"""The query parameters of the routes: what is searched for, in which order, and on which page."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Query

from openmetadata_ol_provider.receipts.search import OUTCOMES, STATES, Search
from openmetadata_ol_provider.web.tables import Order

_LONGEST = 600
_Text = Annotated[str, Query(max_length=_LONGEST)]


class Parameters(NamedTuple):
    """What a view is asked for.

    :param state_key: state key, without lanes; empty: the one that published last
    :param search: receipts that are searched for; other views use its text
    :param order: order of the rows
    :param page: number of the page, from 1
    """

    state_key: str
    search: Search
    order: Order
    page: int

    @property
    def values(self) -> dict[str, Any]:
        """The parameters as they stand in a link, without the page."""
        what, order = self.search, self.order
        return {
            "state_key": self.state_key,
            "q": what.text,
            "run_id": what.run_id,
            "job": what.job,
            "state": what.state,
            "outcome": what.outcome,
            "sort": f"-{order.column}" if order.is_descending else order.column,
        }


def parameters_of(  # noqa: PLR0917 - FastAPI's way to declare parameters
    state_key: _Text = "",
    q: _Text = "",
    run_id: _Text = "",
    job: _Text = "",
    state: _Text = "",
    outcome: _Text = "",
    sort: _Text = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Parameters:
    """Return the parameters of a request; a state or an outcome that does not exist is ignored.

    :param q: text that rows contain anywhere
    :param sort: name of a column; with a minus before it, in descending order
    """
    what = Search(
        q.strip(),
        run_id.strip(),
        job.strip(),
        state.upper() if state.upper() in STATES else "",
        outcome if outcome in OUTCOMES else "",
    )
    return Parameters(state_key, what, Order(sort.removeprefix("-"), sort.startswith("-")), page)


ParametersDep = Annotated[Parameters, Depends(parameters_of)]

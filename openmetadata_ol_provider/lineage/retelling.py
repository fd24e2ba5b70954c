"""What is remembered, told once more: for a catalogue in which something older may have been written over it. Pure."""

from __future__ import annotations

import datetime as dt

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import Translator
from openmetadata_ol_provider.openlineage.run_assembler import Assembled
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.times import microseconds


def plan_from_state(state: RunState, config: Config, *, now: dt.datetime | None = None) -> LineagePlan:
    """Return the plan of all runs that are remembered, none of them new: of each job, the latest has the last word.

    :param state: taken over
    :param now: as for :func:`~openmetadata_ol_provider.lineage.translate.translate`
    """
    # Those trimmed would take away the columns and the SQL that they once told of.
    runs = tuple(run for run in state.runs.values() if not run.trimmed)
    now = now or dt.datetime.now(dt.timezone.utc)
    translator = Translator(config, Assembled(state, runs, (), (), ()), microseconds(now), final=False)
    translator.add_runs()
    return translator.plan(0, ())

"""Lineage that holds without further events, and the days of events."""

from __future__ import annotations

import datetime as dt

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.lasting import lasting_lineage
from tests.support import BASE, arrows, job_event, run_event, translated

STREAM = {"jobType": {"processingType": "STREAMING", "integration": "FLINK", "jobType": "JOB"}}


def test_a_stream_lasts_until_it_ends_and_a_batch_job_never_does() -> None:
    events = [
        run_event("RUNNING", run_id="s", job="stream", inputs=["a"], outputs=["x"], job_facets=STREAM),
        run_event("RUNNING", run_id="b", job="batch", inputs=["b"], outputs=["y"]),
    ]
    state = translated(*events).state
    assert arrows(lasting_lineage(state, Config(), now=BASE)) == ["a -> x"]
    ended = translated(run_event("COMPLETE", run_id="s", job="stream", seconds=5, job_facets=STREAM), state=state).state
    assert arrows(lasting_lineage(ended, Config(), now=BASE)) == []


def test_a_declaration_lasts_until_the_next() -> None:
    state = translated(job_event("etl", inputs=["a"], outputs=["x"])).state
    lasting = lasting_lineage(state, Config(), now=BASE)
    assert (arrows(lasting), [job.declared for job in lasting.jobs]) == (["a -> x"], [True])
    later = translated(job_event("etl", seconds=5, inputs=["b"], outputs=["x"]), state=state).state
    assert arrows(lasting_lineage(later, Config(), now=BASE)) == ["b -> x"]


def test_a_plan_names_the_days_of_its_events_in_utc() -> None:
    late = run_event("COMPLETE", run_id="late")
    late["eventTime"] = (BASE - dt.timedelta(days=2)).date().isoformat() + "T23:30:00-02:00"
    plan = translated(run_event("COMPLETE", run_id="now"), late).plan
    days = [BASE.date() - dt.timedelta(days=1), BASE.date()]
    assert plan.event_days == tuple(day.isoformat() for day in days)


def test_a_day_after_the_consumption_is_not_a_day_of_events() -> None:
    late = run_event("COMPLETE", run_id="late")
    late["eventTime"] = "2999-01-01T00:00:00Z"
    assert translated(late).plan.event_days == ()

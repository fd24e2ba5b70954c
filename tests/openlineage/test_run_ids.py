"""A run id is a UUID: the case of its letters means nothing."""

from __future__ import annotations

import itertools
import json

import pytest

from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.facets.run_ids import canonical_run_id
from tests.support import Json, arrows, parent, plan_of, run_event, translated

LOWER = "0199f3a2-7b1c-7d4e-8f00-0a1b2c3d4e5f"


@pytest.mark.parametrize(
    ("run_id", "canonical"),
    [
        (LOWER, LOWER),
        (LOWER.upper(), LOWER),
        (LOWER.replace("-", "").upper(), LOWER.replace("-", "")),
        ("0199f3a2-7b1c-7d4e-8f00-0A1b2c3d4e5f", LOWER),
        ("Run-1", "Run-1"),
        ("RUN-A", "RUN-A"),
        ("01234567-0123-0123-0123-012345678901", "01234567-0123-0123-0123-012345678901"),
    ],
)
def test_only_uuids_have_no_case(run_id: str, canonical: str) -> None:
    assert canonical_run_id(run_id) == canonical


@pytest.mark.promise("C51")
def test_events_whose_run_ids_differ_in_case_are_of_one_run_below_one_parent() -> None:
    above = parent("dag", LOWER.upper())
    events = [
        run_event("START", run_id=LOWER, job="dag"),
        run_event("START", run_id=LOWER[:-1] + "a", job="load", inputs=["a"], run_facets={"parent": above}),
        run_event(run_id=LOWER[:-1] + "A", job="load", seconds=5, outputs=["x"], run_facets={"parent": above}),
        run_event(run_id=LOWER.upper(), job="dag", seconds=9),
    ]
    for order in itertools.permutations(events):
        plan = plan_of(*order)
        assert arrows(plan) == ["a -> x"]
        assert sorted((run.job.name, run.pipeline.name, run.state) for run in plan.runs) == [
            ("dag", "dag", "COMPLETE"),
            ("load", "dag", "COMPLETE"),
        ]
        state = None
        for event in order:
            state = translated(event, state=state).state
        assert state is not None
        assert len(state.runs) == 2


@pytest.mark.parametrize("spoilt", [{}, {"schema": {"fields": [None]}}], ids=["sound", "with a bad item"])
def test_both_decoders_spell_run_ids_alike(spoilt: Json) -> None:
    event = run_event(
        run_id=LOWER.upper(), run_facets={"parent": parent("dag", LOWER.upper(), root=("r", LOWER.upper()))}
    )
    event["outputs"] = [{"namespace": "ns", "name": "x", "facets": spoilt}]
    run = decode_event(json.dumps(event)).event.run
    assert run is not None
    assert run.facets is not None
    facet = run.facets.parent
    assert facet is not None
    assert facet.run is not None
    assert facet.root is not None
    assert facet.root.run is not None
    assert {run.runId, facet.run.runId, facet.root.run.runId} == {LOWER}

"""The starts of pipeline runs are remembered for as long as they can be needed, and not too many of them."""

from __future__ import annotations

from openmetadata_ol_provider.openlineage.forgotten_starts import most_recent_starts
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import PipelineRunStart, part_key
from tests.openlineage.test_run_assembler import assembled
from tests.support import parent, run_event


def starts(*run_ids: str) -> dict[str, PipelineRunStart]:
    """Return starts, the least recently seen first."""
    return {
        part_key("ns", run_id, "job"): PipelineRunStart(at=1, last_seen_at=number)
        for number, run_id in enumerate(run_ids)
    }


def left(remembered: dict[str, PipelineRunStart], index: RunIndex, limit: int) -> list[str]:
    return [key.split("\x1f")[1] for key in most_recent_starts(remembered, index, limit)]


def test_up_to_the_limit_nothing_is_forgotten() -> None:
    remembered = starts("a", "b", "c")
    assert most_recent_starts(remembered, RunIndex({}), 3) is remembered


def test_beyond_it_the_least_recently_seen_go_and_some_room_is_left() -> None:
    run_ids = [f"r{number}" for number in range(21)]
    remembered = {**starts(*run_ids), part_key("ns", "again", "job"): PipelineRunStart(at=1, last_seen_at=-1)}
    assert left(remembered, RunIndex({}), 20) == run_ids[5:]


def test_the_start_of_what_a_remembered_run_belongs_to_stays() -> None:
    index = assembled(
        run_event("START", run_id="own"),
        run_event("COMPLETE", run_id="below", run_facets={"parent": parent("job", "above")}),
    ).runs
    remembered = starts("own", "above", "below", *(f"r{number}" for number in range(9)))
    assert left(remembered, index, 2) == ["own", "above", "below", "r8"]


def test_remembered_runs_make_room_only_for_the_starts_that_they_need() -> None:
    index = assembled(*(run_event("START", run_id=f"s{number}", job=f"j{number}") for number in range(30))).runs
    remembered = starts("s0", *(f"r{number}" for number in range(20)))
    assert left(remembered, index, 10) == ["s0", *(f"r{number}" for number in range(12, 20))]

"""Benchmarks do not rot: each part runs with tiny numbers, on traffic that says what the captures say."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import socket
from itertools import islice, pairwise
from pathlib import Path

import pytest

from bench import parts, report, sessions, traffic
from bench.figures import Figure
from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from tests.support import BASE


def plan(values: list[bytes]) -> LineagePlan:
    return translate([decode_event(value).event for value in values], Config(), now=BASE, limits=Limits()).plan


def as_captured(text: str) -> str:
    """Return a name without the mark of its copy, a query's id without what is another each time."""
    return re.sub(r"[_.]c\d+(?=[/.;]|$)|(?<=_)\d+_\d{5}_[a-z0-9]{5}$|^\d{8}(?=_)", "", text)


def arrows(found: LineagePlan, copy: str = "") -> set[tuple[str, ...]]:
    """Return the edges with their columns, those of one copy if it is given, by the captured names."""
    return {
        (
            as_captured(edge.job.namespace),
            as_captured(edge.job.name),
            as_captured(edge.source.name),
            as_captured(edge.target.name),
            *sorted(
                f"{as_captured(pair.source.name)}.{pair.source.field} {pair.target_field}" for pair in edge.columns
            ),
        )
        for edge in found.edges
        if edge.job.namespace.endswith(copy)
    }


def test_traffic_says_what_the_captures_say_in_every_copy() -> None:
    captured = plan([event for events in sessions.captures().values() for event in events])
    played = plan([message.value for message in traffic.stream(16_000, jobs=380)])
    assert arrows(captured)
    assert arrows(played) == arrows(played, ".c1") == arrows(captured)


def test_a_copy_is_of_its_own() -> None:
    edges = plan([message.value for message in traffic.stream(6_000, jobs=600)]).edges
    mixed = [
        edge
        for edge in edges
        if len({tuple(re.findall(r"(?<=[_.]c)\d+", name)) for name in (edge.source.name, edge.target.name)}) > 1
    ]
    assert mixed == []


def test_traffic_is_reproducible_and_its_runs_are_distinct() -> None:
    messages = list(traffic.stream(5_000, jobs=500, seed=7))
    assert messages == list(traffic.stream(5_000, jobs=500, seed=7))
    assert messages != list(traffic.stream(5_000, jobs=500, seed=8))
    assert len({message.value for message in messages}) == len(messages)
    events = [decode_event(message.value).event for message in messages]
    late = [before.eventTime - event.eventTime for before, event in pairwise(events)]
    assert max(late) < dt.timedelta(seconds=5)


@pytest.mark.parametrize("jobs", [1, 300, 1000])
def test_there_are_as_many_jobs_as_wanted(jobs: int) -> None:
    largest = max(session.jobs for session in sessions.sessions())
    found = sum(session.jobs * copies for session, copies in traffic.applications(jobs))
    assert jobs <= found < jobs + largest


def test_the_datasets_told_are_those_of_the_events() -> None:
    known = set(traffic.datasets(400))
    for message in islice(traffic.stream(3_000, jobs=400), 0, None, 7):
        event = decode_event(message.value).event
        assert {
            sessions.Dataset(item.namespace, item.name) for side in (event.inputs, event.outputs) for item in side or ()
        } <= known


# -- parts -------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("part", parts.PARTS)
def test_each_part_measures(part: str) -> None:
    figures = list(parts.run(part, 1, "tiny"))
    assert figures
    assert len({figure.name for figure in figures}) == len(figures)
    assert all(figure.rounds and all(math.isfinite(value) for value in figure.rounds) for figure in figures)
    assert all(figure.unit and (figure.met is None) == (not figure.target) for figure in figures)
    assert parts.title(part)


def test_a_part_that_fails_is_an_error() -> None:
    with pytest.raises(parts.PartFailedError, match="nothing has ended with"):
        list(parts.run("nothing", 1, "tiny"))
    with pytest.raises(parts.PartFailedError, match="decode has ended with"):
        list(parts.run("decode", 1, "enormous"))


# -- the report --------------------------------------------------------------------------------------------------------

RATE = Figure("decode", "events/s", (30_000.4, 10_000.0, 20_000.0))


def test_a_target_is_held_against_the_median() -> None:
    assert RATE.at_least(20_000).met
    assert not RATE.at_least(20_001).met
    assert RATE.at_most(20_000).met
    assert report.cells(RATE.at_least(50_000)) == (
        "decode", "events/s", "10,000", "20,000", "30,000", "at least 50000", "**no**",
    )  # fmt: skip


def test_a_missed_target_comes_with_its_reason() -> None:
    missed, met = RATE.at_least(50_000, reason="Python is slow"), RATE.at_least(1, reason="Python is slow")
    assert report.line(missed).splitlines()[1:] == ["      missed: Python is slow"]
    assert report.line(RATE.at_least(50_000)).endswith(
        "\n      missed: not expected; look for a regression, or for other work on the machine"
    )
    assert "Python is slow" not in report.line(met)
    other = missed._replace(name="plan")
    run = report.document({"decode": [missed, met, other]}, [], 3, "usual", 12.3)
    section = report.section(run, {"decode": "Decoding"})
    assert section.count("- Missed: decode; plan. Python is slow.") == section.count("Missed") == 1


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0"), (3.0, "3"), (1234.5, "1,234"), (0.33333, "0.3333"), (0.000012, "1.20e-05")]
)
def test_numbers_are_shown_short(value: float, shown: str) -> None:
    assert report.number(value) == shown


def test_the_generated_section_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    run = report.document({"decode": [RATE.at_least(1)]}, [], 3, "usual", 12.3)
    assert Figure.from_dict(json.loads(json.dumps(run))["parts"]["decode"][0]) == RATE.at_least(1)
    path = tmp_path / "performance.md"
    path.write_text(f"before\n{report.BEGIN}\nwhat was\n{report.END}\nafter\n", encoding="utf-8")
    for _ in range(2):
        report.write(report.section(run, {"decode": "Decoding"}), path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{report.BEGIN}\n`make bench`, {run['date']}: ")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "| decode | events/s | 10,000 | 20,000 | 30,000 | at least 1 | yes |" in text
    assert "what was" not in text
    assert text.count("### Decoding") == 1


def test_a_document_without_a_place_for_the_section_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "performance.md"
    path.write_text("nothing of the kind\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"performance\.md has no section between"):
        report.write("text", path)


def test_the_document_of_the_project_has_a_place_for_the_section() -> None:
    text = report.DOCUMENT.read_text(encoding="utf-8")
    assert text.count(report.BEGIN) == text.count(report.END) == 1


def test_a_machine_is_described_without_its_name() -> None:
    described = report.described(report.machine())
    assert re.match(r"\d+ cores, \d+ GB, ", described)
    assert socket.gethostname() not in described

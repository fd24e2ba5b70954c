"""Event files in every form that people have them: lines, arrays, one event, gzip, stdin; and those that are none."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.cli.event_files import read_events
from openmetadata_ol_provider.exceptions import ConfigError
from tests.support import run_event

EVENTS = [run_event(run_id=f"r{number}", job="überjob") for number in range(3)]
COMPACT = [json.dumps(event) for event in EVENTS]

FORMS = {
    "lines": "\n".join(COMPACT),
    "lines with an end": "\n".join(COMPACT) + "\n",
    "lines of Windows": "\r\n".join(COMPACT) + "\r\n",
    "lines with gaps": "\n\n  \n" + "\n\n".join(COMPACT) + "\n\n",
    "array on a line": json.dumps(EVENTS),
    "array of lines": "[\n" + ",\n".join(COMPACT) + "\n]\n",
    "array, pretty": json.dumps(EVENTS, indent=2, ensure_ascii=False),
    "array after a gap": "\n\n" + json.dumps(EVENTS, indent=2),
    "one after the other, pretty": "\n".join(json.dumps(event, indent=2, ensure_ascii=False) for event in EVENTS),
    "lines after a byte order mark": "\ufeff" + "\n".join(COMPACT),
    "array after a byte order mark": "\ufeff" + json.dumps(EVENTS, indent=2),
}


@pytest.fixture
def file(tmp_path: Path) -> Any:
    """Write a file and return its path."""

    def write(content: str | bytes, name: str = "events.json") -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def run_ids(*paths: str) -> list[str]:
    found = read_events(paths)
    assert found.problems == ()
    return [event.run.runId for event in found.events if event.run]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
def test_every_form_of_a_file_is_read_in_order(file: Any, form: str, zipped: bool) -> None:
    content = FORMS[form].encode()
    # By what it is, not by its name.
    assert run_ids(file(gzip.compress(content) if zipped else content)) == ["r0", "r1", "r2"]


def test_an_object_over_several_lines_that_is_no_event_is_reported_with_its_first_line(file: Any) -> None:
    objects = [EVENTS[0], {"x": 1}, EVENTS[2]]
    path = file("\n".join(json.dumps(item, indent=1) for item in objects))
    read = read_events([path])
    line = json.dumps(EVENTS[0], indent=1).count("\n") + 2
    assert [(problem.kind, problem.where) for problem in read.problems] == [("malformed", f"{path}:{line}")]
    assert len(read.events) == 2


def test_a_file_in_utf_16_is_refused_with_the_remedy(file: Any) -> None:
    with pytest.raises(ConfigError, match="are encoded in UTF-16; write them in UTF-8"):
        read_events([file("\n".join(COMPACT).encode("utf-16"))])


@pytest.mark.parametrize("indent", [None, 2])
def test_a_single_event_is_read(file: Any, indent: int | None) -> None:
    assert run_ids(file(json.dumps(EVENTS[0], indent=indent))) == ["r0"]


def test_several_files_are_read_one_after_the_other(file: Any) -> None:
    assert run_ids(file(COMPACT[1], "b.json"), file(COMPACT[0], "a.json")) == ["r1", "r0"]


@pytest.mark.parametrize("form", FORMS)
def test_stdin_is_read_in_every_form(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FORMS[form].encode())))
    assert run_ids("-") == ["r0", "r1", "r2"]


@pytest.mark.parametrize("content", ["", "\n\n", "[]", " [ ] \n"])
def test_a_file_without_events_has_none(file: Any, content: str) -> None:
    assert run_ids(file(content)) == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{no json", "not JSON"),
        ('"a text"', "JSON str"),
        ('{"payload": 1}', "neither run, job nor dataset"),
        ("[1, 2]", "JSON list"),
        ("[" * 100_000, "nested too deeply"),
    ],
    ids=["no JSON", "a text", "foreign", "a list", "bottomless"],
)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_line_that_is_no_event_is_reported_with_its_number_and_stops_nothing(
    file: Any, bad: str, reason: str, place: int
) -> None:
    path = file("\n".join([*COMPACT[:place], bad, *COMPACT[place:]]))
    found = read_events([path])
    assert [event.run.runId for event in found.events if event.run] == ["r0", "r1", "r2"]
    [problem] = found.problems
    assert (problem.kind, problem.where, found.malformed) == ("malformed", f"{path}:{place + 1}", 1)
    assert reason in problem.detail


def test_an_element_that_is_no_event_is_reported_with_its_place(file: Any) -> None:
    path = file(json.dumps([EVENTS[0], {"x": 1}, EVENTS[2]], indent=1))
    found = read_events([path])
    assert [(problem.kind, problem.where) for problem in found.problems] == [("malformed", f"{path}[1]")]
    assert len(found.events) == 2


def test_what_is_lost_of_an_event_is_reported_with_its_line_and_is_not_malformed(file: Any) -> None:
    path = file(COMPACT[0] + "\n" + json.dumps(EVENTS[1] | {"inputs": [None]}))
    found = read_events([path])
    assert [(problem.kind, problem.where) for problem in found.problems] == [("bad_dataset", f"{path}:2 inputs[0]")]
    assert (len(found.events), found.malformed) == (2, 0)


@pytest.mark.parametrize("cut", [12, 40, -1])
def test_a_gzip_file_that_is_cut_off_is_refused(file: Any, cut: int) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_events([file(gzip.compress("\n".join(COMPACT).encode())[:cut])])


def test_a_gzip_file_that_is_damaged_is_refused(file: Any) -> None:
    content = bytearray(gzip.compress("\n".join(COMPACT).encode()))
    content[12:30] = b"\xff" * 18
    with pytest.raises(ConfigError, match="cannot be read"):
        read_events([file(bytes(content))])


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_cannot_be_read_is_refused_with_its_path(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name)
    with pytest.raises(ConfigError, match=r"cannot be read: .*; check the path") as refused:
        read_events([path])
    assert path in str(refused.value)

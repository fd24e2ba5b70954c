"""Files that are small and unpack to more than fits into memory are read up to a bound, then refused or passed over."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from openmetadata_ol_provider.cli import event_documents
from openmetadata_ol_provider.cli.event_files import read_events
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.openlineage.limits import MAX_EVENT_BYTES
from openmetadata_ol_provider.openlineage.problems import MAX_PROBLEMS

EVENT = b'{"eventTime": "2026-11-23T08:00:00Z", "job": {"namespace": "n", "name": "j"}}\n'


def zipped(tmp_path: Path, *parts: tuple[bytes, int]) -> str:
    """Write each part so many times into a gzip file."""
    path = tmp_path / "events.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for part, times in parts:
            for _ in range(times):
                file.write(part)
    return str(path)


def test_a_line_longer_than_any_event_is_passed_over(tmp_path: Path) -> None:
    line = (b"a" * 2**20, 3 * MAX_EVENT_BYTES // 2**20)
    path = zipped(
        tmp_path, (EVENT, 1), line, (b"\n", 1), (EVENT, 1), (b"a" * (MAX_EVENT_BYTES + 1) + b"\n", 1), (EVENT, 1)
    )
    found = read_events([path])
    assert found.locations == [f"{path}:1", f"{path}:3", f"{path}:5"]
    assert [(problem.where, problem.detail.partition(":")[0]) for problem in found.problems] == [
        (f"{path}:2", "too large"),
        (f"{path}:4", "too large"),
    ]


@pytest.mark.parametrize("content", [EVENT, b"a" * 2**20, b"{}\n" * 1000])
def test_a_file_is_read_up_to_so_many_bytes(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_documents, "MAX_FILE_BYTES", 2**20)
    path = zipped(tmp_path, (EVENT, 1), (content, 2 * 2**20 // len(content)))
    assert Path(path).stat().st_size < 2**17
    with pytest.raises(ConfigError, match="more than 1048576 bytes after decompression; split them into several files"):
        read_events([path])


def test_an_array_is_read_up_to_so_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_documents, "MAX_WHOLE_BYTES", 2**20)
    path = zipped(tmp_path, (b"[\n" + EVENT, 1), (b"," + EVENT, 2**20 // len(EVENT)), (b"]", 1))
    with pytest.raises(ConfigError, match="more than 1048576 bytes, and not one event per line; write one"):
        read_events([path])


def test_complaints_about_a_file_are_bounded(tmp_path: Path) -> None:
    found = read_events([zipped(tmp_path, (EVENT, 1), (b"{}\n", MAX_PROBLEMS + 10))])
    assert (len(found.problems), found.malformed) == (MAX_PROBLEMS + 1, MAX_PROBLEMS + 10)

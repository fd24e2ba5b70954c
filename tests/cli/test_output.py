"""Results go to stdout, or to the file that ``--output`` names."""

from __future__ import annotations

from pathlib import Path

import pytest

from openmetadata_ol_provider.cli.output import write_file, write_json, write_text
from openmetadata_ol_provider.cli.terminal import OutlineNode
from openmetadata_ol_provider.exceptions import ConfigError


def test_json_goes_to_stdout_or_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_json({"name": 1})
    write_json({"name": 1}, str(tmp_path / "out"))
    assert capsys.readouterr().out == (tmp_path / "out").read_text(encoding="utf-8") == '{\n  "name": 1\n}\n'


def test_text_goes_to_stdout_or_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_text([OutlineNode("ü")])
    write_text([OutlineNode("ü")], str(tmp_path / "out"))
    assert capsys.readouterr().out == (tmp_path / "out").read_text(encoding="utf-8") == "ü\n"


def test_a_result_that_cannot_be_written_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--output '.*' cannot be written"):
        write_file(b"x", str(tmp_path / "no such folder" / "out"))

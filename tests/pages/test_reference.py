"""The pages of the reference are those that the code gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages.reference import pages


@pytest.mark.parametrize("file", [pytest.param(file, id=file.name) for file in pages()])
def test_the_page_is_made_from_the_code(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == pages()[file], "run: python -m tests.pages.reference"


def test_every_option_and_every_parameter_has_a_meaning() -> None:
    rows = [line for text in pages().values() for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) > 100
    assert [row for row in rows if not row.split(" | ", 1)[1].strip(" |")] == []

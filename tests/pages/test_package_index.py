"""The README that a package index shows: its links and pictures lead to the repository."""

from __future__ import annotations

import re

import pytest

from tests.pages.pages import ROOT, text_of


def test_links_and_pictures_of_the_readme_are_those_of_the_repository() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11 and later")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    readme = text_of("README.md")
    for substitution in project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        readme = re.sub(substitution["pattern"], substitution["replacement"], readme)
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", readme)
    links = re.findall(r"(?<!!)\[[^\]]*\]\(([^)]+)\)|^\[[^\]]+\]: (.+)$", readme, re.MULTILINE)
    assert [one for one in pictures if not one.startswith("https://raw.githubusercontent.com/")] == []
    assert pictures
    assert [one for pair in links for one in pair if one and not one.startswith(("https://", "#"))] == []

"""The page of supported versions matches the schemas of the stand-in, which match the models."""

from __future__ import annotations

from pathlib import Path

from openmetadata_ol_provider.sandbox.catalogue.behaviours import FACTS, Behaviour
from tests.contract.behaviours_table import facts, shown_by
from tests.contract.page import page

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"


def test_the_page_is_the_one_the_shapes_make() -> None:
    made = page()
    assert PAGE.read_text(encoding="utf-8") == made, "make it again: python -m tests.contract.page > docs/contract.md"


def test_every_behaviour_has_its_fact_and_a_test() -> None:
    assert [*FACTS] == [*Behaviour]
    assert sorted(shown_by()) == sorted(facts())

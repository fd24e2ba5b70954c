"""Fully qualified names: any names can be joined and split again, with one canonical spelling."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.sandbox.catalogue import qualified_names


@given(st.lists(st.text(min_size=1).filter(lambda name: '"' not in name), min_size=1))
def test_any_names_can_be_joined_and_split_again(parts: list[str]) -> None:
    joined = None
    for part in parts:
        joined = qualified_names.join(joined, part)
    assert joined is not None
    assert qualified_names.split(joined) == parts
    assert qualified_names.normalise(joined) == joined
    assert qualified_names.last_part(joined) == qualified_names.quote(parts[-1])


@given(st.text(alphabet='a."', max_size=12))
def test_any_text_is_split_into_names_or_refused(text: str) -> None:
    try:
        parts = qualified_names.split(text)
    except ValueError:
        return
    assert all(parts) or '""' in text
    assert qualified_names.split(".".join(f'"{part}"' for part in parts)) == parts

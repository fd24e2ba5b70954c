"""Keys by facts about them: what is added is there, once and in its order, until it is taken away."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.openlineage.key_groups import KeyGroups

CHANGES = st.lists(st.tuples(st.booleans(), st.sampled_from("xy"), st.sampled_from("abc")))


@given(CHANGES)
def test_groups_have_what_sets_would_have(changes: list[tuple[bool, str, str]]) -> None:
    groups, expected = KeyGroups[str](), dict[str, dict[str, None]]()
    for is_added, fact, key in changes:
        keys = expected.setdefault(fact, {})
        if is_added:
            groups.add(fact, key)
            keys[key] = None
        else:
            groups.discard(fact, key)
            keys.pop(key, None)
    filled = {fact: list(keys) for fact, keys in expected.items() if keys}
    assert {fact: list(groups.keys(fact)) for fact in groups} == filled
    assert [fact in groups for fact in "xyz"] == [fact in filled for fact in "xyz"]
    assert list(groups.keys("z")) == []
    assert groups.among({"x", "z"}) == filled.keys() & {"x"}

"""Regular expressions of the configuration: what Python's own engine finds, in time that no text can blow up."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.config import load_config
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.lineage.filters import namespace_pattern
from openmetadata_ol_provider.regex.program import MAX_SIZE, _parser
from openmetadata_ol_provider.regex.safe_regex import Pattern, PatternError, Template
from tests.support import arrows, dataset, plan_of, run_event

LAWS = settings(max_examples=1500, deadline=None, derandomize=True, database=None)
#: Takes Python's own engine longer than the universe has left.
EVIL = "(a+)+$"
LONG = "a" * 10_000 + "!"

PIECES = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\w", r"\d", "A", "ab", "é", r"\.", "^", "$", r"\b", r"\B"])
SOLID = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\w", "ab", "é"])
REPEATS = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{1,}", ""])
TEXTS = st.text(alphabet="abAB_ 1\né.", max_size=9)


def composed(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        parts,
        lambda inner: st.one_of(
            st.builds("{}{}".format, inner, inner),
            st.builds("({}|{})".format, inner, inner),
            st.builds("({})".format, inner),
            st.builds("(?i:{})".format, inner),
            st.builds("(?:{}){}".format, inner, REPEATS),
            st.builds("(?P<g>{})".format, SOLID),
        ),
        max_leaves=8,
    )


def compiled(expression: str) -> re.Pattern[str] | None:
    try:
        return re.compile(expression)
    except re.error:  # a name twice
        return None


@LAWS
@given(composed(PIECES), TEXTS)
def test_what_matches_is_what_python_matches(expression: str, text: str) -> None:
    known = compiled(expression)
    if known is not None:
        pattern = Pattern(expression)
        assert pattern.fullmatch(text) == (known.fullmatch(text) is not None)
        assert pattern.match(text) == (known.match(text) is not None)


def repeats_what_may_be_nothing(tree: Any) -> bool:
    """Tell what Python cuts into matches in a way of its own; which text matches at all is the same."""
    inner = []
    for kind, value in tree:
        if kind.name in {"MAX_REPEAT", "MIN_REPEAT"}:
            inner.append(value[2])
            if value[2].getwidth()[0] == 0 and value[1] > 1:
                return True
        elif kind.name == "SUBPATTERN":
            inner.append(value[3])
        elif kind.name == "BRANCH":
            inner += value[1]
    return any(map(repeats_what_may_be_nothing, inner))


@LAWS
@given(composed(SOLID), st.sampled_from(["^", ""]), TEXTS)
def test_what_is_replaced_is_what_python_replaces(expression: str, anchor: str, text: str) -> None:
    known = compiled(anchor + expression)
    if known is None or repeats_what_may_be_nothing(_parser.parse(expression)):
        return
    template = "".join(rf"<\{number}>" for number in range(1, min(known.groups, 9) + 1)) + r"[\g<0>]"
    pattern = Pattern(anchor + expression)
    assert pattern.sub(Template(template, pattern), text) == known.sub(template, text)


@pytest.mark.parametrize(
    ("expression", "template", "text", "result"),
    [
        ("x*", "-", "abxd", "-a-b--d-"),
        (r"(?P<a>\w)-(\w)?", r"\2\g<a>\g<1>", "a-b c-", "baa cc"),
        ("a", r"\\\n.", "ba", "b\\\n."),
        (r"^(\w+)://landing-(\w+) ", r"\1://landing \2/", "s3://landing-eu orders", "s3://landing eu/orders"),
        ("(?i)ÄB", "x", "äb", "x"),
        ("(?s)a.b", "x", "a\nb", "x"),
        ("(?m)^a", "x", "a\na", "x\nx"),
        (r"\Aa|b\Z", "x", "aab", "xax"),
    ],
)
def test_replacing_by_example(expression: str, template: str, text: str, result: str) -> None:
    pattern = Pattern(expression)
    assert pattern.sub(Template(template, pattern), text) == re.sub(expression, template, text) == result


@pytest.mark.parametrize(
    "expression", [EVIL, "^(a|a)*$", "(a*)*b", "(.*)*x", "(.*a.*)*b", "(a|aa)+$", r"(\w+\s?)+$", "a.*a.*a.*a.*b"]
)
def test_no_text_takes_long(expression: str) -> None:
    pattern = Pattern(expression)
    assert not pattern.fullmatch(LONG)
    assert pattern.match(LONG) == pattern.match(LONG[:-1] + "?!")
    assert pattern.sub(Template("", pattern), LONG)[-1:] == "!"


def test_many_matches_take_no_longer_than_one() -> None:
    pattern = Pattern("a.*b|a")
    assert pattern.sub(Template("x", pattern), LONG) == "x" * 10_000 + "!"


def test_evil_rules_do_not_hold_a_translation_up() -> None:
    config: dict[str, Any] = {
        "namespaces": [{"namespace": f"/{EVIL}/", "ignore": True}],
        "datasets": {"rename": [{"match": f"/{EVIL}/", "to": "b"}]},
    }
    name = "a" * 4_000 + "!"
    event = run_event(inputs=[dataset(name, namespace=name)], outputs=[dataset("x", namespace="aaaa")])
    plan = plan_of(event, config=config)
    assert [item.ignored for item in plan.datasets] == [True, False]
    assert arrows(plan) == []


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("(?=a)b", "look-around"),
        ("(?<!a)b", "look-around"),
        (r"(a)\1", "a back-reference"),
        ("(?P<x>a)(?P=x)", "a back-reference"),
        ("(a)?(?(1)b|c)", "a conditional"),
        (f"(ab?){{{MAX_SIZE}}}", "too large"),
        ("(", "not a regular expression: missing"),
        ("a**", "not a regular expression: multiple repeat"),
    ],
)
def test_what_cannot_be_bounded_is_refused_by_name(expression: str, said: str) -> None:
    with pytest.raises(PatternError, match=said):
        Pattern(expression)
    with pytest.raises(ConfigError, match=rf"namespaces\.0\.namespace: .*{said}"):
        load_config({"namespaces": [{"namespace": f"/{expression}/", "service": "s"}]})
    with pytest.raises(ConfigError, match=rf"datasets\.rename\.0\.match: .*{said}"):
        load_config({"datasets": {"rename": [{"match": f"/{expression}/", "to": "b"}]}})


def test_globs_and_literals_are_as_they_were() -> None:
    assert namespace_pattern("s3://a*")("s3://abc")
    assert namespace_pattern("postgres://[::1]:5432")("postgres://[::1]:5432")
    assert namespace_pattern("/a|b/")("b")
    assert not namespace_pattern("a?")("abc")
    assert not namespace_pattern("*a*a*a*a*a*a*a*a*a*a*b")("a" * 4_000)

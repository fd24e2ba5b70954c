"""The table of what OpenMetadata does beyond its schemas, with the tests that show the stand-in doing it."""

from __future__ import annotations

from collections.abc import Iterator

from openmetadata_ol_provider.sandbox.catalogue.behaviours import FACTS, SCHEMA_FACTS, Fact
from tests.promises import marked

MARK = "behaviour"


def table() -> Iterator[str]:
    """Yield the lines of the table in Markdown."""
    yield "| Behaviour | What the server does | Versions | Read in | Test |"
    yield "|---|---|---|---|---|"
    shown = shown_by()
    for name, fact in facts().items():
        tests = ", ".join(f"`{test}`" for test in shown.get(name, ()))
        yield f"| `{name}` | {fact.what} | {versions(fact)} | {fact.read_in} | {tests} |"


def facts() -> dict[str, Fact]:
    """Return all facts by name, those that can be switched first."""
    return {behaviour.value: fact for behaviour, fact in FACTS.items()} | SCHEMA_FACTS


def shown_by() -> dict[str, list[str]]:
    """Return the tests that show each behaviour, by its name."""
    tests: dict[str, list[str]] = {}
    for behaviour, test in marked(MARK):
        tests.setdefault(behaviour, []).append(test)
    return tests


def versions(fact: Fact) -> str:
    """Return the versions in words: ``1.9 to before 2.1``."""
    if not fact.since:
        return "unknown; off unless switched on"
    since, until = fact.since.split()[-1], fact.until
    if not until:
        return "all" if since == "1.8" else f"from {since} on"
    return f"before {until}" if since == "1.8" else f"from {since}, before {until}"

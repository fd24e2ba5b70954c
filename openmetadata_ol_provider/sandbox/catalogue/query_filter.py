"""The part of the search engine's query language that ``query_filter`` may use here."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from openmetadata_ol_provider.sandbox.catalogue import search_index
from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore
from openmetadata_ol_provider.sandbox.catalogue.search_index import Hit

Test = Callable[[Hit], bool]


class UnparsableFilterError(ValueError):
    """Raised for a filter that is not JSON or contains a query that this sandbox does not know."""


def compile_filter(store: CatalogueStore, text: str) -> Test:
    """Return the test of a filter such as ``{"query": {"term": {"deleted": false}}}``.

    :raises UnparsableFilterError: if it cannot be parsed
    :raises ApiError: 400 for a regular expression that cannot be compiled
    """
    try:
        return _Compiler(store).query(msgspec.json.decode(text)["query"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnparsableFilterError(f"query_filter {text!r} cannot be parsed: {error!r}") from None


class _Compiler:
    def __init__(self, store: CatalogueStore) -> None:
        self._store = store
        self._compilers: dict[str, Callable[[Any], Test]] = {
            "match_all": lambda _: lambda _: True,
            "bool": self._bool,
            "exists": lambda body: self._any_value(body["field"], lambda _: True),
            "term": lambda body: self._terms(*_field_and_value(body)),
            "terms": lambda body: self._terms(*_only_item(body)),
            "prefix": self._prefix,
            "wildcard": self._wildcard,
            "regexp": self._regexp,
        }

    def query(self, body: Any) -> Test:
        """Return the test of a query, which is an object with one key."""
        name, content = _only_item(body)
        return self._compilers[name](content)

    def _bool(self, body: dict[str, Any]) -> Test:
        clauses = {key: self._clauses(body[key]) for key in body.keys() - {"minimum_should_match"}}
        if unknown := clauses.keys() - {"must", "filter", "should", "must_not"}:
            raise KeyError(*unknown)
        required = [*clauses.get("must", ()), *clauses.get("filter", ())]
        optional, excluded = clauses.get("should", []), clauses.get("must_not", [])
        needs_one = bool(optional) and (not required or "minimum_should_match" in body)

        def passes(hit: Hit) -> bool:
            return (
                all(test(hit) for test in required)
                and not any(test(hit) for test in excluded)
                and (not needs_one or any(test(hit) for test in optional))
            )

        return passes

    def _clauses(self, body: Any) -> list[Test]:
        return [self.query(item) for item in (body if isinstance(body, list) else [body])]

    def _terms(self, field: str, value: Any) -> Test:
        wanted = {self._normal(field, search_index.text_of(item)) for item in _as_list(value)}
        return self._any_value(field, lambda text: self._normal(field, text) in wanted)

    def _prefix(self, body: Any) -> Test:
        field, value = _field_and_value(body)
        prefix = self._normal(field, value)
        return self._any_value(field, lambda text: self._normal(field, text).startswith(prefix))

    def _wildcard(self, body: Any) -> Test:
        field, value = _field_and_value(body)
        is_exact = self._is_exact(field) and not _options(body).get("case_insensitive")
        return self._any_value(field, search_index.matcher(value, is_exact=is_exact))

    def _regexp(self, body: Any) -> Test:
        field, value = _field_and_value(body)
        is_exact = self._is_exact(field) and not _options(body).get("case_insensitive")
        try:
            pattern = re.compile(value, 0 if is_exact else re.IGNORECASE)
        except re.error as error:
            raise ApiError(400, f"query_filter: {value!r} is not a regular expression: {error}") from None
        return self._any_value(field, lambda text: pattern.fullmatch(text) is not None)

    def _any_value(self, field: str, test: Callable[[str], bool]) -> Test:
        return lambda hit: any(test(value) for value in search_index.values(hit.entity, hit.entity_type, field))

    def _is_exact(self, field: str) -> bool:
        return search_index.is_exact(self._store, field)

    def _normal(self, field: str, text: str) -> str:
        return text if self._is_exact(field) else text.lower()


def _only_item(body: Any) -> tuple[str, Any]:
    ((key, value),) = body.items()
    return key, value


def _field_and_value(body: Any) -> tuple[str, Any]:
    """Return the field of a query and the value, which may be given with options."""
    field, content = _only_item(body)
    return field, content.get("value", content.get("wildcard")) if isinstance(content, dict) else content


def _options(body: Any) -> dict[str, Any]:
    _, content = _only_item(body)
    return content if isinstance(content, dict) else {}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

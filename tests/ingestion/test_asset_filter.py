"""The parameter that asks for asset events."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.ingestion.asset_filter import AssetFilter, parse_emit_assets


@pytest.mark.parametrize("value", [False, None, "false", "False", "", " none ", "0"])
def test_nothing_is_asked_for(value: object) -> None:
    assert parse_emit_assets(value) is None


@pytest.mark.parametrize("value", [True, "true", "1"])
def test_all_datasets_are_asked_for(value: object) -> None:
    assert parse_emit_assets(value) == AssetFilter()
    assert AssetFilter().admits("anything", "anything://else")


@pytest.mark.parametrize(
    ("value", "admitted"),
    [
        (["postgres://db:5432"], True),
        (["postgres://*"], True),
        (["/postgres:.*/"], True),
        ("s3://lake, postgres://db:5432/shop/*", True),
        (("postgres://db:5432/shop/public/orders",), True),
        ({"postgres://db"}, False),
        (["s3://lake"], False),
        ("postgres", False),
    ],
)
def test_patterns_are_of_namespaces_or_uris(value: object, admitted: bool) -> None:
    asked = parse_emit_assets(value)
    assert asked is not None
    assert asked.admits("postgres://db:5432", "postgres://db:5432/shop/public/orders") is admitted


@pytest.mark.parametrize("value", [[], {}, 7, [""], [7], {"a": 1}, b"x", ["a", None], ["/(?=x)/"], "a,,b"])
def test_what_cannot_be_meant_is_refused_with_the_value_and_the_remedy(value: object) -> None:
    with pytest.raises(ConfigError, match=r"emit_assets(:| is| has) .*(give True, False, or a list|correct it)"):
        parse_emit_assets(value)

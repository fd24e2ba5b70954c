"""The claims of a token, read without verification."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.token import TokenClaims, read_claims
from tests.openmetadata.client.support import jwt


def test_a_token_is_read_without_being_verified() -> None:
    expires = dt.datetime(2027, 1, 1, tzinfo=dt.timezone.utc)
    found = read_claims(jwt(sub="ol-bot", isBot=True, exp=int(expires.timestamp())))
    assert found == TokenClaims(readable=True, name="ol-bot", is_bot=True, expires_at=expires)
    assert read_claims(jwt(sub="b", exp=None)).expires_at is None


@pytest.mark.parametrize("token", ["", "abc", "a.b", "a.b.c", "a.W10.c", "é.é.é", "a.eyJ.c", "a.b.c.d"])
def test_what_is_no_token_is_not_readable(token: str) -> None:
    assert read_claims(token) == TokenClaims(readable=False)


@pytest.mark.parametrize("claims", [{"exp": "soon"}, {"exp": 1e30}, {"exp": True}, {"sub": 7, "isBot": "yes"}])
def test_claims_of_another_kind_are_left_out(claims: dict[str, Any]) -> None:
    assert read_claims(jwt(**claims)) == TokenClaims(readable=True)

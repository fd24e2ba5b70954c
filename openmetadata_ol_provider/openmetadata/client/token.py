"""The bearer token, and the claims that messages quote from it.

The signature is not verified: only the server can do that, and nothing here depends on it.
"""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError


class TokenClaims(NamedTuple):
    """Claims of a token that may appear in messages, which the token itself never does.

    :param readable: ``True`` if the token is a JWT at all
    :param name: name of the bot or user; ``None`` if the token does not contain it
    :param is_bot: ``True`` if it belongs to a bot; ``None`` if the token does not contain it
    :param expires_at: end of its validity in UTC; ``None`` if it does not expire
    """

    readable: bool
    name: str | None = None
    is_bot: bool | None = None
    expires_at: dt.datetime | None = None


class BearerToken:
    """A JWT that no representation shows.

    :param text: the token itself
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "BearerToken('***')"

    @property
    def authorization(self) -> str:
        """Value of the ``Authorization`` header."""
        return f"Bearer {self._text}"

    @cached_property
    def claims(self) -> TokenClaims:
        """Claims of the token, decoded when a message first needs them."""
        return read_claims(self._text)


def bearer_token(text: str | None, setting: str) -> BearerToken | None:
    """Return the token of a setting, without the space around it, which files and secrets often end with.

    :param text: value of the setting
    :param setting: name of the setting, for messages
    :return: ``None`` if there is none
    :raises ConfigError: if this cannot be a token
    """
    token = (text or "").strip()
    if token[:7].lower() == "bearer ":
        raise ConfigError(f"{setting} begins with 'Bearer'; set the token alone")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(
            f"{setting} contains spaces, line breaks or other characters that no token has; set the token alone"
        )
    return BearerToken(token) if token else None


def read_claims(token: str) -> TokenClaims:
    """Read a token's claims without verifying its signature."""
    import jwt

    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return TokenClaims(readable=False)
    name, is_bot = claims.get("sub"), claims.get("isBot")
    return TokenClaims(
        readable=True,
        name=name if isinstance(name, str) else None,
        is_bot=is_bot if isinstance(is_bot, bool) else None,
        expires_at=_time(claims.get("exp")),
    )


def _time(seconds: object) -> dt.datetime | None:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    try:
        return dt.datetime.fromtimestamp(seconds, dt.timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None

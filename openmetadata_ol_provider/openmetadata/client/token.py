"""What a JWT says of itself. Nothing is verified: that is the server's business; this is for messages only."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from typing import NamedTuple


class TokenFacts(NamedTuple):
    """What can be told of a token without telling the token.

    :param readable: whether it is a JWT at all
    :param name: of whom it is
    :param is_bot: whether that is a bot, where the token says so
    :param expires_at: UTC; ``None`` when it does not expire
    """

    readable: bool
    name: str | None = None
    is_bot: bool | None = None
    expires_at: dt.datetime | None = None


def token_facts(token: str) -> TokenFacts:
    """Read a token's claims."""
    try:
        _, payload, _ = token.strip().split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error):
        return TokenFacts(readable=False)
    if not isinstance(claims, dict):
        return TokenFacts(readable=False)
    name, is_bot = claims.get("sub"), claims.get("isBot")
    return TokenFacts(
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

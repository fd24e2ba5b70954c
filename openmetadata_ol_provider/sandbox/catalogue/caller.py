"""The sender of a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """The sender of a request.

    :param name: user name
    :param is_bot: ``True`` if it is a bot; bots do not overwrite what people wrote
    """

    name: str = "openlineage-bot"
    is_bot: bool = True

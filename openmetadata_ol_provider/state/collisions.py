"""Notices state keys that are also the name of a Variable of another state: ``x.ledger`` next to ``x``.

Such a key alone does no harm, so it is not refused; but what one state has stored must not be overwritten by the other.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from openmetadata_ol_provider.exceptions import ConfigError

_DERIVED: Final = re.compile(r"(.+?)((?:\.(?:parked|ledger))?\.s\d\d|\.(?:parked|ledger|assets|receipts|lanes))")


class _State(msgspec.Struct):
    version: int
    checkpoint: msgspec.Raw


def is_state(text: str) -> bool:
    """Return whether a text is the checkpoint of a state."""
    if not text.startswith("{"):
        return False
    try:
        msgspec.json.decode(text, type=_State)
    except msgspec.MsgspecError:
        return False
    return True


def refuse_state(key: str, text: str) -> None:
    """Refuse to work with a Variable of a state that is itself the checkpoint of another state.

    :param key: key of the Variable
    :param text: text of the Variable
    :raises ConfigError: if it is
    """
    if is_state(text):
        raise ConfigError(
            f"state_key is {key!r} in one DAG, but {_owner(key)} needs a Variable of this name, too. Nothing of it was "
            f"changed. {_remedy(key)}"
        )


def collision_hint(state_key: str) -> str:
    """Return what to do about a state key whose Variable may be that of another state; empty if it cannot be."""
    if _DERIVED.fullmatch(state_key) is None:
        return ""
    return f", or that of another state: {_owner(state_key)} has a Variable of this name, too. {_remedy(state_key)}"


def _owner(key: str) -> str:
    match = _DERIVED.fullmatch(key)
    return f"the state with the state_key {match[1]!r}" if match else "another state"


def _remedy(key: str) -> str:
    match = _DERIVED.fullmatch(key)
    end = f" that does not end with {match[2]!r}" if match else ""
    return (
        f"Give one of the two DAGs another state_key{end}, and set its checkpoint there with `openmetadata-ol "
        "checkpoint set`"
    )

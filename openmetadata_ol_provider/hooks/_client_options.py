"""Translates the extra of an OpenMetadata connection into parameters of the client."""

from __future__ import annotations

import difflib
import math
from pathlib import Path
from typing import Any

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.openmetadata.client.tls_files import existing_path

#: Keys of the extra; the connection form has a field for each.
EXTRA_KEYS = ("verify", "client_cert", "client_key", "timeout", "max_connections", "max_answer_mb")
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
#: Most seconds for one response: sockets accept no more than some 24 days.
_MAX_TIMEOUT = 86_400


def client_options(extra: dict[str, Any]) -> dict[str, Any]:
    """Return the client's keyword arguments for the connection's extra.

    :param extra: extra of the connection
    :raises ConfigError: if a key is unknown or a value invalid
    """
    for key in extra:
        if key not in EXTRA_KEYS:
            near = difflib.get_close_matches(str(key), EXTRA_KEYS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(EXTRA_KEYS)}"
            raise ConfigError(f"extra has the unknown key {key!r}; {hint}")
    extra = {key: value for key, value in extra.items() if not _is_empty(value)}
    options: dict[str, Any] = {}
    if "verify" in extra:
        options["verify"] = _verify(extra["verify"])
    if "timeout" in extra:
        options["timeout"] = _number("timeout", extra["timeout"], _MAX_TIMEOUT)
    if "max_connections" in extra:
        options["max_connections"] = _whole_number("max_connections", extra["max_connections"])
    if "max_answer_mb" in extra:
        options["max_answer_bytes"] = int(_number("max_answer_mb", extra["max_answer_mb"]) * 2**20)
    if "client_key" in extra and "client_cert" not in extra:
        raise ConfigError(
            "extra has client_key without client_cert; set both, or set client_cert to one file that contains both"
        )
    if "client_cert" in extra:
        files = [existing_path(extra[key], f"extra.{key}") for key in ("client_cert", "client_key") if key in extra]
        options["cert"] = tuple(files) if len(files) > 1 else files[0]
    return options


def _is_empty(value: object) -> bool:
    """Return whether a field of the form was left empty; a blank ``verify`` would turn verification off."""
    return value is None or (isinstance(value, str) and not value.strip())


def _verify(value: object) -> bool | str:
    if isinstance(value, bool):
        return value
    text = str(value).strip()
    if text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    # A folder of certificates works, too.
    path = text if isinstance(value, str) else value
    return existing_path(path, "extra.verify", "true, false or the path of a CA file", Path.exists)


def _number(key: str, value: object, maximum: float = math.inf) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:
        raise ConfigError(f"extra.{key} is {value!r}; set a number above 0")
    if number > maximum:
        raise ConfigError(f"extra.{key} is {value!r}; set a number of at most {maximum:g}")
    return number


def _whole_number(key: str, value: object) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = 0
    if number <= 0:
        raise ConfigError(f"extra.{key} is {value!r}; set a whole number above 0")
    return number

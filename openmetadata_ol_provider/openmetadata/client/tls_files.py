"""Files with certificates and keys, as settings name them; their contents are never shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from openmetadata_ol_provider.exceptions import ConfigError


def existing_path(
    value: object, setting: str, remedy: str = "the path of a PEM file", exists: Callable[[Path], bool] = Path.is_file
) -> str:
    """Return the path of a file or folder that exists.

    :param value: value of the setting
    :param setting: name of the setting, for the error
    :param remedy: what to set instead
    :param exists: function that returns whether there is one
    :raises ConfigError: if there is none; if this is the text of a file instead of its path, it is not shown
    """
    if isinstance(value, str) and _is_there(value, exists):
        return value
    shown = "the text of a PEM file" if "-----BEGIN" in str(value) else repr(value)
    raise ConfigError(f"{setting} is {shown}, which is not a file on this machine; set {remedy}")


def _is_there(path: str, exists: Callable[[Path], bool]) -> bool:
    try:
        return exists(Path(path))
    except OSError:
        # The text of a file is too long for a path; the error has all of it.
        return False

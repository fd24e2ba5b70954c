"""Writes results to stdout or to a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from openmetadata_ol_provider.cli.terminal import OutlineNode, plain_outline, write_outline
from openmetadata_ol_provider.exceptions import ConfigError


def write_json(document: object, output: str | None = None) -> None:
    """Write a JSON document.

    :param output: path of a file, by default stdout
    """
    text = json.dumps(document, indent=2) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        write_file(text.encode(), output)


def write_text(outline: Iterable[OutlineNode], output: str | None = None) -> None:
    """Write an outline as text: plain in a file, decorated on a terminal.

    :param output: path of a file, by default stdout
    """
    if output is None:
        write_outline(outline)
    else:
        write_file(plain_outline(outline).encode(), output)


def write_file(content: bytes, output: str) -> None:
    """Write the file that ``--output`` names.

    :raises ConfigError: if it cannot be written
    """
    try:
        Path(output).write_bytes(content)
    except OSError as error:
        raise ConfigError(f"--output {output!r} cannot be written: {error.strerror}") from None

"""Runs the command that the arguments name, and turns its errors into messages and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from openmetadata_ol_provider.cli.commands import build_parser, load_command
from openmetadata_ol_provider.cli.completion import complete
from openmetadata_ol_provider.cli.database_error import database_error
from openmetadata_ol_provider.cli.exit_codes import FAILED, WRONG_USE
from openmetadata_ol_provider.exceptions import ConfigError, OpenLineageProviderError
from openmetadata_ol_provider.openlineage.sanitize import printable

#: Set by the shell when it asks for completions.
_COMPLETION_VARIABLE = "_ARGCOMPLETE"


def run_command(argv: Sequence[str] | None) -> int:
    """Run a command and return its exit code.

    :param argv: arguments without the program's name, ``None`` for those of the process
    """
    _write_any_name()
    parser = build_parser()
    if _COMPLETION_VARIABLE in os.environ:
        complete(parser)
    arguments = parser.parse_args(argv)
    try:
        return load_command(arguments.command)(arguments)
    except ConfigError as error:
        _print_error(str(error))
        return WRONG_USE
    except (OpenLineageProviderError, OSError) as error:
        _print_error(printable(str(error)))
        return FAILED
    except Exception as error:
        if (text := database_error(error)) is None:
            raise
        _print_error(printable(text))
        return WRONG_USE


def _write_any_name() -> None:
    """Write characters that the terminal's encoding does not have as escapes, as stderr does, instead of failing."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _print_error(message: str) -> None:
    sys.stderr.write(f"openmetadata-ol: {message}\n")

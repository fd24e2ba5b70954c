"""The command line ``openmetadata-ol``: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from openmetadata_ol_provider.cli.commands import build_parser, load_command
from openmetadata_ol_provider.cli.completion import complete
from openmetadata_ol_provider.cli.exit_codes import FAILED, INTERRUPTED, WRONG_USE
from openmetadata_ol_provider.exceptions import ConfigError, OpenLineageProviderError
from openmetadata_ol_provider.openlineage.sanitize import printable

#: Set by the shell when it asks for completions.
_COMPLETION_VARIABLE = "_ARGCOMPLETE"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    :param argv: arguments without the program's name, by default those of the process
    """
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
    except KeyboardInterrupt:
        return INTERRUPTED


def _print_error(message: str) -> None:
    sys.stderr.write(f"openmetadata-ol: {message}\n")

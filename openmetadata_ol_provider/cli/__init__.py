"""The command line ``openmetadata-ol``: results on stdout, everything else on stderr."""

from __future__ import annotations

from collections.abc import Sequence

from openmetadata_ol_provider.cli.exit_codes import INTERRUPTED


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    :param argv: arguments without the program's name, by default those of the process
    """
    try:
        # Imported here, because Ctrl-C may come before the imports are done.
        from openmetadata_ol_provider.cli.run import run_command

        return run_command(argv)
    except KeyboardInterrupt:
        return INTERRUPTED

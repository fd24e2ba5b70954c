"""Runs the stand-in (NOT OpenMetadata) alone: ``python -m openmetadata_ol_provider.sandbox.catalogue --port 8585``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from openmetadata_ol_provider.sandbox.catalogue.seed import SeedError
from openmetadata_ol_provider.sandbox.catalogue.server import CatalogueServer


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT.

    :param arguments: command line without the program name
    :returns: exit status: 0, or 2 if the server could not start
    """
    parser = argparse.ArgumentParser(prog="openmetadata_ol_provider.sandbox.catalogue", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--seed", help="JSON or YAML file with the initial content")
    parser.add_argument("--state-file", help="file that keeps the content across restarts")
    parser.add_argument("--version", default="1.12.0", help="OpenMetadata version to play (default: %(default)s)")
    parser.add_argument(
        "--token", default=os.environ.get("OPENMETADATA_JWT_TOKEN"), help="the only token that is accepted"
    )
    parser.add_argument("--latency", type=float, default=0.0, help="delay of every response in seconds")
    options = parser.parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        server = CatalogueServer(
            options.seed, options.version, options.token, options.port, options.latency, state_file=options.state_file
        )
    except (SeedError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())

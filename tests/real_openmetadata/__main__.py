"""Tries every law on a server: ``python -m tests.real_openmetadata --host URL [--name oltest_...]``.

The token is read from ``OPENMETADATA_JWT_TOKEN``. The kit creates services of its own, whose names begin with the
given one, and deletes them at the end. Do not point it at a server in production all the same.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

from openmetadata_ol_provider.exceptions import OpenLineageProviderError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from tests.real_openmetadata.laws import LAWS, Law
from tests.real_openmetadata.workspace import PREFIX, Workspace


class Verdict(NamedTuple):
    """What came of one law.

    :param detail: what was seen
    """

    law: Law
    holds: bool
    detail: str


def try_laws(space: Workspace) -> list[Verdict]:
    """Try every law; one that does not hold stops none."""
    return [_try(law, space) for law in LAWS]


def _try(law: Law, space: Workspace) -> Verdict:
    try:
        return Verdict(law, holds=True, detail=law.proves(space))
    except (AssertionError, OpenLineageProviderError, KeyError) as error:
        return Verdict(law, holds=False, detail=f"{type(error).__name__}: {error}"[:1000])


def table(version: object, verdicts: Sequence[Verdict]) -> str:
    """Return the verdicts as a table of Markdown."""
    rows = [f"| Law | OpenMetadata {version} | Seen |", "|---|---|---|"]
    for law, holds, detail in verdicts:
        word = "holds" if holds else "the server differs" if law.belief else "DOES NOT HOLD"
        rows.append(f"| {law.text} | {word} | {' '.join(detail.split()).replace('|', '/')} |")
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the kit and return the exit code, which is 1 if a law does not hold or something could not be deleted."""
    parser = argparse.ArgumentParser(prog="python -m tests.real_openmetadata", description=__doc__)
    parser.add_argument("--host", required=True, help="URL of a server that is not in production")
    parser.add_argument("--name", help=f"what the names of all services begin with; it begins with {PREFIX}")
    options = parser.parse_args(arguments)
    name = options.name or input(f"The kit creates services and deletes them. Their names begin with ({PREFIX}...): ")
    with OpenMetadataClient(options.host, os.environ.get("OPENMETADATA_JWT_TOKEN")) as client:
        try:
            space = Workspace(client, name.strip())
            space.create()
        except (ValueError, OpenLineageProviderError) as error:
            sys.stderr.write(f"{error}\n")
            return 2
        left: list[str] = []
        try:
            verdicts = try_laws(space)
        finally:
            left = space.delete()
        sys.stdout.write(table(client.version, verdicts) + "\n")
    for line in left:
        sys.stderr.write(f"not deleted: {line}\n")
    return 1 if left or not all(verdict.holds for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())

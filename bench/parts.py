"""The parts of the benchmark: modules with a function ``measure(rounds)``, each run in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from bench.figures import Figure
from bench.sizes import VARIABLE

#: In the order in which they are run and shown.
PARTS = (
    "decode",
    "plan",
    "consume",
    "backlog",
    "state",
    "ledger",
    "lanes",
    "tasks",
    "imports",
    "resolution",
    "publish",
    "whole_way",
    "simulation",
)
_FIGURE = "figure "


class PartFailedError(Exception):
    """Raised when a part has ended with an error."""


def title(name: str) -> str:
    """Return the first line of a part's docstring, without the full stop."""
    return (import_module(f"bench.{name}").__doc__ or "").partition("\n")[0].rstrip(".")


def run(name: str, rounds: int, size: str) -> Iterator[Figure]:
    """Run a part in its own process and yield its figures as they come.

    :raises PartFailedError: if it fails; the figures measured until then have been yielded
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.parts", name, str(rounds)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
        env={**os.environ, VARIABLE: size},
    )
    with process:
        for line in process.stdout or ():
            if line.startswith(_FIGURE):
                yield Figure.from_dict(json.loads(line[len(_FIGURE) :]))
            else:
                # Airflow also writes to stdout.
                sys.stderr.write(line)
    if process.returncode != 0:
        raise PartFailedError(f"{name} has ended with {process.returncode}")


def main() -> None:
    """Measure one part and write its figures as lines of JSON."""
    name, rounds = sys.argv[1], int(sys.argv[2])
    if name not in PARTS:
        raise SystemExit(f"{name!r} is not a part of the benchmark; the parts are {', '.join(PARTS)}")
    for figure in import_module(f"bench.{name}").measure(rounds):
        print(_FIGURE + json.dumps(figure.to_dict()), flush=True)


if __name__ == "__main__":
    main()

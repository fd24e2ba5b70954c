"""The parts of the benchmark, each a module with ``measure(rounds)``, and each run in a process of its own."""

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
    """A part has ended with an error."""


def title(name: str) -> str:
    """Return what a part measures, in a line."""
    return (import_module(f"bench.{name}").__doc__ or "").partition("\n")[0].rstrip(".")


def run(name: str, rounds: int, size: str) -> Iterator[Figure]:
    """Run a part in a process of its own and yield its figures as they come.

    :raises PartFailedError: if it fails; what it had measured by then was yielded
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
                # Airflow speaks up here too.
                sys.stderr.write(line)
    if process.returncode != 0:
        raise PartFailedError(f"{name} has ended with {process.returncode}")


def main() -> None:
    """Measure one part and write its figures as lines of JSON."""
    name, rounds = sys.argv[1], int(sys.argv[2])
    if name not in PARTS:
        raise SystemExit(f"{name!r} is no part of the benchmark; there are {', '.join(PARTS)}")
    for figure in import_module(f"bench.{name}").measure(rounds):
        print(_FIGURE + json.dumps(figure.to_dict()), flush=True)


if __name__ == "__main__":
    main()

"""Writes the golden files of ``tests/data/surface``: ``python -m tests.surface.goldens DIRECTORY``.

Those that are committed are what the code of commit dfe4ef9 wrote, and stay: tests show that they can still be read.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import captured
from tests.surface.scenario import (
    REFUSALS,
    World,
    first_half,
    narrower,
    on_day,
    read_variables,
    run_event,
    runs,
    to_park,
    work,
    world,
)

TODAY = dt.datetime.now(dt.timezone.utc).date().isoformat()


def continuing(here: World) -> dict[str, Any]:
    """Leave all sorts of things behind, and return what the tasks handed on."""
    here.send.events(*first_half())
    return dict(zip(("batch", "plan", "report"), work(), strict=True))


def published(here: World) -> None:
    """Publish what is all in the catalogue."""
    here.send.events(*captured("dbt-postgres"))
    work()


def parked(here: World) -> None:
    """Make the catalogue refuse something of every kind."""
    here.send.events(*to_park(TODAY))
    for method, path, times in REFUSALS:
        here.catalogue.fail(method, path, 400, times=times)
    work()


def lanes(here: World) -> None:
    """Read by one task, then by two lanes, of which only the first has begun."""
    here.send.events(*runs("START", 1))
    work()
    work(lane=0, lanes=2)


def counted(here: World) -> None:
    """Count two runs of today."""
    here.send.events(*(on_day(TODAY, run_event(name, job="nightly.counted")) for name in ("one", "two")))
    work()


def vanishing(here: World) -> None:
    """Run a job four times without an edge that it once had: one time less than makes it stale."""
    for number in range(5):
        here.send.events(narrower(number))
        work()


SITUATIONS: tuple[Callable[[World], dict[str, Any] | None], ...] = (
    continuing,
    published,
    parked,
    lanes,
    counted,
    vanishing,
)


def main(directory: Path) -> None:
    """Write all files."""
    from airflow.utils.db import initdb

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        initdb()
    for situation in SITUATIONS:
        with world() as here:
            handed_on = situation(here) or {}
            variables = {"catalogue": here.catalogue.url, "variables": read_variables()}
        for name, document in {**handed_on, f"variables-{situation.__name__}": variables}.items():
            text = json.dumps(document, indent=1, ensure_ascii=False)
            (directory / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    import tests.conftest  # noqa: F401 - gives Airflow a home of its own, before it is imported

    main(Path(sys.argv[1]))

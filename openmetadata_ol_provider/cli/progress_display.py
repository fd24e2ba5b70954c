"""Counts events on stderr while files are read, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TypeVar

from openmetadata_ol_provider.cli.terminal import is_decorated

Item = TypeVar("Item")

_EVENTS_PER_UPDATE = 1000


def with_progress(label: str, events: Iterator[Item]) -> Iterator[Item]:
    """Yield events while stderr shows how many there have been.

    :param label: name of the file
    """
    if not is_decorated(sys.stderr):
        yield from events
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    progress = Progress(
        TextColumn("{task.description}, events: {task.completed:,}", markup=False),
        TimeElapsedColumn(),
        console=Console(file=sys.stderr),
        # rich would send stdout, which is for results, to the same terminal.
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with progress:
        task = progress.add_task(label, total=None)
        count = 0
        try:
            for count, event in enumerate(events, 1):
                if count % _EVENTS_PER_UPDATE == 0:
                    progress.update(task, completed=count)
                yield event
        finally:
            progress.update(task, completed=count)

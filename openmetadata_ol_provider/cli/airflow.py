"""What the commands share that read Airflow's connections, Variables and options."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any


def as_airflow_does() -> None:
    """Look where Airflow's own commands look, and keep its log out of the results."""
    # Without this, connections and Variables in its database are not looked at.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    # Airflow logs to stdout, which is for results: version 3 to what it finds when it is imported, 2 whatever it finds.
    with contextlib.redirect_stdout(sys.stderr):
        importlib.import_module("airflow.settings")
    root = logging.getLogger()
    for handler in list(root.handlers):
        if getattr(handler, "stream", None) in (sys.stdout, sys.__stdout__):
            root.removeHandler(handler)
            root.addHandler(logging.StreamHandler(sys.stderr))


def topics_of(arguments: Any) -> list[str]:
    """Return ``--topics``, by default those of the bundled DAG."""
    from openmetadata_ol_provider import conf

    given = [topic.strip() for topic in (arguments.topics or "").split(",")]
    return [topic for topic in given if topic] or conf.topics()


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as aligned columns."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )


def state_key_of(arguments: Any) -> str:
    """Return the Variable's key that ``--state-key``, or ``--dag-id`` and ``--topics``, name."""
    as_airflow_does()
    if arguments.state_key:
        return str(arguments.state_key)
    from openmetadata_ol_provider.state.checkpoint import default_state_key

    return default_state_key(arguments.dag_id, topics_of(arguments))

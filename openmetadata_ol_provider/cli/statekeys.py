"""Which Variable a command is about: that of a DAG's tasks, by default of the bundled DAG."""

from __future__ import annotations

import argparse
import os
from typing import Any

BUNDLED_DAG = "openlineage_to_openmetadata"


def add_state_key(command: argparse.ArgumentParser) -> None:
    """Add the options that name the state."""
    command.add_argument("--state-key", metavar="KEY", help="the tasks' state_key, if they have one")
    command.add_argument("--dag-id", default=BUNDLED_DAG, metavar="ID", help="default: the bundled DAG")
    command.add_argument("--topics", metavar="T,...", help="the tasks' topics (default: [openmetadata_ol] topics)")


def state_key_of(arguments: Any) -> str:
    """Return the Variable's key."""
    # As Airflow's own commands say it: without this, Variables in the metadata database are not looked at.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    if arguments.state_key:
        return str(arguments.state_key)
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.state import default_state_key

    topics = [topic.strip() for topic in (arguments.topics or "").split(",") if topic.strip()]
    return default_state_key(arguments.dag_id, topics or conf.topics())

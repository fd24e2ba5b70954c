"""Which Variable a command is about: that of a DAG's tasks, by default of the bundled DAG."""

from __future__ import annotations

import os
from typing import Any


def state_key_of(arguments: Any) -> str:
    """Return the Variable's key that ``--state-key``, or ``--dag-id`` and ``--topics``, name."""
    # As Airflow's own commands say it: without this, Variables in the metadata database are not looked at.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    if arguments.state_key:
        return str(arguments.state_key)
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.state import default_state_key

    topics = [topic.strip() for topic in (arguments.topics or "").split(",") if topic.strip()]
    return default_state_key(arguments.dag_id, topics or conf.topics())

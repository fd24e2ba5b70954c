"""Which Variable a command is about: that of a DAG's tasks, by default of the bundled DAG."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.cli.airflow import as_airflow_does, topics_of


def state_key_of(arguments: Any) -> str:
    """Return the Variable's key that ``--state-key``, or ``--dag-id`` and ``--topics``, name."""
    as_airflow_does()
    if arguments.state_key:
        return str(arguments.state_key)
    from openmetadata_ol_provider.state import default_state_key

    return default_state_key(arguments.dag_id, topics_of(arguments))

"""Shared by the commands that read Airflow's connections, Variables and options."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.state.lanes import Lane


def prepare_airflow() -> None:
    """Make Airflow look up connections and Variables in its database, and keep its log off stdout."""
    # Without this, connections and Variables in Airflow's database are not found.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    # Airflow logs to stdout, which is for results: version 3 to the stream that it finds when it is imported, version 2
    # in any case.
    with contextlib.redirect_stdout(sys.stderr):
        importlib.import_module("airflow.settings")
    root = logging.getLogger()
    for handler in list(root.handlers):
        if getattr(handler, "stream", None) in (sys.stdout, sys.__stdout__):
            root.removeHandler(handler)
            root.addHandler(logging.StreamHandler(sys.stderr))


def config_of(arguments: Namespace) -> Config:
    """Return the configuration; one in a Variable can only be read by commands that use a connection of Airflow."""
    from openmetadata_ol_provider.config import load_config

    if not arguments.openmetadata_conn_id:
        return load_config(arguments.config)
    prepare_airflow()
    from openmetadata_ol_provider.version_compat import user_variable

    return load_config(arguments.config, user_variable)


def tasks_config(source: str | None) -> tuple[Config, bool]:
    """Return the configuration of the tasks, and whether it is another than the defaults.

    :param source: value of ``--config``; default: ``[openmetadata_ol] config``
    :raises ConfigError: if it cannot be read
    """
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.config import load_config
    from openmetadata_ol_provider.version_compat import user_variable

    source = source or conf.config()
    return load_config(source, user_variable), source is not None


def topics_of(arguments: Namespace) -> list[str]:
    """Return the topics of ``--topics``, by default those of ``[openmetadata_ol] topics``."""
    from openmetadata_ol_provider import conf

    topics = [topic.strip() for topic in (arguments.topics or "").split(",")]
    return [topic for topic in topics if topic] or conf.topics()


def state_key_of(arguments: Namespace) -> str:
    """Return the key of the Variable that ``--state-key``, or else ``--dag-id`` and ``--topics``, select."""
    prepare_airflow()
    if arguments.state_key:
        return str(arguments.state_key)
    from openmetadata_ol_provider.state.keys import default_state_key

    return default_state_key(arguments.dag_id, topics_of(arguments))


def lane_keys(arguments: Namespace) -> dict[Lane, str]:
    """Return the state key of each lane; by default there are as many lanes as ``[openmetadata_ol] lanes`` says.

    ``--state-key`` may also be the key of one lane, which is the only one then.
    """
    state_key = state_key_of(arguments)
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.state.lanes import LANE_KEY, Lane

    if arguments.lanes is None and (lane := LANE_KEY.search(state_key)) is not None:
        return {Lane(int(lane[1]), int(lane[2])): state_key}
    count = arguments.lanes or conf.lanes()
    return {lane: lane.key(state_key) for lane in (Lane(number, count) for number in range(count))}

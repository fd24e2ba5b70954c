"""Checks the parameters that a DAG file gives literally, so that a mistake is an import error and not a failed run.

Templates and outputs of other tasks are checked by the same rules when the task runs.
"""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

from openmetadata_ol_provider.ingestion.parameters import (
    check_count,
    check_limit,
    check_topic,
    check_topics,
    is_literal,
)
from openmetadata_ol_provider.ingestion.settings import BatchLimits, DeadLetterTarget
from openmetadata_ol_provider.operators._assets import with_asset_outlet
from openmetadata_ol_provider.operators._base import REPLAY_KINDS, parse_bool, read_window


class CheckedParameters:
    """Checks the parameters of ``partial`` as well: a mapped task has no ``__init__`` before it runs."""

    @classmethod
    def partial(cls, **parameters: Any) -> Any:
        """Return Airflow's partial of this operator, to be expanded.

        :raises ConfigError: naming the parameter that is wrong, its value and the remedy
        """
        for name in ("min_events", "max_replays"):
            if name in parameters:
                check_count(name, parameters[name])
        for name in ("dry_run", "keep_timestamp", "deferrable", "end_when_queued"):
            if parameters.get(name) is not None:
                parse_bool(name, parameters[name])
        check_literals(SimpleNamespace(**parameters), mapped=True)
        if "emit_assets" in parameters:
            parameters = with_asset_outlet(parameters, parameters["emit_assets"])
        # That of the operator which this is mixed into.
        return super().partial(**parameters)  # type: ignore[misc]


def check_literals(operator: Any, *, mapped: bool = False) -> None:
    """Check all parameters of an operator that are literal.

    :param operator: an operator or sensor of this package, at the end of its ``__init__``
    :param mapped: ``True`` if others of its parameters are mapped, so that they cannot be compared with each other
    :raises ConfigError: naming the parameter, its value and the remedy
    """
    topics = getattr(operator, "topics", None)
    if hasattr(operator, "topics") and not hasattr(topics, "iter_references"):
        check_topics(topics)
    dead_letter_topic = getattr(operator, "dead_letter_topic", None)
    if dead_letter_topic is not None and is_literal(dead_letter_topic):
        check_topic("dead_letter_topic", dead_letter_topic)
        if is_literal(topics) and topics is not None:
            DeadLetterTarget(dead_letter_topic).require_apart([topics] if isinstance(topics, str) else topics)
    for name in BatchLimits._fields:
        check_limit(name, getattr(operator, name, None))
    _check_lanes(operator)
    _check_positions(operator, mapped=mapped)
    _check_config(getattr(operator, "config", None))
    for name in ("full_refresh", "emit_replayed"):
        value = getattr(operator, name, None)
        if value is not None and is_literal(value):
            parse_bool(name, value)


def _check_lanes(operator: Any) -> None:
    lanes = getattr(operator, "lanes", 1)
    # A sensor waits for all lanes and has no number.
    lane = getattr(operator, "lane", None if lanes == 1 else 0)
    if (lane, lanes) == (None, 1) or not is_literal(lanes):
        return
    from openmetadata_ol_provider.state.lanes import as_lane

    as_lane(lane if is_literal(lane) else 0, lanes)


def _check_positions(operator: Any, *, mapped: bool) -> None:
    names = ("start_from", "replay_from", "on_data_loss", "start", "end")
    given = {name: value for name in names if (value := getattr(operator, name, None)) is not None}
    literal = {name: value for name, value in given.items() if is_literal(value)}
    if not literal:
        return
    from openmetadata_ol_provider.kafka.data_loss import parse_on_data_loss
    from openmetadata_ol_provider.kafka.start_position import START_KINDS, parse_start

    parse_start(literal.get("start_from"), "start_from", START_KINDS)
    parse_on_data_loss(literal.get("on_data_loss"), "on_data_loss")
    replay = parse_start(literal.get("replay_from"), "replay_from", REPLAY_KINDS)
    if not mapped and not {"start", "end", "replay_from"} & (given.keys() - literal.keys()):
        read_window(operator, replay)


def _check_config(config: object) -> None:
    # A file may be on the workers only, and Variables are not read while a DAG is parsed.
    if config is None or isinstance(config, str | os.PathLike) or not is_literal(config):
        return
    from openmetadata_ol_provider.config import load_config

    load_config(config)

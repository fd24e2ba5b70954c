"""Airflow options of section ``[openmetadata_ol]``: one function for each option, named after it."""

from __future__ import annotations

from openmetadata_ol_provider.get_provider_info import CONFIG_SECTION, DEFAULTS


def _text(option: str) -> str:
    from airflow.providers.common.compat.sdk import conf

    return str(conf.get(CONFIG_SECTION, option, fallback=DEFAULTS[option]))


def _integer(option: str) -> int:
    from openmetadata_ol_provider.exceptions import ConfigError

    text = _text(option)
    if not text.strip().isdigit() or int(text) < 1:
        raise ConfigError(f"[{CONFIG_SECTION}] {option} = {text!r}: a whole number above 0 is expected")
    return int(text)


def topics() -> list[str]:
    """[openmetadata_ol] topics."""
    return [topic.strip() for topic in _text("topics").split(",") if topic.strip()]


def schedule() -> str:
    """[openmetadata_ol] schedule."""
    return _text("schedule").strip()


def wait_timeout() -> int:
    """[openmetadata_ol] wait_timeout."""
    return _integer("wait_timeout")


def kafka_config_id() -> str:
    """[openmetadata_ol] kafka_config_id."""
    return _text("kafka_config_id")


def openmetadata_conn_id() -> str:
    """[openmetadata_ol] openmetadata_conn_id."""
    return _text("openmetadata_conn_id")


def config() -> str | None:
    """[openmetadata_ol] config."""
    return _text("config").strip() or None


def lanes() -> int:
    """[openmetadata_ol] lanes."""
    return _integer("lanes")


def dead_letter_topic() -> str | None:
    """[openmetadata_ol] dead_letter_topic."""
    return _text("dead_letter_topic").strip() or None


def start_from() -> str:
    """[openmetadata_ol] start_from."""
    return _text("start_from").strip()


def on_data_loss() -> str:
    """[openmetadata_ol] on_data_loss."""
    return _text("on_data_loss").strip()


def max_events() -> int:
    """[openmetadata_ol] max_events."""
    return _integer("max_events")


def max_bytes() -> int:
    """[openmetadata_ol] max_bytes."""
    return _integer("max_bytes")


def max_duration() -> int:
    """[openmetadata_ol] max_duration."""
    return _integer("max_duration")


def open_run_ttl() -> int:
    """[openmetadata_ol] open_run_ttl."""
    return _integer("open_run_ttl")


def closed_run_ttl() -> int:
    """[openmetadata_ol] closed_run_ttl."""
    return _integer("closed_run_ttl")


def max_open_runs() -> int:
    """[openmetadata_ol] max_open_runs."""
    return _integer("max_open_runs")


def max_state_bytes() -> int:
    """[openmetadata_ol] max_state_bytes."""
    return _integer("max_state_bytes")

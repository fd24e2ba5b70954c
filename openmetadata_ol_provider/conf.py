"""Airflow options of section ``[openmetadata_ol]``: one function for each option, named after it."""

from __future__ import annotations

from openmetadata_ol_provider.get_provider_info import CONFIG_SECTION, DEFAULTS


def _text(option: str) -> str:
    from airflow.providers.common.compat.sdk import conf

    return str(conf.get(CONFIG_SECTION, option, fallback=DEFAULTS[option]))


def _integer(option: str, least: int = 1) -> int:
    from openmetadata_ol_provider.exceptions import ConfigError

    text = _text(option)
    if not text.strip().isdigit() or int(text) < least:
        expected = "a whole number above 0 is expected" if least else "a whole number is expected"
        raise ConfigError(f"[{CONFIG_SECTION}] {option} = {text!r}: {expected}")
    return int(text)


def topics() -> list[str]:
    """Return the option [openmetadata_ol] topics."""
    return [topic.strip() for topic in _text("topics").split(",") if topic.strip()]


def schedule() -> str:
    """Return the option [openmetadata_ol] schedule."""
    return _text("schedule").strip()


def wait_timeout() -> int:
    """Return the option [openmetadata_ol] wait_timeout."""
    return _integer("wait_timeout")


def kafka_config_id() -> str:
    """Return the option [openmetadata_ol] kafka_config_id."""
    return _text("kafka_config_id")


def openmetadata_conn_id() -> str:
    """Return the option [openmetadata_ol] openmetadata_conn_id."""
    return _text("openmetadata_conn_id")


def config() -> str | None:
    """Return the option [openmetadata_ol] config."""
    return _text("config").strip() or None


def lanes() -> int:
    """Return the option [openmetadata_ol] lanes."""
    return _integer("lanes")


def dead_letter_topic() -> str | None:
    """Return the option [openmetadata_ol] dead_letter_topic."""
    return _text("dead_letter_topic").strip() or None


def start_from() -> str:
    """Return the option [openmetadata_ol] start_from."""
    return _text("start_from").strip()


def on_data_loss() -> str:
    """Return the option [openmetadata_ol] on_data_loss."""
    return _text("on_data_loss").strip()


def max_events() -> int:
    """Return the option [openmetadata_ol] max_events."""
    return _integer("max_events")


def max_bytes() -> int:
    """Return the option [openmetadata_ol] max_bytes."""
    return _integer("max_bytes")


def max_duration() -> int:
    """Return the option [openmetadata_ol] max_duration."""
    return _integer("max_duration")


def open_run_ttl() -> int:
    """Return the option [openmetadata_ol] open_run_ttl."""
    return _integer("open_run_ttl")


def closed_run_ttl() -> int:
    """Return the option [openmetadata_ol] closed_run_ttl."""
    return _integer("closed_run_ttl")


def max_open_runs() -> int:
    """Return the option [openmetadata_ol] max_open_runs."""
    return _integer("max_open_runs")


def max_state_bytes() -> int:
    """Return the option [openmetadata_ol] max_state_bytes."""
    return _integer("max_state_bytes")


def emit_assets() -> str:
    """Return the option [openmetadata_ol] emit_assets."""
    return _text("emit_assets").strip()


def receipts() -> int:
    """Return the option [openmetadata_ol] receipts."""
    return _integer("receipts", least=0)

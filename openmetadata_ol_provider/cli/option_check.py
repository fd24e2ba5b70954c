"""Checks the options of ``[openmetadata_ol]``, each of which a task would refuse only when it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from openmetadata_ol_provider.exceptions import ConfigError

#: Options that are numbers; each has a function in :mod:`~openmetadata_ol_provider.conf`.
NUMBERS = (
    *("wait_timeout", "lanes", "max_events", "max_bytes", "max_duration", "open_run_ttl", "closed_run_ttl"),
    *("max_open_runs", "max_state_bytes", "receipts"),
)


def wrong_options() -> list[str]:
    """Return a sentence for each option with a value that cannot be used."""
    return [sentence for check in _checks() if (sentence := _complaint(check))]


def _complaint(check: Callable[[], object]) -> str:
    """Return what a check says, empty if it passes."""
    try:
        check()
    except ConfigError as error:
        return str(error)
    return ""


def _checks() -> Iterator[Callable[[], object]]:
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.ingestion.parameters import check_topic, check_topics
    from openmetadata_ol_provider.ingestion.read_request import data_loss_option, start_option
    from openmetadata_ol_provider.ingestion.settings import DeadLetterTarget

    yield from (getattr(conf, name) for name in NUMBERS)
    yield lambda: check_topics(conf.topics())
    yield start_option
    yield data_loss_option
    if letters := conf.dead_letter_topic():
        yield lambda: check_topic("[openmetadata_ol] dead_letter_topic", letters)
        yield lambda: DeadLetterTarget(letters).require_apart(conf.topics())

"""Checks parameters that operators, sensor and trigger share: numbers, and names and patterns of topics."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from openmetadata_ol_provider.exceptions import ConfigError

#: The texts that a template may render for a boolean, in lower case.
BOOLEANS = {"true": True, "1": True, "false": False, "0": False, "": False, "none": False}
_TEMPLATE = re.compile(r"\{[{%#]")
#: Limits that are numbers of things; the others are seconds.
_COUNTED = frozenset({"max_events", "max_bytes"})
#: What Kafka accepts as the name of a topic.
_TOPIC_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")


def is_literal(value: object) -> bool:
    """Return whether a parameter has its final value: no template, no output of a task, nothing to be mapped."""
    if isinstance(value, str):
        return _TEMPLATE.search(value) is None
    if isinstance(value, Mapping):
        return all(is_literal(key) and is_literal(item) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return all(map(is_literal, value))
    # Airflow's references, XComArg and MappedArgument; they have no common public class.
    return not hasattr(value, "iter_references")


def check_limit(name: str, value: object) -> None:
    """Check one limit of a batch.

    :param name: name of the parameter
    :param value: ``None`` for the default
    :raises ConfigError: if it is not a number above 0, or a fraction of what can only be counted
    """
    if value is None:
        return
    is_counted = name in _COUNTED
    kind = int if is_counted else int | float
    if isinstance(value, bool) or not isinstance(value, kind) or not value > 0:
        number = "a whole number" if is_counted else "a number"
        raise ConfigError(f"{name} is {value!r}; give {number} above 0, or leave it out for the default")


def check_count(name: str, value: object) -> None:
    """Check a number that has to be at least 1.

    :raises ConfigError: if it is not a whole number of at least 1
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(f"{name} is {value!r}; give a whole number of at least 1")


def check_topics(topics: object) -> None:
    """Check names and regular expressions of topics; those that are templates are left out.

    :raises ConfigError: if there are none, or if one is neither a topic's name nor a usable regular expression
    """
    names = [topics] if isinstance(topics, str) else topics
    if not isinstance(names, Collection) or isinstance(names, Mapping) or not names:
        raise ConfigError(f"topics is {topics!r}; give the name of a topic, or a list of names")
    for name in names:
        if not is_literal(name):
            continue
        if isinstance(name, str) and name.startswith("^"):
            _check_pattern(name)
        else:
            check_topic("topics", name)


def check_topic(parameter: str, name: object) -> None:
    """Check the name of a topic.

    :param parameter: name of the parameter, for the error
    :raises ConfigError: if Kafka does not accept such a name
    """
    if not isinstance(name, str) or not _TOPIC_NAME.fullmatch(name):
        hint = "; a regular expression starts with ^" if parameter == "topics" else ""
        raise ConfigError(
            f"{parameter} has {name!r}, which is not a topic's name (letters, digits, '.', '_' and '-'){hint}"
        )


def _check_pattern(pattern: str) -> None:
    from openmetadata_ol_provider.regex.safe_regex import Pattern, PatternError

    try:
        Pattern(pattern)
    except PatternError as error:
        raise ConfigError(f"topics: {pattern!r} cannot be used as a pattern: {error}; correct it") from None

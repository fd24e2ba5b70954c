"""The one place that knows which Airflow version has what. Importing it imports no Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.triggers.base import BaseEventTrigger

__all__ = ["BaseEventTrigger", "get_variable", "set_variable"]


def __getattr__(name: str) -> Any:
    if name != "BaseEventTrigger":
        raise AttributeError(name)
    from airflow.triggers import base

    # Airflow 2 has no asset watchers.
    return getattr(base, "BaseEventTrigger", base.BaseTrigger)


def get_variable(key: str) -> str | None:
    """Return the text of an Airflow Variable, ``None`` when there is none."""
    import inspect

    from airflow.providers.common.compat.sdk import Variable

    # The parameter is named ``default_var`` in Airflow 2.
    name = "default" if "default" in inspect.signature(Variable.get).parameters else "default_var"
    default: dict[str, Any] = {name: None}
    text: str | None = Variable.get(key, **default)
    return text


def set_variable(key: str, value: str, description: str | None = None) -> None:
    """Write the text of an Airflow Variable."""
    from airflow.providers.common.compat.sdk import Variable

    Variable.set(key, value, description=description)

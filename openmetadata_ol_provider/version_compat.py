"""The one place that knows which Airflow version has what."""

from __future__ import annotations

try:
    from airflow.triggers.base import BaseEventTrigger
except ImportError:  # Airflow 2: there are no asset watchers
    from airflow.triggers.base import BaseTrigger as BaseEventTrigger  # type: ignore[assignment]

__all__ = ["BaseEventTrigger"]

"""Alias of :mod:`openmetadata_ol_provider.operators.links`, to be removed in version 1.0.

Airflow 2 stores the class paths of extra links in serialised DAGs: those of version 0.1.0 name this module.
"""

from __future__ import annotations

from openmetadata_ol_provider.operators.links import XCOM_KEY, LineageLink, PipelineLink, push_links

__all__ = ["XCOM_KEY", "LineageLink", "PipelineLink", "push_links"]

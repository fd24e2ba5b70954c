"""Apache Airflow provider: OpenLineage events from Kafka, translated and published as lineage to OpenMetadata."""

from __future__ import annotations

__version__ = "0.1.0"

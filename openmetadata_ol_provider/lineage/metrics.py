"""Reads data-quality metrics of a dataset and of its columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from openmetadata_ol_provider.lineage.plan_datasets import Metric
from openmetadata_ol_provider.openlineage.facets import DataQualityMetricsFacet, DatasetFacets

#: Beginning of the names of metrics that are quantiles of a column, followed by the quantile.
QUANTILE = "quantile:"
#: Metrics that are counts.
COUNTS: Final = frozenset({"rowCount", "bytes", "fileCount", "nullCount", "distinctCount", "count"})
#: Largest count that catalogues store, that of 64 bits.
_MOST: Final = 2**63 - 1


def is_count(value: float | None) -> bool:
    """Return whether a number can be a count: producers write -1 for what they do not know."""
    return value is not None and 0 <= value <= _MOST


def metrics_of(facets: DatasetFacets) -> tuple[Metric, ...]:
    """Return the metrics of a dataset, sorted by column."""
    facet = facets.dataQualityMetrics
    return () if facet is None or facet.deleted else tuple(_metrics(facet))


def _metrics(facet: DataQualityMetricsFacet) -> Iterator[Metric]:
    for name in ("rowCount", "bytes", "fileCount"):
        value = getattr(facet, name)
        if value is not None:
            yield Metric(name, value)
    for column, metrics in sorted((facet.columnMetrics or {}).items()):
        for name, value in msgspec.structs.asdict(metrics).items():
            if value is not None and name != "quantiles":
                yield Metric(name, value, column)
        for quantile, value in sorted((metrics.quantiles or {}).items()):
            if value is not None:
                yield Metric(f"{QUANTILE}{quantile}", value, column)

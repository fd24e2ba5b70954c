"""Looks once at what a gate waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openmetadata_ol_provider.openmetadata.gates.freshness import check_freshness
from openmetadata_ol_provider.openmetadata.gates.gate import FreshnessGate, Gate, Verdict
from openmetadata_ol_provider.openmetadata.gates.quality import check_quality

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient


def check_gate(client: OpenMetadataClient, gate: Gate, now: float) -> Verdict:
    """Look once.

    :param now: current time, in seconds since 1970
    :raises ConfigError: if the gate does not name one table
    :raises CatalogueError: if the catalogue refuses or does not answer
    """
    # A trigger keeps its client: what failed an hour ago may work again.
    client.circuits.reset()
    if isinstance(gate, FreshnessGate):
        return check_freshness(client, gate, now)
    return check_quality(client, gate, now)

"""This is NOT OpenMetadata: a stand-in that plays its REST API on a real socket, for tests and demos.

It serves the routes that a lineage publisher needs, as OpenMetadata 1.8 to 2.1 does, including status codes, refusals
and merge rules. It keeps everything in memory and can inject faults. It has no user interface, no real search engine
and no security to rely on.
"""

from __future__ import annotations

from openmetadata_ol_provider.sandbox.catalogue.seed import SeedError, load_seed
from openmetadata_ol_provider.sandbox.catalogue.server import CatalogueServer

__all__ = ["CatalogueServer", "SeedError", "load_seed"]

"""The only place where these tests import what is not public: adapt it when one of these modules moves, nothing else.

Everything else goes through operators, hooks, the command line and the sandbox.
"""

from __future__ import annotations

from openmetadata_ol_provider.config import Config, load_config
from openmetadata_ol_provider.ingestion.metrics import send_metrics
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openlineage.segments.state_text import state_of_texts
from openmetadata_ol_provider.openlineage.serialization import to_builtins
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.state.usage_text import usage_of_texts
from openmetadata_ol_provider.version_compat import stats

__all__ = [
    "Config",
    "LineagePlan",
    "PublishReport",
    "load_config",
    "send_metrics",
    "state_of_texts",
    "stats",
    "to_builtins",
    "usage_of_texts",
]

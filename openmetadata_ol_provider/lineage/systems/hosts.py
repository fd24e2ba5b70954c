"""Host names that are written in two ways. Pure."""

from __future__ import annotations

import re
from typing import Final

_REDSHIFT: Final = re.compile(
    r"(?P<cluster>[^.]+)\.[^.]+\.(?P<region>[^.]+)\.redshift(?:-serverless)?\.amazonaws\.com(?:\.cn)?", re.IGNORECASE
)


def short_host(host: str) -> str:
    """Return a Redshift endpoint as the specification writes it, ``cluster.region``; any other host as it is."""
    match = _REDSHIFT.fullmatch(host)
    return f"{match['cluster']}.{match['region']}" if match else host

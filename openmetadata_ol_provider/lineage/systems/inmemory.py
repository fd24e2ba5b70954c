"""What exists between jobs only.

Source: the specification's ``inmemory://`` (datasets of type JOB_OUTPUT). Lineage goes through it, not to it.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, other

SYSTEM = System(
    title="Data in memory",
    kind="other",
    schemes={"inmemory": None},
    namespaces="`inmemory://`",
    names="as they come",
    read=other,
)

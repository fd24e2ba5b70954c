"""Files on a machine, which is left out: workers come and go, and shared directories are on all of them.

Source: the specification's rows, ``file`` or ``file://host`` + path. In the field: no namespace at all, the path
without its leading slash or with a scheme, the directory as namespace (``file:/data``, ``/data``).
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, files

_SCHEME = re.compile(r"file:(?://[^/]*(?=/))?", re.IGNORECASE)


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    return files(address, _SCHEME.sub("", name, count=1) if name[:5].lower() == "file:" else name)


SYSTEM = System(
    title="Files",
    kind="container",
    schemes={"file": None},
    namespaces="`file`, `file://host`, `file:/directory`, `/directory`, none",
    names="a path, with or without leading slash",
    read=_read,
)

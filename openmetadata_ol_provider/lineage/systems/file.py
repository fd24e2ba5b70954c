"""Files on a machine. The host is left out: workers come and go, and they mount the same shared directories.

Source: the specification's rows, ``file`` or ``file://host`` + path. Producers also send no namespace at all, the path
without its leading slash or with a scheme, the directory as namespace (``file:/data``, ``/data``).
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, files

# C:\data
_DRIVE = re.compile(r"/?[A-Za-z]:\\")
_SCHEME = re.compile(r"file:(?://[^/]*(?=/))?", re.IGNORECASE)


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    path = _SCHEME.sub("", name, count=1) if name[:5].lower() == "file:" else name
    return files(namespace, path.replace("\\", "/") if _DRIVE.match(path) else path)


SYSTEM = System(
    name="file",
    title="Files",
    kind="container",
    schemes={"file": Scheme()},
    namespaces="`file`, `file://host`, `file:/directory`, `/directory`, no namespace",
    names="a path, with or without leading slash",
    read=_read,
)

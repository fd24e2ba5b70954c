"""Files on other machines, read and written by protocol.

Source: Airflow's FTP and SFTP operators, ``sftp://host:port`` + path; the specification's Box, FileNet and SharePoint
rows.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, files


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    return files(namespace.without_user(), name)


SYSTEM = System(
    name="ftp",
    title="FTP, SFTP, SMB, NFS, Box, FileNet, SharePoint",
    kind="container",
    schemes={
        "ftp": Scheme(21),
        "sftp": Scheme(22),
        "smb": Scheme(445),
        "nfs": Scheme(),
        "box": Scheme(),
        "filenet": Scheme(),
        "mssharepoint": Scheme(),
    },
    aliases={"ftps": "ftp", "ssh": "sftp"},
    namespaces="`sftp://host:port`, `box://host`",
    names="a path",
    read=_read,
)

"""Files on other machines, fetched or put by protocol.

Source: Airflow's FTP and SFTP operators, ``sftp://host:port`` + path; the specification's Box, FileNet and SharePoint
rows.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, files, without_user


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    return files(without_user(address), name)


SYSTEM = System(
    title="FTP, SFTP, SMB, NFS, Box, FileNet, SharePoint",
    kind="container",
    schemes={"ftp": 21, "sftp": 22, "smb": 445, "nfs": None, "box": None, "filenet": None, "mssharepoint": None},
    aliases={"ftps": "ftp", "ssh": "sftp"},
    namespaces="`sftp://host:port`, `box://host`",
    names="a path",
    read=_read,
)

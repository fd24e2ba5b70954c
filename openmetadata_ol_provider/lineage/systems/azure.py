"""Azure storage: container and account are the namespace. One account answers as data lake (dfs) and as blob storage.

Source: the specification's rows, ``abfss://container@account.dfs.core.windows.net`` and ``wasbs://...`` + path; Data
Lake Storage Gen1 is ``adl://store.azuredatalakestore.net``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, objects


def _fold(address: Address) -> Address:
    if address.scheme != "wasbs":
        return address
    return address._replace(scheme="abfss", authority=address.authority.lower().replace(".blob.core.", ".dfs.core."))


SYSTEM = System(
    title="Azure Data Lake and Blob Storage",
    kind="container",
    schemes={"abfss": None, "wasbs": None, "adl": None},
    aliases={"abfs": "abfss", "wasb": "wasbs"},
    namespaces="`abfss://container@account.dfs.core.windows.net`, `wasbs://container@account.blob.core.windows.net`, `adl://store`",
    names="a path, with or without slashes around it",
    read=objects,
    fold=_fold,
)

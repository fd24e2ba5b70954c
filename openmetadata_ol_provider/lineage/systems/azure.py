"""Azure storage: container and account are the namespace. An account serves as data lake (dfs) and as blob storage.

Source: the specification's rows, ``abfss://container@account.dfs.core.windows.net`` and ``wasbs://...`` + path; Data
Lake Storage Gen1 is ``adl://store.azuredatalakestore.net``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, objects


def _fold(namespace: Namespace) -> Namespace:
    if namespace.scheme != "wasbs":
        return namespace
    authority = namespace.authority.lower().replace(".blob.core.", ".dfs.core.")
    return namespace._replace(scheme="abfss", authority=authority)


SYSTEM = System(
    name="azure",
    title="Azure Data Lake and Blob Storage",
    kind="container",
    schemes={"abfss": Scheme(None, "ADLS"), "wasbs": Scheme(family="abfss"), "adl": Scheme(None, "ADLS")},
    aliases={"abfs": "abfss", "wasb": "wasbs", "az": "abfss", "azure": "abfss"},
    namespaces="`abfss://container@account.dfs.core.windows.net`, `wasbs://container@account.blob.core.windows.net`, `adl://store`",
    names="a path, with or without slashes around it",
    read=objects,
    fold=_fold,
)

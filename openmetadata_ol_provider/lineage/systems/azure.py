"""Azure storage: container and account are the namespace. An account serves as data lake (dfs) and as blob storage.

Source: the specification's rows, ``abfss://container@account.dfs.core.windows.net`` and ``wasbs://...`` + path; Data
Lake Storage Gen1 is ``adl://store.azuredatalakestore.net``.
"""

from __future__ import annotations

import re

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, objects

# The host of an account, without a container: the container is the first directory of the path then.
_ACCOUNT = re.compile(r"[\w-]+\.(?:blob|dfs)\.core\.[\w.]+", re.IGNORECASE)


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    if namespace.scheme == "abfss":
        namespace = namespace._replace(authority=namespace.authority.replace(".blob.core.", ".dfs.core."))
    path = f"{namespace.path}/{name}".strip("/")
    if not path or _ACCOUNT.fullmatch(namespace.authority) is None:
        return objects(namespace, name)
    container, _, below = path.partition("/")
    return objects(namespace._replace(authority=f"{container}@{namespace.authority}", path=""), below)


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
    names="a path, with or without slashes around it; below an account alone it begins with the container",
    read=_read,
    fold=_fold,
)

"""The normalised identity of a dataset: one name under which the catalogue may have it."""

from __future__ import annotations

from typing import Literal

import msgspec

#: Kinds of catalogue entity that an identity may name.
Kind = Literal[
    "table",
    "topic",
    "container",
    "dashboard",
    "mlmodel",
    "storedProcedure",
    "searchIndex",
    "apiEndpoint",
    "other",
]


class Identity(msgspec.Struct, frozen=True, omit_defaults=True):
    """One normalised name under which the catalogue may have a dataset; identities are tried in order."""

    namespace: str
    name: str
    kind: Kind

    def __str__(self) -> str:
        return f"{self.namespace} {self.name}"

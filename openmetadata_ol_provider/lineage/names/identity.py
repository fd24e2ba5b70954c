"""The normalised identity of a dataset: one name under which the catalogue may hold it."""

from __future__ import annotations

from typing import Literal

import msgspec

#: What kind of catalogue entity an identity may name.
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


class PlanValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of the plan's values: immutable, hashable where the parts are, absent parts left out of JSON."""


class Identity(PlanValue, frozen=True):
    """One name under which a dataset may be found in the catalogue, normalised; candidates are tried in order."""

    namespace: str
    name: str
    kind: Kind

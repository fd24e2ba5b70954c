"""What to tell the people who can settle it: what was tried, which candidates there are, which line to write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.openmetadata.fqn import join, split

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId
    from openmetadata_ol_provider.openmetadata.entities import Entity

_SHOWN: Final = 10
# What YAML takes for a string without quotes: no number, and none of its words.
_WORD: Final = re.compile(r"(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z_][\w-]*", re.IGNORECASE)


def unresolved(dataset: Dataset, tried: Iterable[str]) -> str:
    """Return what to say of a dataset that nothing was found for."""
    return (
        f"{'; '.join(tried) or 'no identity to look for'}. If it is in OpenMetadata, add to `namespaces`: "
        f"{{namespace: {_yaml(dataset.namespace)}, service: <its service>}}, or `ignore: true` to leave it out"
    )


def ambiguous(name: DatasetId | Identity, found: Iterable[Entity]) -> str:
    """Return what to say of a dataset that several entities were found for.

    :param name: as the configuration has to have it
    """
    shown = sorted(entity.fqn for entity in found)
    more = "" if len(shown) <= _SHOWN else f" and {len(shown) - _SHOWN} more"
    return f"{name.namespace} {name.name} may be {', '.join(shown[:_SHOWN])}{more}; settle it {_line(name, shown)}"


def _line(name: DatasetId | Identity, fqns: list[str]) -> str:
    service, *rest = split(fqns[0])
    if len({split(fqn)[0] for fqn in fqns}) > 1:
        word = service if _WORD.fullmatch(service) else _yaml(service)
        return f"in `namespaces`, e.g. {{namespace: {_yaml(name.namespace)}, service: {word}}}"
    if len(rest) == 3:
        # A rule for the namespace would be for all of its datasets.
        to = re.sub(r"\\", r"\\\\", f"{name.namespace} {join(*rest)}")
        match = f"/^{re.escape(f'{name.namespace} {name.name}')}$/"
        return f"in `datasets.rename`, e.g. {{match: {_yaml(match)}, to: {_yaml(to)}}}"
    return f"in OpenMetadata, where {service} has it twice"


def _yaml(text: str) -> str:
    """Return a scalar that YAML reads as this text."""
    return json.dumps(text, ensure_ascii=False)

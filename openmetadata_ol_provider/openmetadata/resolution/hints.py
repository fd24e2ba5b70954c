"""Texts for people about datasets that did not resolve: what was tried, the candidates, and the rule to write."""

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

#: Most candidates that are listed.
_MAX_CANDIDATES: Final = 10
# A string that YAML reads without quotes: neither a number nor one of its keywords.
_WORD: Final = re.compile(r"(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z_][\w-]*", re.IGNORECASE)


def unresolved_hint(dataset: Dataset, attempts: Iterable[str]) -> str:
    """Return the hint for a dataset without a matching entity.

    :param dataset: the dataset
    :param attempts: how it was looked for under each identity
    """
    return (
        f"{'; '.join(attempts) or 'no identity to look for'}. If it is in OpenMetadata, add to `namespaces`: "
        f"{{namespace: {_yaml(dataset.namespace)}, service: <its service>}}, or `ignore: true` to leave it out"
    )


def ambiguous_hint(name: DatasetId | Identity, entities: Iterable[Entity]) -> str:
    """Return the hint for a dataset with several matching entities.

    :param name: namespace and name for the rule in the configuration
    :param entities: the candidates
    """
    fqns = sorted(entity.fqn for entity in entities)
    more = "" if len(fqns) <= _MAX_CANDIDATES else f" and {len(fqns) - _MAX_CANDIDATES} more"
    candidates = ", ".join(fqns[:_MAX_CANDIDATES]) + more
    return f"{name.namespace} {name.name} may be {candidates}; settle it {_remedy(name, fqns)}"


def _remedy(name: DatasetId | Identity, fqns: list[str]) -> str:
    service, *rest = split(fqns[0])
    if len({split(fqn)[0] for fqn in fqns}) > 1:
        word = service if _WORD.fullmatch(service) else _yaml(service)
        return f"in `namespaces`, e.g. {{namespace: {_yaml(name.namespace)}, service: {word}}}"
    if len(rest) == 3:
        # A rule for the namespace would apply to all of its datasets.
        to = re.sub(r"\\", r"\\\\", f"{name.namespace} {join(*rest)}")
        match = f"/^{re.escape(f'{name.namespace} {name.name}')}$/"
        return f"in `datasets.rename`, e.g. {{match: {_yaml(match)}, to: {_yaml(to)}}}"
    return f"in OpenMetadata, where {service} has it twice"


def _yaml(text: str) -> str:
    """Return a scalar that YAML reads as this text."""
    return json.dumps(text, ensure_ascii=False)

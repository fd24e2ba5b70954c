"""Which facets an event carries that are not read, by name and producer: to see what is left on the table.

A decode of its own, which the way of the data does not pay for; the command line asks for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, Part, RunFacets
from openmetadata_ol_provider.openlineage.sanitize import safe_text

#: Longest name of a facet or producer, in characters.
_SHOWN = 200
_Names = dict[str, msgspec.Raw]


class _Owner(msgspec.Struct):
    facets: _Names | None = None
    inputFacets: _Names | None = None  # noqa: N815 - OpenLineage's name
    outputFacets: _Names | None = None  # noqa: N815


class _Carrier(msgspec.Struct):
    run: _Owner | None = None
    job: _Owner | None = None
    dataset: _Owner | None = None
    inputs: list[_Owner] | None = None
    outputs: list[_Owner] | None = None
    producer: str | None = None


_decode = msgspec.json.Decoder(_Carrier).decode


class Survey:
    """Counts facets that are not read: (section, facet, producer) -> number of times seen."""

    def __init__(self) -> None:
        self.unread: Counter[tuple[str, str, str]] = Counter()

    def add(self, value: bytes | str) -> None:
        """Count the unread facets of one event; what cannot be read that way is not counted."""
        try:
            carrier = _decode(value)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return
        producer = safe_text(carrier.producer or "?", _SHOWN)
        for section, name in _facets(carrier):
            self.unread[section, safe_text(name, _SHOWN), producer] += 1


def _facets(carrier: _Carrier) -> Iterator[tuple[str, str]]:
    yield from _unread("run", carrier.run, RunFacets)
    yield from _unread("job", carrier.job, JobFacets)
    for owner in (carrier.dataset, *(carrier.inputs or ()), *(carrier.outputs or ())):
        yield from _unread("dataset", owner, DatasetFacets)


def _unread(section: str, owner: _Owner | None, read: type[Part]) -> Iterator[tuple[str, str]]:
    if owner is None:
        return
    known = set(read.__struct_encode_fields__)
    for names in (owner.facets, owner.inputFacets, owner.outputFacets):
        for name in names or ():
            if name not in known:
                yield section, name

"""The record of what was published last, so that a fact that did not change costs no call, not even a comparison.

A ledger may be lost or deleted at any time: everything is then compared with the catalogue once, and written only where
it differs. It also remembers which edges each job produced, to notice those that it no longer produces. Entries are
trusted for a bounded time, because others change the catalogue too, and are bounded in number.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping
from heapq import nsmallest
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config, LedgerOptions
    from openmetadata_ol_provider.lineage.plan import Dataset, Edge, JobId, Retraction

#: Hours for which "this dataset is not in the catalogue" is trusted where no lineage depends on it.
UNRESOLVED_HOURS = 1.0
#: Beginning of the note of a run that has ended: of all facts the one that is least likely to come again.
ENDED = "ended"
#: Share of the entries that may be runs that have ended.
ENDED_SHARE = 0.4
#: Share of these that is left when there are too many, so that the next publications need not forget any.
_FILL_LEVEL = 0.9
#: Number of the rules by which datasets are matched to services; 1: another address is another system.
MATCHING = 1
#: Number of the configuration's defaults, raised when one changes: digests name only what differs from them.
DEFAULTS = 1
#: The server takes one user's changes of an entity within ten minutes for one: the later change replays the earlier
#: one, and edges lose the columns that it had added. Only an edge that is compared this long after the last is safe.
QUIET_HOURS = 0.25
#: Hours for which it is remembered that a stub has got columns.
EXTENDED_HOURS = 14 * 24.0
#: Day of confirmation of an edge that a job declares: it does not age.
DECLARED = -1
#: Digest of an edge that is known but must be compared with the catalogue the next time; no content has it.
UNVERIFIED = -1
_Entry = TypeVar("_Entry")


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A fact as it was last published.

    :param digest: digest of its content
    :param at: time of publication, in hours since 1970
    :param note: outcome, where it is not simply "published"
    """

    digest: int
    at: float
    note: str = ""


class EdgeFact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An edge as it was last published, with everything needed to remove it.

    :param digest: digest of its content, or :data:`UNVERIFIED`
    :param at: time of publication, in hours since 1970
    :param job: key of the job, see :func:`job_key`
    :param source: entity as ``type:id``; empty where nothing had to be written (a dataset that is left out)
    :param target: entity as ``type:id``
    :param where: ``FQN -> FQN``, for people
    :param writer: name of the job in the edge's description
    :param misses: complete runs of the job since then that did not show the edge
    :param confirmed: ordinal of the latest day with events that confirmed it; 0: not counted yet; or :data:`DECLARED`
    :param first: time of its first publication, in hours since 1970; 0: earlier versions did not note it
    """

    digest: int
    at: float
    job: str
    source: str = ""
    target: str = ""
    where: str = ""
    writer: str = ""
    misses: int = 0
    confirmed: int = 0
    first: float = 0


class LedgerTarget(NamedTuple):
    """The catalogue and the configuration for which a ledger is true, each as a digest.

    :param config: of what differs from the defaults, so that a new key does not make every ledger untrue
    :param whole_config: of all keys, as earlier versions noted it; ``None``: no ledger of theirs is trusted
    """

    catalogue: int
    config: int
    whole_config: int | None = None

    @classmethod
    def of(cls, base_url: str, config: Config) -> LedgerTarget:
        """Return the target of publications to one address with one configuration."""
        changed, whole = (config.model_dump(mode="json", exclude_defaults=only) for only in (True, False))
        return cls(digest(base_url), digest(changed, DEFAULTS), digest(whole))


class LedgerChanges(NamedTuple):
    """Changes that a publication makes to the ledger that it was given.

    :param target: catalogue and configuration of the publication
    :param trusted: ``True`` if the publication used the ledger instead of comparing
    :param facts: facts to record by key, ``None`` for those to drop
    :param edges: edges to record by key, ``None`` for those to drop
    :param ended: end of the latest run counted, by job
    :param max_facts: most entries to keep; ``None``: all
    :param extended: times at which stubs were changed that had got columns, by entity
    :param days: days with events, see :class:`Ledger`
    """

    target: LedgerTarget
    trusted: bool = True
    facts: Mapping[int, Fact | None] = {}
    edges: Mapping[int, EdgeFact | None] = {}
    ended: Mapping[str, int] = {}
    max_facts: int | None = None
    extended: Mapping[str, float] = {}
    days: tuple[int, ...] = ()


class Ledger(msgspec.Struct, frozen=True):
    """Facts and edges by key; a value, which a publication replaces rather than changes.

    :param catalogue: digest of the catalogue's address
    :param config: digest of the configuration they were published with
    :param facts: pipelines, runs and datasets
    :param edges: edges
    :param ended: end of the latest run counted of each job, in microseconds since 1970
    :param begun: a publication began with this ledger and has not finished: some of its entries may be outdated
    :param token: claim of that publication
    :param matching: rules of matching by which all of its edges were published, see :data:`MATCHING`
    :param extended: latest change of each stub that has got columns lately, in hours since 1970, by entity
    :param days: latest days with events, as ordinals in ascending order, while edges may expire; otherwise none
    """

    catalogue: int = 0
    config: int = 0
    facts: dict[int, Fact] = {}
    edges: dict[int, EdgeFact] = {}
    ended: dict[str, int] = {}
    begun: bool = False
    token: str = ""
    matching: int = 0
    extended: dict[str, float] = {}
    days: tuple[int, ...] = ()

    def for_target(self, target: LedgerTarget, *, trusted: bool = True) -> Ledger:
        """Return the part of the ledger that is true for a catalogue and a configuration.

        Under another configuration the facts may look different; which edges were produced stays true.

        :param trusted: ``False``: everything has to be compared with the catalogue
        """
        if trusted and self.catalogue == target.catalogue and self.config in (target.config, target.whole_config):
            return self if self.config == target.config else msgspec.structs.replace(self, config=target.config)
        if self.catalogue != target.catalogue:
            return Ledger(catalogue=target.catalogue, config=target.config)
        return msgspec.structs.replace(self.invalidated(), config=target.config)

    def invalidated(self, *, begun: bool = False, token: str = "") -> Ledger:
        """Return the part that stays true after unknown publications: the edges that each job produced.

        :param begun: ``True`` if a publication is under way, or ended in an unknown way
        :param token: claim of that publication
        """
        edges = {key: msgspec.structs.replace(edge, digest=UNVERIFIED) for key, edge in self.edges.items()}
        return Ledger(
            self.catalogue,
            self.config,
            edges=edges,
            ended=dict(self.ended),
            begun=begun,
            token=token,
            matching=self.matching,
            extended=dict(self.extended),
            days=self.days,
        )

    def is_current(self, key: int, digest: int, now: float, options: LedgerOptions) -> bool:
        """Return whether a fact was published with this content and need not be compared again yet.

        :param now: current time, in hours since 1970
        """
        fact = self.facts.get(key) or self.edges.get(key)
        if fact is None or fact.digest != digest:
            return False
        if isinstance(fact, EdgeFact) and self._may_have_lost_columns(fact):
            return False
        hours = options.trust_hours
        if isinstance(fact, Fact) and fact.note in {"unresolved", "ambiguous"}:
            hours = min(hours, UNRESOLVED_HOURS)
        return now - fact.at <= hours * _spread(key)

    def _may_have_lost_columns(self, edge: EdgeFact) -> bool:
        """Return whether the edge has not been compared since its ends have been left alone for long enough."""
        if not self.extended:
            return False
        return any(edge.at <= self.extended.get(ref, -math.inf) + QUIET_HOURS for ref in (edge.source, edge.target))

    def updated(self, changes: LedgerChanges) -> Ledger:
        """Return the ledger after a publication."""
        base = self.for_target(changes.target, trusted=changes.trusted)
        ledger = msgspec.structs.replace(
            base,
            facts=_updated(base.facts, changes.facts),
            edges=_updated(base.edges, changes.edges),
            ended={**base.ended, **changes.ended},
            matching=MATCHING,
            extended=_recent({**base.extended, **changes.extended}),
            days=changes.days,
        )
        return ledger if changes.max_facts is None else ledger.trimmed(changes.max_facts)

    def trimmed(self, most: int) -> Ledger:
        """Return the ledger without the facts above ``most``: runs that have ended go first, then the oldest.

        There are more runs each day than pipelines and edges in all; they must not crowd those out, nor fill memory.
        """
        ended = sum(fact.note.startswith(ENDED) for fact in self.facts.values())
        most_ended = int(most * ENDED_SHARE)
        excess = len(self.facts) + len(self.edges) - most
        if ended > most_ended:
            excess = max(excess, ended - int(most_ended * _FILL_LEVEL))
        if excess <= 0:
            return self._with_jobs(self.facts, self.edges)
        entries = chain(
            ((not fact.note.startswith(ENDED), fact.at, key) for key, fact in self.facts.items()),
            ((True, edge.at, key) for key, edge in self.edges.items()),
        )
        forgotten = {key for _, _, key in nsmallest(excess, entries)}
        return self._with_jobs(_without(self.facts, forgotten), _without(self.edges, forgotten))

    def _with_jobs(self, facts: dict[int, Fact], edges: dict[int, EdgeFact]) -> Ledger:
        """Return the ledger with other entries; what is known only for the sake of edges goes with them."""
        jobs = {edge.job for edge in edges.values()}
        ended = {job: time for job, time in self.ended.items() if job in jobs}
        return msgspec.structs.replace(self, facts=facts, edges=edges, ended=ended)


def _updated(entries: dict[int, _Entry], changes: Mapping[int, _Entry | None]) -> dict[int, _Entry]:
    result = dict(entries)
    for key, entry in changes.items():
        if entry is None:
            result.pop(key, None)
        else:
            result[key] = entry
    return result


def _without(entries: dict[int, _Entry], keys: Collection[int]) -> dict[int, _Entry]:
    return {key: entry for key, entry in entries.items() if key not in keys}


def _recent(extended: Mapping[str, float]) -> dict[str, float]:
    latest = max(extended.values(), default=0.0)
    return {ref: at for ref, at in extended.items() if at > latest - EXTENDED_HOURS}


def _spread(key: int) -> float:
    """Return a factor around 1 that spreads out when facts that were published together are compared again."""
    return 0.75 + (key % 256) / 512


def digest(*values: Any) -> int:
    """Return a digest of values (structs and JSON values) with 63 bits."""
    return int.from_bytes(hashlib.blake2b(msgspec.json.encode(values), digest_size=8).digest(), "big") >> 1


def edge_key(edge: Edge | Retraction) -> int:
    """Return the key of an edge of the plan; edges that differ only in columns or SQL share it."""
    return digest("edge", edge.source, edge.target, edge.job)


def dataset_digest(dataset: Dataset) -> int:
    """Return a digest of what is published of a dataset; snapshots and measurements always change and are not."""
    return digest(
        dataset.identities,
        dataset.description,
        dataset.owners,
        dataset.tags,
        dataset.fields,
        dataset.ignored,
        dataset.type,
        dataset.lifecycle,
        dataset.previous,
        # Where there are none, the digest is that of earlier versions.
        *((dataset.exposures,) if dataset.exposures else ()),
    )


def job_key(job: JobId) -> str:
    """Return the key of a job in the ledger."""
    return f"{job.namespace}\x1f{job.name}"

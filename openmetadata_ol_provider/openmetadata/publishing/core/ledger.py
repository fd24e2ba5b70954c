"""What was last published, so that a fact that did not change costs no call, not even a comparison.

A ledger may be lost or thrown away at any time: everything is then compared with the catalogue once, and written only
where it differs. It also remembers which edges each job has produced, for those that it no longer produces. Entries are
trusted for a bounded time, since others change the catalogue too, and bounded in number.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config, LedgerOptions
    from openmetadata_ol_provider.lineage.plan import Edge, JobId

#: Hours for which "this dataset is not in the catalogue" is believed where no lineage depends on it.
UNRESOLVED_HOURS = 1.0
#: Note of a run that has ended: of all facts the one that is least likely to come again.
ENDED = "ended"


class Fact(msgspec.Struct, array_like=True):
    """A fact as it was last published.

    :param digest: of its content
    :param at: when, in hours since 1970
    :param note: what became of it, where that is not just "published"
    """

    digest: int
    at: float
    note: str = ""


class EdgeFact(msgspec.Struct, array_like=True):
    """An edge as it was last published, with what is needed to take it back.

    :param digest: of its content
    :param at: when, in hours since 1970
    :param job: key of the job, see :func:`job_key`
    :param source: ``type:id`` of the entity; empty where nothing was to be written (a dataset that is left out)
    :param target: the same
    :param where: ``FQN -> FQN``, for people
    :param writer: the job as the edge's description names it
    :param misses: complete runs of the job since then that did not show the edge
    """

    digest: int
    at: float
    job: str
    source: str = ""
    target: str = ""
    where: str = ""
    writer: str = ""
    misses: int = 0


class Ledger(msgspec.Struct):
    """The facts by key.

    :param catalogue: digest of the catalogue's address
    :param config: digest of the configuration they were published with
    :param facts: pipelines, runs, datasets
    :param edges: edges
    :param ended: end of the latest run counted of each job, microseconds since 1970
    :param begun: a publication was begun with it, and has not ended: some of what it holds is no longer so
    :param token: which publication
    """

    catalogue: int = 0
    config: int = 0
    facts: dict[int, Fact] = {}
    edges: dict[int, EdgeFact] = {}
    ended: dict[str, int] = {}
    begun: bool = False
    token: str = ""

    def of(self, base_url: str, config: Config, *, trusted: bool = True) -> Ledger:
        """Return the ledger as far as it counts for a catalogue and a configuration.

        With another configuration the facts may look otherwise; which edges were produced stays true.

        :param trusted: ``False``: everything is to be compared with the catalogue
        """
        catalogue, rules = digest(base_url), digest(config.model_dump(mode="json"))
        if trusted and (self.catalogue, self.config) == (catalogue, rules):
            return self
        if self.catalogue != catalogue:
            return Ledger(catalogue, rules)
        return msgspec.structs.replace(self.doubted(), config=rules)

    def doubted(self, *, begun: bool = False, token: str = "") -> Ledger:
        """Return what stays true whatever others have published since: which edges were produced.

        :param begun: whether a publication begins with it now, or has begun and nobody knows its end
        :param token: which one
        """
        edges = {key: msgspec.structs.replace(edge, digest=-1) for key, edge in self.edges.items()}
        return Ledger(self.catalogue, self.config, edges=edges, ended=dict(self.ended), begun=begun, token=token)

    def holds(self, key: int, digest: int, now: float, options: LedgerOptions) -> bool:
        """Return whether a fact with this content was published and need not be looked at again yet.

        :param now: hours since 1970
        """
        fact = self.facts.get(key) or self.edges.get(key)
        if fact is None or fact.digest != digest:
            return False
        hours = options.trust_hours
        if isinstance(fact, Fact) and fact.note in {"unresolved", "ambiguous"}:
            hours = min(hours, UNRESOLVED_HOURS)
        return now - fact.at <= hours * _spread(key)

    def trim(self, most: int) -> None:
        """Forget facts until no more than ``most`` are left: runs that have ended, then what was published longest ago.

        There are more runs each day than pipelines and edges in all, which would be compared again for want of room.
        """
        excess = len(self.facts) + len(self.edges) - most
        if excess > 0:
            every = [(fact.note != ENDED, fact.at, key) for key, fact in self.facts.items()]
            every += [(True, edge.at, key) for key, edge in self.edges.items()]
            for _, _, key in sorted(every)[:excess]:
                self.facts.pop(key, None)
                self.edges.pop(key, None)
        jobs = {edge.job for edge in self.edges.values()}
        self.ended = {job: ended for job, ended in self.ended.items() if job in jobs}


def _spread(key: int) -> float:
    """Return a factor around 1, so that what was published together is not compared again all at once."""
    return 0.75 + (key % 256) / 512


def digest(*values: Any) -> int:
    """Return 63 bits that stand for values (structs and JSON values)."""
    return int.from_bytes(hashlib.blake2b(msgspec.json.encode(values), digest_size=8).digest(), "big") >> 1


def edge_key(edge: Edge) -> int:
    """Return the key of an edge of the plan; several that differ in columns or SQL only have the same."""
    return digest("edge", edge.source, edge.target, edge.job)


def job_key(job: JobId) -> str:
    """Return how a ledger names a job."""
    return f"{job.namespace}\x1f{job.name}"

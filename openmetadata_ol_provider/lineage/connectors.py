"""Pairs the inputs and outputs of connectors and copy jobs by their names, which alone tell what goes where.

A change-data-capture run has many tables and many topics, each table goes to its own topic, and the events list them
all, or one at a time. Multiplied, they would be false lineage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from openmetadata_ol_provider.lineage.likeness import Likeness, Name, Position, Rank, likenesses, read_name
from openmetadata_ol_provider.lineage.named_datasets import NamedDataset, contradict, without_other_schemas
from openmetadata_ol_provider.lineage.naming_rule import by_stems, one_rule
from openmetadata_ol_provider.lineage.nested_tables import with_nested
from openmetadata_ol_provider.lineage.outbox import Routed, routed_topics
from openmetadata_ol_provider.lineage.pairing_rules import Pairing
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.lineage.tool_datasets import is_topic, text_of
from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

#: Most times that copies are looked for among the rest of a copy job's datasets.
_MAX_ROUNDS = 10


class Paired(NamedTuple):
    """The pairs of a run, each an input and an output, and what was assumed or left out."""

    pairs: Sequence[tuple[Side, Side]]
    problems: tuple[Problem, ...] = ()


def pair_by_name(job: JobId, inputs: Sequence[Side], outputs: Sequence[Side], pairing: Pairing) -> Paired | None:
    """Return the (input, output) pairs of a run; ``None`` if every input goes to every output.

    That is so where a copy job has one input, and where a transfer has one input or one output: its query may join.

    :param job: job of the run, for problems
    :param inputs: inputs without those of the tool itself
    """
    sources, targets = _datasets(inputs), _datasets(outputs)
    if pairing.is_copy and _is_certain(sources, targets, pairing):
        return None
    routed = Routed()
    if _is_source(sources, targets, pairing):
        routed = routed_topics(job.name, [one.names for one in sources], [one.names for one in targets])
    pairs = _pairs_beside(routed, sources, targets, pairing)
    if pairing.is_copy:
        pairs = with_nested(pairs, [target.text for target in targets])
        assumed = _assumed_copies(sources, targets, pairs)
    else:
        assumed = _assumed_pairs(sources, targets, pairs, pairing)
    assumed = [pair for pair in assumed if pair[1] not in routed.held_back]
    every = [*pairs, *assumed]
    if assumed and not pairing.is_copy:
        every = without_other_schemas(every, sources, targets)
        assumed = [pair for pair in assumed if pair in every]
    where = job.label
    problems = [_assumed(where, sources, targets, assumed)] if assumed else []
    with_source, with_target = {source for source, _ in every}, {target for _, target in every}
    left = (
        [dataset for number, dataset in enumerate(sources) if number not in with_source],
        [dataset for number, dataset in enumerate(targets) if number not in with_target],
    )
    if pairing.complete and _is_worth_a_line(*left, is_source=_is_source(sources, targets, pairing)):
        problems.append(_unpaired(where, *left))
    sides = [
        (source, target) for pair in every for source in sources[pair[0]].sides for target in targets[pair[1]].sides
    ]
    return Paired(sides, tuple(problems))


# -- datasets ------------------------------------------------------------------------------------------------------


def _datasets(sides: Sequence[Side]) -> list[NamedDataset]:
    groups: dict[object, list[Side]] = {}
    for side in sides:
        groups.setdefault(side.identities[0] if side.identities else side.id, []).append(side)
    return [NamedDataset(group, text_of(group[0]), _names(group[0]), is_topic(group[0])) for group in groups.values()]


def _names(side: Side) -> tuple[Name, ...]:
    texts = dict.fromkeys(identity.name for identity in side.identities) or {side.id.name: None}
    return tuple(dict.fromkeys(name for text in texts for name in read_name(text)))


def _is_source(sources: Sequence[NamedDataset], targets: Sequence[NamedDataset], pairing: Pairing) -> bool:
    """Tell whether outputs take inputs: in connectors, except for sinks, where several topics may go to one table."""
    return pairing.kind == "connector" and not (_has_topic(sources) and not _has_topic(targets))


def _is_certain(sources: Sequence[NamedDataset], targets: Sequence[NamedDataset], pairing: Pairing) -> bool:
    """Tell whether everything surely goes to, or comes from, the only dataset of one side."""
    if pairing.kind == "transfer":
        return 1 in {len(sources), len(targets)}
    return len(sources) == 1 and (len(targets) == 1 or not pairing.may_lack_start)


def _has_topic(datasets: Iterable[NamedDataset]) -> bool:
    return any(dataset.is_topic for dataset in datasets)


# -- pairs ---------------------------------------------------------------------------------------------------------


def _pairs_beside(
    routed: Routed, sources: Sequence[NamedDataset], targets: Sequence[NamedDataset], pairing: Pairing
) -> list[tuple[int, int]]:
    """Return the pairs of an outbox router and, of all other outputs, those that the names tell."""
    if not routed.topics:
        return _pairs(sources, targets, pairing)
    others = [number for number in range(len(targets)) if number not in routed.topics]
    pairs = _pairs(sources, [targets[number] for number in others], pairing) if others else []
    return sorted([*routed.pairs, *((source, others[target]) for source, target in pairs)])


def _pairs(sources: Sequence[NamedDataset], targets: Sequence[NamedDataset], pairing: Pairing) -> list[tuple[int, int]]:
    """Return the pairs that the names tell, as numbers of datasets."""
    common = _common_rule(sources, targets, pairing)
    if common is not None:
        return sorted(common.items())
    alike = likenesses([dataset.names for dataset in sources], [dataset.names for dataset in targets])
    is_source = _is_source(sources, targets, pairing)
    ranks = {
        pair: likeness.best
        for pair, likeness in alike.items()
        if likeness.best.position >= _least(likeness, len(sources), len(targets), pairing, is_source=is_source)
    }
    if pairing.is_copy:
        return _copies(sources, targets, ranks)
    if is_source:
        back = _best_partners((target, source, rank) for (source, target), rank in ranks.items())
        return without_other_schemas([(source, target) for target, source in back], sources, targets)
    partners = _best_partners((source, target, rank) for (source, target), rank in ranks.items())
    partners = without_other_schemas(partners, sources, targets)
    owned = {pair[1] for pair in partners if ranks[pair].position >= Position.LAST_SEGMENTS}
    # A sink's topic whose name only begins that of another topic's table (orders, orders_history) does not go there.
    strong = Rank(Position.LAST_SEGMENTS, 0, is_covered=False)
    weak = {pair for pair in partners if alike[pair].forward == ranks[pair] < strong}
    return [pair for pair in partners if pair[1] not in owned or pair not in weak]


def _common_rule(
    sources: Sequence[NamedDataset], targets: Sequence[NamedDataset], pairing: Pairing
) -> Mapping[int, int] | None:
    """Return the partners by one rule for all, first with versions and hashes at the end, then without."""
    if any(not dataset.names for dataset in (*sources, *targets)):
        return None
    for spelling in (_as_it_is, _stripped):
        ones, others = [spelling(dataset) for dataset in sources], [spelling(dataset) for dataset in targets]
        common = one_rule(ones, others)
        if common is None and (pairing.complete or len(ones) == len(others)):
            common = by_stems(ones, others) or None
        if common is not None:
            return common
    return None


def _as_it_is(dataset: NamedDataset) -> Name:
    return dataset.names[0]


def _stripped(dataset: NamedDataset) -> Name:
    return next((name for name in dataset.names if name.is_stripped), dataset.names[0])


def _least(likeness: Likeness, inputs: int, outputs: int, pairing: Pairing, *, is_source: bool) -> Position:
    """Return the weakest position of a likeness that makes a pair.

    While datasets may still show, the right partner may be missing, so more is asked. A sink's table may have something
    before its topic's name. Copy jobs are not always that: several inputs of one output may have been joined.
    """
    if pairing.is_copy:
        return Position.LAST_SEGMENTS if 1 in (inputs, outputs) and inputs != outputs else Position.SUFFIX
    if pairing.complete:
        return Position.MIDDLE
    is_prefixed = not is_source and likeness.forward is not None and likeness.forward == likeness.best
    return Position.SUFFIX if is_prefixed else Position.LAST_SEGMENTS


def _best_partners(ranks: Iterable[tuple[int, int, Rank]]) -> list[tuple[int, int]]:
    """Return each dataset with its best partner; two that are equally good prove nothing.

    :param ranks: datasets, each with a partner and their likeness
    """
    best: dict[int, tuple[Rank, list[int]]] = {}
    for dataset, partner, rank in ranks:
        if dataset not in best or best[dataset][0] < rank:
            best[dataset] = rank, [partner]
        elif best[dataset][0] == rank:
            best[dataset][1].append(partner)
    return sorted((dataset, partners[0]) for dataset, (_, partners) in best.items() if len(partners) == 1)


def _one_to_one(ranks: Mapping[tuple[int, int], Rank]) -> list[tuple[int, int]]:
    """Return the pairs that are each other's best, then those of the rest, and so on."""
    pairs: list[tuple[int, int]] = []
    rest = dict(ranks)
    for _ in range(_MAX_ROUNDS):
        there = _best_partners((source, target, rank) for (source, target), rank in rest.items())
        back = dict(_best_partners((target, source, rank) for (source, target), rank in rest.items()))
        mutual = [(source, target) for source, target in there if back.get(target) == source]
        if not mutual:
            break
        pairs += mutual
        sources, targets = {source for source, _ in mutual}, {target for _, target in mutual}
        rest = {
            (source, target): rank
            for (source, target), rank in rest.items()
            if source not in sources and target not in targets
        }
    return sorted(pairs)


def _copies(
    sources: Sequence[NamedDataset], targets: Sequence[NamedDataset], ranks: Mapping[tuple[int, int], Rank]
) -> list[tuple[int, int]]:
    """Return the pairs of a copy job: several sources of one target (shards) if that explains all; else one to one."""
    strong = ((*pair, rank) for pair, rank in ranks.items() if rank.position >= Position.LAST_SEGMENTS)
    sharded = _best_partners(strong)
    if len(sharded) == len(sources) and len({target for _, target in sharded}) == len(targets):
        return sharded
    return _one_to_one(ranks)


def _assumed_pairs(
    sources: Sequence[NamedDataset], targets: Sequence[NamedDataset], pairs: Sequence[tuple[int, int]], pairing: Pairing
) -> list[tuple[int, int]]:
    """Return pairs that are assumed because there is only one dataset on a side.

    Whatever was written came from the only input: a query's table, or one whose topics a router names. What one event
    reads went to the only output that it has.
    """
    assumed: list[tuple[int, int]] = []
    if len(sources) == 1 and (pairing.together or (pairing.settled and not pairs)):
        paired = {target for _, target in pairs}
        assumed = [(0, target) for target in range(len(targets)) if target not in paired]
    elif len(targets) == 1 and pairing.together and not pairs:
        assumed = [(source, 0) for source in range(len(sources))]
    return [pair for pair in assumed if not contradict(sources[pair[0]], targets[pair[1]])]


def _assumed_copies(
    sources: Sequence[NamedDataset], targets: Sequence[NamedDataset], pairs: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return pairs of a copy job that are assumed because there is only one dataset on a side.

    What it wrote came from the only input. The only output got everything, unless its name is that of one input.
    """
    if len(sources) == 1:
        paired = {target for _, target in pairs}
        return [(0, target) for target in range(len(targets)) if target not in paired]
    return [(source, 0) for source in range(len(sources))] if len(targets) == 1 and not pairs else []


# -- what is said of it --------------------------------------------------------------------------------------------


def _is_worth_a_line(inputs: Sequence[NamedDataset], outputs: Sequence[NamedDataset], *, is_source: bool) -> bool:
    """Tell whether datasets without a partner are reported: tables of a source are not, they may have no changes."""
    return bool(outputs) or (bool(inputs) and not is_source)


def _assumed(
    where: str, sources: Sequence[NamedDataset], targets: Sequence[NamedDataset], pairs: Sequence[tuple[int, int]]
) -> Problem:
    inputs = _listed([sources[number] for number in sorted({source for source, _ in pairs})])
    outputs = _listed([targets[number] for number in sorted({target for _, target in pairs})])
    detail = (
        f"{inputs} -> {outputs}: no names tell these pairs, but one side has only one dataset, so they were paired; "
        "if that is wrong, exclude one of them (datasets.exclude)"
    )
    return Problem(ProblemKind.ASSUMED_PAIR, where, detail)


def _unpaired(where: str, inputs: Sequence[NamedDataset], outputs: Sequence[NamedDataset]) -> Problem:
    sides = [f"{word} {_listed(side)}" for word, side in (("inputs", inputs), ("outputs", outputs)) if side]
    detail = (
        f"no pair by name for {' and '.join(sides)}: no edges. Name them alike, rename them (datasets.rename), or "
        "have the producer state them (columnLineage or lineage facet)"
    )
    return Problem(ProblemKind.UNPAIRED, where, detail)


def _listed(datasets: Sequence[NamedDataset]) -> str:
    return listed([dataset.text for dataset in datasets])

"""Tells the topics and tables that tools keep for themselves from those that hold data."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence
from itertools import islice

from openmetadata_ol_provider.lineage.plan import DatasetId, JobId
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

# Heartbeats, settings of Kafka Connect, bookkeeping of loads.
_OF_THE_TOOL = re.compile(
    r"__debezium-heartbeat.*|(?:.*[-_.])?connect-(?:configs|offsets|status)"
    r"|(?:.*[./])?_(?:dlt|airbyte(?!_raw)|fivetran|sdc)_[^./]*",
    re.IGNORECASE,
)
_TASK_NUMBER = re.compile(r"\.\d+$")
#: Longest name that is looked at, in characters.
_LONGEST = 1_000
#: Most topics below a prefix that are looked at.
_MAX_BELOW = 100


def text_of(side: Side) -> str:
    """Return the name by which a dataset is compared: the first of its identities, so after renaming."""
    return side.identities[0].name if side.identities else side.id.name


def is_topic(side: Side) -> bool:
    """Tell whether a dataset is a topic."""
    return bool(side.identities) and side.identities[0].kind == "topic"


def without_own(sides: Sequence[Side], job: JobId) -> list[Side]:
    """Return inputs or outputs without those of the tool itself, such as heartbeats and bookkeeping of loads."""
    own_topics = _own_topics([text_of(side) for side in sides if is_topic(side)], job)
    return [
        side
        for side in sides
        if not (_is_of_the_tool(text_of(side)) or (is_topic(side) and text_of(side) in own_topics))
    ]


def tool_problem(place: str, sides: Iterable[Side], kept: Container[DatasetId]) -> Problem:
    """Return the problem that names the datasets of the tool itself.

    :param place: the job
    :param kept: datasets that hold data
    """
    names = list(dict.fromkeys(text_of(side) for side in sides if side.id not in kept))
    detail = f"{listed(names)}: the tool keeps these for itself, by their names, so no edges"
    return Problem(ProblemKind.TOOL_DATASET, place, detail)


def _is_of_the_tool(text: str) -> bool:
    return len(text) <= _LONGEST and _OF_THE_TOOL.fullmatch(text) is not None


def _own_topics(topics: Iterable[str], job: JobId) -> set[str]:
    """Return Debezium's topics of schema changes and transactions, which are named by the prefix of the others."""
    in_order = sorted(topics)
    prefix = _TASK_NUMBER.sub("", job.name)
    changes = {topic for topic in in_order if _is_prefix(topic, in_order, prefix)}
    if prefix != job.name:  # Debezium names its jobs by prefix and task
        changes.add(prefix)
    return changes | {f"{topic}.transaction" for topic in changes}


def _is_prefix(topic: str, in_order: Sequence[str], prefix: str) -> bool:
    """Tell whether there are topics of schemas and tables below a topic, or any below the prefix of the job."""
    first = bisect_left(in_order, f"{topic}.")
    below = [other for other in islice(in_order, first, first + _MAX_BELOW) if other.startswith(f"{topic}.")]
    return any(topic == prefix or other.count(".", len(topic) + 1) for other in below)

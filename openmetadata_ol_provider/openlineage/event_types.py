"""Reads event types, also those that OpenLineage does not have but that producers send all the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from openmetadata_ol_provider.openlineage.event import Event, State
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

_STANDARD: tuple[State, ...] = ("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER")
_SYNONYMS: dict[State, str] = {
    "START": "STARTED STARTING BEGIN BEGUN",
    "RUNNING": "INPROGRESS PROGRESS EXECUTING HEARTBEAT",
    "COMPLETE": "COMPLETED COMPLETES SUCCESS SUCCEEDED SUCCESSFUL FINISH FINISHED DONE OK PASSED",
    "FAIL": "FAILED FAILURE ERROR ERRORED CRASHED TIMEDOUT TIMEOUT UPSTREAMFAILED",
    "ABORT": "ABORTED CANCEL CANCELED CANCELLED KILLED STOPPED TERMINATED INTERRUPTED",
    "OTHER": "QUEUED SCHEDULED PENDING CREATED SUBMITTED DEFERRED",
}
_SKIPPED = frozenset({"SKIP", "SKIPPED"})
_STATES: dict[str, State] = {word: state for state, words in _SYNONYMS.items() for word in words.split()}
_NO_LETTER = re.compile(r"[^A-Z]")
#: Most spellings of one batch that are reported one by one.
MAX_SPELLINGS = 100


class EventType(NamedTuple):
    """The meaning of an event type.

    :param state: state that it reports; ``OTHER`` says nothing about the state
    :param skipped: whether the orchestrator left the run out
    :param standard: whether OpenLineage has it, in any letter case
    :param known: whether its meaning is known
    """

    state: State
    skipped: bool = False
    standard: bool = True
    known: bool = True


_MISSING = EventType("OTHER")


@lru_cache(4096)
def read_event_type(text: str | None) -> EventType:
    """Return the meaning of an event type; one that is missing or unknown says nothing about the state."""
    if text is None or not text.strip():
        return _MISSING
    word = _NO_LETTER.sub("", text.upper())
    if word in _STANDARD:
        return EventType(word)
    if word in _SKIPPED:
        return EventType("ABORT", skipped=True, standard=False)
    state = _STATES.get(word)
    if state is None:
        return EventType("OTHER", standard=False, known=False)
    return EventType(state, standard=False)


def event_type_problems(events: Iterable[Event]) -> Iterator[Problem]:
    """Yield a problem for each event type of a namespace's runs that OpenLineage does not have."""
    sent = Counter((event.eventType, event.job.namespace) for event in events if event.run and event.job)
    foreign = ((text, namespace, count) for (text, namespace), count in sent.items() if text is not None)
    spellings = sorted(item for item in foreign if not read_event_type(item[0]).standard)
    for text, namespace, count in spellings[:MAX_SPELLINGS]:
        yield Problem(ProblemKind.EVENT_TYPE, f"event type {text} in namespace {namespace}", _detail(text), count)
    more = sum(count for _, _, count in spellings[MAX_SPELLINGS:])
    if more:
        yield Problem(ProblemKind.MORE_PROBLEMS, str(ProblemKind.EVENT_TYPE), f"{more} more of this kind", more)


def _detail(text: str) -> str:
    meaning = read_event_type(text)
    if not meaning.known:
        read = "is not known: the runs are kept, and their state stays as it is"
    elif meaning.skipped:
        read = "is read as the end of a run that was skipped"
    elif meaning.state == "OTHER":
        read = "says nothing about the state of a run"
    else:
        read = f"is read as {meaning.state}"
    return f"{text} is not an event type of OpenLineage; it {read}. Send one of {', '.join(_STANDARD)}"

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
    "START": "STARTED STARTING BEGIN BEGAN BEGUN LAUNCHED RESTARTING RESTARTED",
    "RUNNING": "INPROGRESS PROGRESS EXECUTING HEARTBEAT ACTIVE",
    "COMPLETE": (
        "COMPLETED COMPLETES COMPLETION SUCCESS SUCCESSFUL SUCCEED SUCCEEDED FINISH FINISHED DONE OK PASS PASSED "
        "PASSES SUCCESSWITHWARNINGS SUCCESSWITHWARNING SUCCEEDEDWITHWARNINGS SUCCEEDEDWITHISSUES COMPLETEDWITHWARNINGS"
    ),
    "FAIL": (
        "FAILED FAILS FAILURE FAILING ERROR ERRORED CRASH CRASHED TIMEDOUT TIMEOUT UPSTREAMFAILED UPSTREAMFAILURE "
        "INTERNALERROR INTERNALFAILURE RUNTIMEERROR SYSTEMERROR FATAL EXCEPTION PARTIALFAILURE COMPLETEDWITHERRORS "
        "COMPLETEDWITHFAILURES FINISHEDWITHERRORS"
    ),
    "ABORT": (
        "ABORTED ABORTING CANCEL CANCELED CANCELLED CANCELATION CANCELLATION KILL KILLED STOP STOPPED TERMINATED "
        "INTERRUPTED REVOKED UPSTREAMCANCELED UPSTREAMCANCELLED REMOVED"
    ),
    "OTHER": (
        "QUEUED SCHEDULED PENDING CREATED SUBMITTED DEFERRED WAITING ACCEPTED PAUSED SUSPENDED BLOCKED RETRY RETRYING "
        "UPFORRETRY UPFORRESCHEDULE WAITINGFORRETRY AWAITINGRETRY CANCELING CANCELLING STOPPING TERMINATING NEW "
        "INITIALIZING INITIALISING"
    ),
}
_SKIPPED = frozenset({"SKIP", "SKIPPED", "SKIPPING", "EXCLUDED", "UPSTREAMSKIPPED"})
# What a state may be the state of: ``RUN_FAILURE``, ``TaskSucceeded``, ``pipeline.start``.
_SUBJECTS = (
    "RUN JOB TASK INSTANCE STEP STAGE NODE MODEL ACTIVITY PIPELINE DAG FLOW WORKFLOW QUERY EVENT TYPE STATE STATUS TEST"
)
_SUBJECT = re.compile(rf"^(?:{_SUBJECTS.replace(' ', '|')})(?=[A-Z])")
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
    while (meaning := _meaning(word)) is None and (shorter := _SUBJECT.sub("", word, count=1)) != word:
        word = shorter
    return meaning or EventType("OTHER", standard=False, known=False)


def _meaning(word: str) -> EventType | None:
    """Return the meaning of a word that OpenLineage does not have."""
    if word in _SKIPPED:
        return EventType("ABORT", skipped=True, standard=False)
    state = word if word in _STANDARD else _STATES.get(word)
    return EventType(state, standard=False) if state is not None else None


def event_type_problems(events: Iterable[Event]) -> Iterator[Problem]:
    """Yield a problem for each event type of a namespace's runs that OpenLineage does not have."""
    sent = Counter(
        (event.eventType, event.job.namespace)
        for event in events
        if event.eventType not in _STANDARD and event.run and event.job
    )
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

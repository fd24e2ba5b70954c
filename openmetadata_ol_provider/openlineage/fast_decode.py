"""Events in which everything is in order: read in one go, what is known of them recalled rather than decoded again.

That is nearly all of a stream. Whatever is not as it should be, and be it one name that is too long, makes ``decode``
read the event part by part.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from openmetadata_ol_provider.openlineage.event import Event, EventDataset, EventJob, EventRun
from openmetadata_ol_provider.openlineage.facet_cache import (
    NOTHING,
    CacheBudget,
    MemoizedReader,
    NeedsLenientDecode,
    facets_reader,
)
from openmetadata_ol_provider.openlineage.facet_merge import fill_missing_facets
from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, RunFacets
from openmetadata_ol_provider.openlineage.limits import MAX_ITEMS, clean_label, clean_name

#: What is known of events, in bytes of their JSON.
MAX_KNOWN: Final = 16 * 2**20
_ABSENT: Final = frozenset({b"", b"null"})


class _Run(msgspec.Struct, gc=False):
    runId: str
    facets: msgspec.Raw = NOTHING


class _Owner(msgspec.Struct, gc=False):
    """A job or a dataset."""

    namespace: str
    name: str
    facets: msgspec.Raw = NOTHING
    inputFacets: msgspec.Raw = NOTHING
    outputFacets: msgspec.Raw = NOTHING


class _Envelope(msgspec.Struct, gc=False):
    eventTime: dt.datetime
    eventType: str | None = None
    run: _Run | None = None
    job: msgspec.Raw = NOTHING
    dataset: msgspec.Raw = NOTHING
    inputs: msgspec.Raw = NOTHING
    outputs: msgspec.Raw = NOTHING
    producer: str | None = None


def decode_fast(value: bytes | str) -> Event | None:
    """Read one message.

    :param value: JSON
    :return: the event, its parts shared with other events; ``None`` if anything at all is not in order
    """
    try:
        return _event(_open(value))
    except (NeedsLenientDecode, msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError):
        return None


def _event(found: _Envelope) -> Event:
    job, dataset, inputs, outputs = bytes(found.job), bytes(found.dataset), bytes(found.inputs), bytes(found.outputs)
    has_job = job not in _ABSENT
    if not has_job and (found.run is not None or dataset in _ABSENT):
        raise NeedsLenientDecode
    return Event(
        eventTime=_utc(found.eventTime),
        eventType=_label(found.eventType),
        run=None if found.run is None else _run(found.run),
        job=_job(job) if has_job else None,
        dataset=None if has_job else _dataset(dataset),
        inputs=None if inputs in _ABSENT else _side(inputs),
        outputs=None if outputs in _ABSENT else _side(outputs),
        producer=_label(found.producer),
    )


def _utc(time: dt.datetime) -> dt.datetime:
    if time.tzinfo is dt.timezone.utc:
        return time
    return time.astimezone(dt.timezone.utc) if time.tzinfo else time.replace(tzinfo=dt.timezone.utc)


def _run(found: _Run) -> EventRun:
    raw = bytes(found.facets)
    # Not looked up as a whole: no two runs have the same.
    return EventRun(runId=_name(found.runId), facets=None if raw in _ABSENT else _run_facets(raw))


def _read_job(raw: bytes) -> EventJob:
    found = _owner(raw)
    facets = bytes(found.facets)
    return EventJob(
        namespace=_namespace(found.namespace),
        name=_name(found.name),
        facets=None if facets in _ABSENT else _job_facets(facets),
    )


def _read_side(raw: bytes) -> list[EventDataset]:
    found = _list(raw)
    if len(found) > MAX_ITEMS:
        raise NeedsLenientDecode
    return [_dataset(bytes(item)) for item in found]


def _read_dataset(raw: bytes) -> EventDataset:
    found = _owner(raw)
    facets = None
    for part in map(bytes, (found.facets, found.inputFacets, found.outputFacets)):
        if part not in _ABSENT:
            facets = fill_missing_facets(facets, _dataset_facets(part))
    return EventDataset(namespace=_namespace(found.namespace), name=_name(found.name), facets=facets)


def _name(text: str) -> str:
    if not text:
        raise NeedsLenientDecode
    return _namespace(text)


def _namespace(text: str) -> str:
    clean = clean_name(text)
    if clean is None or "\x00" in clean:
        raise NeedsLenientDecode
    return clean


def _label(text: str | None) -> str | None:
    if text is None:
        return None
    clean = clean_label(text)
    if clean is None or "\x00" in clean:
        raise NeedsLenientDecode
    return clean


_open = msgspec.json.Decoder(_Envelope).decode
_owner = msgspec.json.Decoder(_Owner).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_memory = CacheBudget(MAX_KNOWN)
_run_facets = facets_reader(RunFacets, _memory, "run", "facets")
_job_facets = facets_reader(JobFacets, _memory, "job", "facets")
_dataset_facets = MemoizedReader(facets_reader(DatasetFacets, _memory, "outputs", 0, "facets"), _memory)
_job = MemoizedReader(_read_job, _memory)
_dataset = MemoizedReader(_read_dataset, _memory)
_side = MemoizedReader(_read_side, _memory)

"""Decodes events in which everything is in order, and takes parts that were decoded before from a cache.

Nearly all events of a stream are in order. Any irregularity, even one name that is too long, is left to the lenient
reader in ``decode``, which reads the event part by part.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final

import msgspec

from openmetadata_ol_provider.openlineage.event import Event, EventDataset, EventJob, EventRun
from openmetadata_ol_provider.openlineage.facet_cache import (
    NOTHING,
    CacheBudget,
    NeedsLenientDecode,
    facets_reader,
    memoized,
)
from openmetadata_ol_provider.openlineage.facet_merge import fill_missing_facets
from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, RunFacets
from openmetadata_ol_provider.openlineage.facets.run_ids import canonical_run_id
from openmetadata_ol_provider.openlineage.limits import MAX_ITEMS, clean_label, clean_name
from openmetadata_ol_provider.openlineage.run_lineage import with_lineage_of_run

#: Most bytes of JSON whose decoded parts are cached.
MAX_CACHED: Final = 8 * 2**20
#: The same for the facets of runs as a whole: no two runs have the same, but the next events of one run mostly do.
MAX_CACHED_RUNS: Final = 2**20
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
    """Decode one message.

    :param value: JSON
    :return: event whose parts are shared with other events; ``None`` if anything at all is not in order
    """
    try:
        return _event(_open(value))
    except (NeedsLenientDecode, msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError):
        return None


def _event(envelope: _Envelope) -> Event:
    job, inputs, outputs = bytes(envelope.job), bytes(envelope.inputs), bytes(envelope.outputs)
    has_job = job not in _ABSENT
    dataset = b"" if has_job else bytes(envelope.dataset)
    if not has_job and (envelope.run is not None or dataset in _ABSENT):
        raise NeedsLenientDecode
    run, of_job = with_lineage_of_run(
        None if envelope.run is None else _run(envelope.run), _job(job) if has_job else None
    )
    return Event(
        eventTime=_utc(envelope.eventTime),
        eventType=_label(envelope.eventType),
        run=run,
        job=of_job,
        dataset=None if has_job else _dataset(dataset),
        inputs=None if inputs in _ABSENT else _side(inputs),
        outputs=None if outputs in _ABSENT else _side(outputs),
        producer=_label(envelope.producer),
    )


def _utc(time: dt.datetime) -> dt.datetime:
    if time.tzinfo is dt.timezone.utc:
        return time
    return time.astimezone(dt.timezone.utc) if time.tzinfo else time.replace(tzinfo=dt.timezone.utc)


def _run(run: _Run) -> EventRun:
    raw = bytes(run.facets)
    return EventRun(runId=_run_id(run.runId), facets=None if raw in _ABSENT else _run_facets(raw))


@lru_cache(4096)
def _run_id(text: str) -> str:
    return canonical_run_id(_name(text))


def _read_job(raw: bytes) -> EventJob:
    job = _owner(raw)
    facets = bytes(job.facets)
    return EventJob(
        namespace=_namespace(job.namespace),
        name=_name(job.name),
        facets=None if facets in _ABSENT else _job_facets(facets),
    )


def _read_side(raw: bytes) -> list[EventDataset]:
    datasets = _list(raw)
    if len(datasets) > MAX_ITEMS:
        raise NeedsLenientDecode
    return [_dataset(bytes(dataset)) for dataset in datasets]


def _read_dataset(raw: bytes) -> EventDataset:
    dataset = _owner(raw)
    facets = None
    for part in map(bytes, (dataset.facets, dataset.inputFacets, dataset.outputFacets)):
        if part not in _ABSENT:
            facets = fill_missing_facets(facets, _dataset_facets(part))
    return EventDataset(namespace=_namespace(dataset.namespace), name=_name(dataset.name), facets=facets)


def _name(text: str) -> str:
    if not text:
        raise NeedsLenientDecode
    return _namespace(text)


def _namespace(text: str) -> str:
    clean = clean_name(text)
    if clean is None or "\x00" in clean:
        raise NeedsLenientDecode
    return clean


@lru_cache(8192)
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
_budget = CacheBudget(MAX_CACHED)
_run_facets = memoized(facets_reader(RunFacets, _budget, "run", "facets"), CacheBudget(MAX_CACHED_RUNS))
_job_facets = facets_reader(JobFacets, _budget, "job", "facets")
_dataset_facets = memoized(facets_reader(DatasetFacets, _budget, "outputs", 0, "facets"), _budget)
_job = memoized(_read_job, _budget)
_dataset = memoized(_read_dataset, _budget)
_side = memoized(_read_side, _budget)

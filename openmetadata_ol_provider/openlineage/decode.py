"""Decodes messages into events: in one go if everything is in order, otherwise leniently, item by item.

One bad item of a facet costs that item, one bad dataset that dataset, never the event; each loss is reported. Only
a message that cannot be used at all is refused, with the reason that goes to the dead-letter topic. Events are bounded
and free of credentials (:mod:`~openmetadata_ol_provider.openlineage.limits`) before anything else is done with them.
"""

from __future__ import annotations

import codecs
import datetime as dt
import json
import re
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from openmetadata_ol_provider.exceptions import MalformedEventError
from openmetadata_ol_provider.openlineage.event import Event, EventDataset, EventJob, EventRun
from openmetadata_ol_provider.openlineage.facet_merge import fill_missing_facets
from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, Part, RunFacets
from openmetadata_ol_provider.openlineage.facets.run_ids import canonical_run_id
from openmetadata_ol_provider.openlineage.fast_decode import decode_fast
from openmetadata_ol_provider.openlineage.framing import envelope_of, unframe, wrapping_of
from openmetadata_ol_provider.openlineage.lenient_convert import convert_leniently
from openmetadata_ol_provider.openlineage.limits import MAX_EVENT_BYTES, MAX_KEPT_BYTES, Losses, clean_event
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_lineage import with_lineage_of_run
from openmetadata_ol_provider.openlineage.times import parse_time

_T = TypeVar("_T", bound=Part)
_fields = lru_cache(msgspec.structs.fields)
# A bucket as a whole has no name of its own: some producers send an empty one.
_BUCKET = re.compile(r"(?:s3[an]?|gs|gcs|abfss?|wasbs?)://[^/]+/?")
_decode_any = msgspec.json.Decoder().decode


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """An event and what was lost while reading it."""

    event: Event
    problems: tuple[Problem, ...] = ()


def decode_event(value: bytes | str | None, where: object = "event") -> Decoded:
    """Decode one message.

    :param value: value of the message; ``None`` for a tombstone
    :param where: position of the message, which becomes text if there is a problem to report
    :raises MalformedEventError: if it is not an OpenLineage event
    """
    if value is None or not value:
        raise MalformedEventError("tombstone: the message has no value")
    if len(value) > MAX_EVENT_BYTES:
        raise MalformedEventError(f"too large: {len(value)} bytes, more than {MAX_EVENT_BYTES}")
    if isinstance(value, bytes) and value[0] != _BRACE:
        value = value.removeprefix(codecs.BOM_UTF8)
        payload = unframe(value)
        if payload.frame:
            try:
                return decode_event(payload.value, where)
            except MalformedEventError as error:
                raise MalformedEventError(f"{payload.frame}: {error}") from None
    if len(value) <= MAX_KEPT_BYTES and (event := decode_fast(value)) is not None:
        return Decoded(event)
    # A NUL can only be written as an escape.
    has_nul = ("\\u0000" if isinstance(value, str) else b"\\u0000") in value  # type: ignore[operator]
    losses = Losses(where)
    event = clean_event(_decode_leniently(value, losses), losses, has_nul=has_nul)
    if event is None:
        details = "; ".join(problem.detail for problem in losses.problems)
        raise MalformedEventError(f"its run, job or dataset cannot be named: {details}")
    if len(value) > MAX_KEPT_BYTES and (size := len(msgspec.json.encode(event))) > MAX_KEPT_BYTES:
        raise MalformedEventError(f"too large: what is read of it has {size} bytes, more than {MAX_KEPT_BYTES}")
    return Decoded(event, losses.problems)


_BRACE = ord("{")
_FOREIGN = "not an OpenLineage event: it has neither run, job nor dataset"


def _decode_leniently(value: bytes | str, losses: Losses) -> Event:
    document = _parse(value)
    if not isinstance(document, dict):
        wrapping = wrapping_of(document) if isinstance(document, str) else ""
        kind = wrapping or f"a JSON {type(document).__name__}, not an object"
        raise MalformedEventError(f"not an OpenLineage event: {kind}")
    return _Reader(losses).event(document)


def _parse(value: bytes | str) -> object:
    try:
        return _decode_any(value)
    except UnicodeDecodeError:
        raise MalformedEventError("not UTF-8") from None
    except RecursionError:
        raise MalformedEventError("JSON nested too deeply") from None
    except msgspec.MsgspecError as error:
        reason = str(error)
    try:
        # Python producers write NaN and Infinity (in statistics), some a byte order mark: the event is usable anyway.
        return _decode_any(json.dumps(json.loads(value, parse_constant=lambda _: None)))
    except UnicodeDecodeError:
        # From msgspec 0.23 on its own error is like those of broken JSON.
        raise MalformedEventError("not UTF-8") from None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise MalformedEventError(f"not JSON: {reason}") from None


class _Reader:
    """Reads a decoded JSON object part by part, and collects what is lost."""

    def __init__(self, losses: Losses) -> None:
        self._losses = losses

    def event(self, document: dict[str, Any]) -> Event:
        run, job, dataset = (document.get(key) for key in ("run", "job", "dataset"))
        if not any(isinstance(part, dict) for part in (run, job, dataset)):
            raise MalformedEventError(envelope_of(document) or _FOREIGN)
        if run is not None and not isinstance(run, dict):
            # Not a JobEvent: the lineage of a run must not pass for lineage that a job declares.
            raise MalformedEventError(f"run is not an object: {_short(run)}")
        event_time, event_type = _time(document.get("eventTime")), document.get("eventType")
        if event_type is not None and not isinstance(event_type, str):
            self._lost(ProblemKind.BAD_VALUE, "eventType", f"not a string: {_short(event_type)}")
        event_run = self._run(run) if isinstance(run, dict) else None
        event_job = self._job(job) if isinstance(job, dict) else None
        if event_run is not None and event_job is None:
            raise MalformedEventError("a RunEvent without job")
        event_run, event_job = with_lineage_of_run(event_run, event_job)
        return Event(
            eventTime=event_time,
            # One that is not a string is unknown, and not missing: a missing one may count as COMPLETE.
            eventType=event_type if event_type is None or isinstance(event_type, str) else _short(event_type),
            run=event_run,
            job=event_job,
            dataset=self._own_dataset(dataset) if event_job is None and isinstance(dataset, dict) else None,
            inputs=self._datasets(document, "inputs"),
            outputs=self._datasets(document, "outputs"),
            producer=_text(document.get("producer")),
        )

    def _run(self, run: dict[str, Any]) -> EventRun:
        return EventRun(runId=canonical_run_id(_needed(run, "run.runId")), facets=self._facets(run, "run", RunFacets))

    def _job(self, job: dict[str, Any]) -> EventJob:
        namespace = job.get("namespace")
        if not isinstance(namespace, str):
            detail = f"not a string: {_short(namespace)}; the job is read as one of the namespace without a name"
            self._lost(ProblemKind.BAD_VALUE, "job.namespace", detail)
        return EventJob(
            namespace=_text(namespace) or "",
            name=_needed(job, "job.name"),
            facets=self._facets(job, "job", JobFacets),
        )

    def _own_dataset(self, dataset: dict[str, Any]) -> EventDataset:
        read = self._dataset(dataset, "dataset")
        if read is None:
            raise MalformedEventError("a DatasetEvent whose dataset has no name")
        return read

    def _datasets(self, document: dict[str, Any], side: str) -> list[EventDataset]:
        items = document.get(side)
        if items is None:
            return []
        if not isinstance(items, list):
            self._lost(ProblemKind.BAD_VALUE, side, f"not a list: {_short(items)}")
            return []
        read = (self._dataset(item, f"{side}[{index}]") for index, item in enumerate(items))
        return [dataset for dataset in read if dataset is not None]

    def _dataset(self, item: object, path: str) -> EventDataset | None:
        if not isinstance(item, dict):
            self._lost(ProblemKind.BAD_DATASET, path, f"not an object: {_short(item)}")
            return None
        namespace, name = item.get("namespace"), _text(item.get("name"))
        if namespace is not None and not isinstance(namespace, str):
            self._lost(ProblemKind.BAD_DATASET, path, f"its namespace is not a string: {_short(namespace)}")
            return None
        if name == "" and _BUCKET.fullmatch(namespace or ""):
            name = "/"
        if not name:
            self._lost(ProblemKind.BAD_DATASET, path, f"no name in namespace {namespace!r}")
            return None
        facets = None
        for key in ("facets", "inputFacets", "outputFacets"):
            more = self._facets(item, path, DatasetFacets, key)
            facets = facets if more is None else fill_missing_facets(facets, more)
        return EventDataset(namespace=namespace or "", name=name, facets=facets)

    def _facets(self, owner: dict[str, Any], path: str, kind: type[_T], key: str = "facets") -> _T | None:
        document = owner.get(key)
        if document is None:
            return None
        if not isinstance(document, dict):
            self._lost(ProblemKind.BAD_FACET, f"{path}.{key}", f"not an object: {_short(document)}")
            return None
        facets: dict[str, Any] = {}
        for field in _fields(kind):
            facet = document.get(field.encode_name)
            if facet is None:
                continue
            facets[field.name] = self._facet(facet, field, f"{path}.{key}.{field.encode_name}")
        return kind(**facets)

    def _facet(self, facet: Any, field: msgspec.structs.FieldInfo, path: str) -> Any:
        if isinstance(facet, list) and field.name == "dbt_exposures":
            facet = {"exposures": facet}
        try:
            return msgspec.convert(facet, field.type, strict=False)
        except (msgspec.ValidationError, RecursionError, OverflowError) as error:
            if isinstance(facet, dict):
                return convert_leniently(facet, field.type, path, self._lost_item)
            self._lost(ProblemKind.BAD_FACET, path, str(error))
            return None

    def _lost_item(self, path: str, detail: str) -> None:
        self._lost(ProblemKind.BAD_ITEM, path, detail)

    def _lost(self, kind: ProblemKind, path: str, detail: str) -> None:
        self._losses.add(kind, path, detail)


def _time(value: object) -> dt.datetime:
    if isinstance(value, str):
        try:
            return parse_time(value)
        except (ValueError, OverflowError):
            pass
    elif isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e14:
        # Epoch seconds or milliseconds: hand-written producers send both.
        return dt.datetime.fromtimestamp(value / 1000 if value > 1e11 else value, dt.timezone.utc)
    raise MalformedEventError(f"eventTime is missing or not a time: {_short(value)}")


def _needed(owner: dict[str, Any], path: str) -> str:
    value = owner.get(path.rpartition(".")[2])
    if isinstance(value, str) and value:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise MalformedEventError(f"{path} is missing: {_short(value)}")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _short(value: object) -> str:
    # Only the type of what is foreign, because its value may hold secrets.
    return type(value).__name__ if isinstance(value, dict | list) else repr(value)[:60]

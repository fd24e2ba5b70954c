"""From bytes to :class:`Event`: in one go when all is in order (``orderly``), leniently, facet by facet, when not.

One bad facet costs that facet, one bad dataset that dataset, never the event; each loss is a problem that is reported.
Only what cannot be used at all is refused, with the reason that goes to the dead-letter topic. What is read is brought
within bounds and cleaned of credentials before anybody sees it: ``bounds``.
"""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import msgspec

from openmetadata_ol_provider.exceptions import MalformedEventError
from openmetadata_ol_provider.openlineage.event import Event, EventDataset, EventJob, EventRun
from openmetadata_ol_provider.openlineage.facet_merge import fill_missing_facets
from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, Part, RunFacets
from openmetadata_ol_provider.openlineage.fast_decode import decode_fast
from openmetadata_ol_provider.openlineage.limits import MAX_EVENT_BYTES, MAX_KEPT_BYTES, Losses, bring_within_bounds
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.times import parse_time

_T = TypeVar("_T", bound=Part)
_fields = lru_cache(msgspec.structs.fields)
_decode_any = msgspec.json.Decoder().decode


class Decoded(NamedTuple):
    """An event and what was lost while reading it."""

    event: Event
    problems: tuple[Problem, ...] = ()


def decode_event(value: bytes | str | None, where: str = "event") -> Decoded:
    """Read one message.

    :param value: the message's value; ``None`` for a tombstone
    :param where: where the message is from, for the problems
    :raises MalformedEventError: if it is no OpenLineage event
    """
    if value is None or not value:
        raise MalformedEventError("tombstone: the message has no value")
    if len(value) > MAX_EVENT_BYTES:
        raise MalformedEventError(f"too large: {len(value)} bytes, more than {MAX_EVENT_BYTES}")
    if len(value) <= MAX_KEPT_BYTES and (event := decode_fast(value)) is not None:
        return Decoded(event)
    # A NUL can only be written as an escape.
    has_nul = ("\\u0000" if isinstance(value, str) else b"\\u0000") in value  # type: ignore[operator]
    losses = Losses(where)
    event = _settle(_decode_leniently(value, losses))
    if not bring_within_bounds(event, losses, has_nul=has_nul):
        told = "; ".join(problem.detail for problem in losses.problems)
        raise MalformedEventError(f"its run, job or dataset cannot be named: {told}")
    if len(value) > MAX_KEPT_BYTES and (size := len(msgspec.json.encode(event))) > MAX_KEPT_BYTES:
        raise MalformedEventError(f"too large: what is read of it has {size} bytes, more than {MAX_KEPT_BYTES}")
    return Decoded(event, losses.problems)


_FOREIGN = "not an OpenLineage event: it has neither run, job nor dataset"


def _settle(event: Event) -> Event:
    """Move what is in ``inputFacets`` and ``outputFacets`` to ``facets``, the one place where it is looked for."""
    for side in (event.inputs, event.outputs):
        for dataset in side or ():
            for more in (dataset.inputFacets, dataset.outputFacets):
                if more is not None:
                    dataset.facets = fill_missing_facets(dataset.facets, more)
            dataset.inputFacets = dataset.outputFacets = None
    return event


def _decode_leniently(value: bytes | str, losses: Losses) -> Event:
    document = _parse(value)
    if not isinstance(document, dict):
        raise MalformedEventError(f"not an OpenLineage event: a JSON {type(document).__name__}, not an object")
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
        # Python producers write NaN and Infinity (statistics), some a byte order mark: no reason to lose the event.
        return _decode_any(json.dumps(json.loads(value, parse_constant=lambda _: None)))
    except (ValueError, RecursionError):
        raise MalformedEventError(f"not JSON: {reason}") from None


class _Reader:
    """Reads a decoded JSON object part by part, collecting what is lost."""

    def __init__(self, losses: Losses) -> None:
        self._losses = losses

    def event(self, document: dict[str, Any]) -> Event:
        run, job, dataset = (document.get(key) for key in ("run", "job", "dataset"))
        if not any(isinstance(part, dict) for part in (run, job, dataset)):
            raise MalformedEventError(_FOREIGN)
        if run is not None and not isinstance(run, dict):
            # Not a JobEvent: what a run says while it runs must not pass for what a job declares.
            raise MalformedEventError(f"run is not an object: {_short(run)}")
        event_type = document.get("eventType")
        event = Event(
            eventTime=_time(document.get("eventTime")),
            eventType=event_type if isinstance(event_type, str) else None,
            producer=_text(document.get("producer")),
        )
        if event_type is not None and event.eventType is None:
            self._lost(ProblemKind.BAD_VALUE, "eventType", f"not a string: {_short(event_type)}")
        if isinstance(run, dict):
            event.run = EventRun(runId=_needed(run, "run.runId"), facets=self._facets(run, "run", RunFacets))
        if isinstance(job, dict):
            event.job = EventJob(
                namespace=_text(job.get("namespace")) or "",
                name=_needed(job, "job.name"),
                facets=self._facets(job, "job", JobFacets),
            )
        elif event.run is not None:
            raise MalformedEventError("a RunEvent without job")
        if event.run is None and event.job is None and isinstance(dataset, dict):
            event.dataset = self._dataset(dataset, "dataset")
            if event.dataset is None:
                raise MalformedEventError("a DatasetEvent whose dataset has no name")
        event.inputs = self._datasets(document, "inputs")
        event.outputs = self._datasets(document, "outputs")
        return event

    def _datasets(self, document: dict[str, Any], side: str) -> list[EventDataset]:
        found = document.get(side)
        if found is None:
            return []
        if not isinstance(found, list):
            self._lost(ProblemKind.BAD_VALUE, side, f"not a list: {_short(found)}")
            return []
        read = (self._dataset(item, f"{side}[{index}]") for index, item in enumerate(found))
        return [dataset for dataset in read if dataset is not None]

    def _dataset(self, item: object, path: str) -> EventDataset | None:
        if not isinstance(item, dict):
            self._lost(ProblemKind.BAD_DATASET, path, f"not an object: {_short(item)}")
            return None
        namespace, name = item.get("namespace"), _text(item.get("name"))
        if namespace is not None and not isinstance(namespace, str):
            self._lost(ProblemKind.BAD_DATASET, path, f"its namespace is not a string: {_short(namespace)}")
            return None
        if not name:
            self._lost(ProblemKind.BAD_DATASET, path, f"no name in namespace {namespace!r}")
            return None
        return EventDataset(
            namespace=namespace or "",
            name=name,
            facets=self._facets(item, path, DatasetFacets),
            inputFacets=self._facets(item, path, DatasetFacets, "inputFacets"),
            outputFacets=self._facets(item, path, DatasetFacets, "outputFacets"),
        )

    def _facets(self, owner: dict[str, Any], path: str, kind: type[_T], key: str = "facets") -> _T | None:
        found = owner.get(key)
        if found is None:
            return None
        if not isinstance(found, dict):
            self._lost(ProblemKind.BAD_FACET, f"{path}.{key}", f"not an object: {_short(found)}")
            return None
        facets = kind()
        for field in _fields(kind):
            facet = found.get(field.encode_name)
            if facet is None:
                continue
            try:
                setattr(facets, field.name, msgspec.convert(facet, field.type, strict=False))
            except (msgspec.ValidationError, RecursionError, OverflowError) as error:
                self._lost(ProblemKind.BAD_FACET, f"{path}.{key}.{field.encode_name}", str(error))
        return facets

    def _lost(self, kind: str, path: str, detail: str) -> None:
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
    raise MalformedEventError(f"eventTime is missing or no time: {_short(value)}")


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
    # Types, not values, of what is foreign: it may hold secrets.
    return type(value).__name__ if isinstance(value, dict | list) else repr(value)[:60]

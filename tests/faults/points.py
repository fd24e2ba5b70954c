"""Boundaries in the work of a task: where a worker can be killed, or be made to wait.

Each is the moment before or after a function of the package is called. They are wrapped in the worker's own process, so
nothing of this is in the package.
"""

from __future__ import annotations

import functools
import importlib
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

_PACKAGE = "openmetadata_ol_provider"
_SEGMENTS = "state.segment_store"
_HEADS = "state.segmented_variable"


class Point(NamedTuple):
    """One boundary.

    :param words: text for the table, after "killed"
    :param module: module of the function, relative to the package
    :param function: its name there
    :param before: the moment before the call, not after it
    :param of: end of the key of the Variable that the function's object is for: nothing, ``.parked`` or ``.ledger``;
        default: whatever it is
    """

    words: str
    module: str
    function: str
    before: bool = False
    of: str | None = None


POINTS = {
    "asked": Point("after the offsets were requested", "hooks.kafka", "OpenLineageKafkaHook.backlog"),
    "read": Point("after a batch was read", "kafka.fair_share", "take_in_turn"),
    "decoded": Point("after the batch was decoded", "ingestion.consume", "decode_batch"),
    "translated": Point("after the batch was translated", "ingestion.plan_envelope", "draft_plan"),
    "prepared": Point("after the next batch was prepared", "ingestion.batch_preparation", "BatchPreparer.prepare"),
    "begun": Point("after the start of the publication was recorded", "state.store", "StateStore.claim"),
    "answered": Point("after a response of the catalogue", "openmetadata.client.transport", "exchange"),
    "published": Point("after the publication", "openmetadata.publishing.publisher", "publish_plan"),
    "letters due": Point("before the dead letters", "ingestion.consume", "send_dead_letters", before=True),
    #: Reached by what the function returns.
    "letter sent": Point("in the middle of the dead letters", "kafka.settings", "KafkaSettings.producer"),
    "letters sent": Point("after the dead letters", "ingestion.consume", "send_dead_letters"),
    "parking due": Point("before parking is written", "state.store", "StateStore.update_parked", before=True),
    "parking segment written": Point(
        "after a segment of the parking lot was written", _SEGMENTS, "SegmentStore._write", of=".parked"
    ),
    "parking joined": Point(
        "after changes of the parking lot were joined", "state.parking_store", "ParkingStore._joined"
    ),
    "parking head written": Point(
        "after the head of the parking lot was written", _HEADS, "SegmentedVariable._write_head", of=".parked"
    ),
    "parked": Point("after parking was written", "state.store", "StateStore.update_parked"),
    "state due": Point("before state and checkpoint are written", "state.store", "StateStore.advance", before=True),
    "piece written": Point(
        "between two pieces of a segment of the state", _SEGMENTS, "SegmentStore._write_piece", of=""
    ),
    "segment written": Point("after a segment of the state was written", _SEGMENTS, "SegmentStore._write", of=""),
    "segments joined": Point("after segments of the state were joined", "openlineage.segments.joining", "joined_texts"),
    "head written": Point("after the head of the state was written", _HEADS, "SegmentedVariable._write_head", of=""),
    "state written": Point("after state and checkpoint were written", "state.store", "StateStore.advance"),
    "held due": Point(
        "before what it held back is known to be written", "state.store", "StateStore.write_held", before=True
    ),
    "held written": Point("after what it held back was written", "state.store", "StateStore.write_held"),
    "commit due": Point("before the offsets are committed", "hooks.kafka", "commit_offsets", before=True),
    "committed": Point("after the offsets were committed", "hooks.kafka", "commit_offsets"),
    "ledger due": Point("before the ledger is written", "state.store", "StateStore.release", before=True),
    "ledger segment written": Point(
        "after a segment of the ledger was written", _SEGMENTS, "SegmentStore._write", of=".ledger"
    ),
    "ledger written": Point("after the ledger was written", "state.store", "StateStore.release"),
    #: Reached by the worker itself.
    "done": Point("at its end, before Airflow records it", "", ""),
}


class Stop(NamedTuple):
    """What is to happen at a boundary.

    :param point: one of :data:`POINTS`
    :param nth: the time that it is reached, counted from 1
    :param wait: wait for a word there; otherwise the process is killed
    """

    point: str
    nth: int = 1
    wait: bool = False


class Stops:
    """The stops of one task, wrapped around the functions that they are at.

    :param stops: what is to happen
    :param act: does it
    """

    def __init__(self, stops: list[Stop], act: Callable[[Stop], None]) -> None:
        self._stops = stops
        self._act = act
        self._lock = threading.Lock()
        self._reached: dict[str, int] = {}

    def install(self) -> None:
        """Wrap the functions, in this process."""
        for name in {stop.point for stop in self._stops}:
            point = POINTS[name]
            if not point.function:
                continue
            owner: Any = importlib.import_module(f"{_PACKAGE}.{point.module}")
            *outer, attribute = point.function.split(".")
            for part in outer:
                owner = getattr(owner, part)
            function = getattr(owner, attribute)
            wrapped = self._wrapped(name, point, function)
            # Who has imported it by its name has it, too.
            for holder in [owner, *_modules()]:
                if getattr(holder, attribute, None) is function:
                    setattr(holder, attribute, wrapped)

    def reach(self, name: str) -> None:
        """Count a boundary, and do what is to happen there."""
        with self._lock:
            self._reached[name] = count = self._reached.get(name, 0) + 1
        for stop in self._stops:
            if (stop.point, stop.nth) == (name, count):
                self._act(stop)

    def _wrapped(self, name: str, point: Point, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if point.of is not None and point.of != _end(args[0].key):
                return function(*args, **kwargs)
            if point.before:
                self.reach(name)
            result = function(*args, **kwargs)
            if name == "letter sent":
                producer, errors = result
                return _OneByOne(producer, lambda: self.reach(name)), errors
            if not point.before:
                self.reach(name)
            return result

        return wrapper


def _end(key: str) -> str:
    """Return what the key of a Variable has behind the state key."""
    return next((end for end in (".parked", ".ledger") if key.endswith(end)), "")


class _OneByOne:
    """A producer that sends each message before it takes the next one.

    :param producer: does it
    :param sent: called after each
    """

    def __init__(self, producer: Any, sent: Callable[[], None]) -> None:
        self._producer = producer
        self._sent = sent

    def produce(self, *args: Any, **kwargs: Any) -> None:
        """Send a message."""
        self._producer.produce(*args, **kwargs)
        self._producer.flush(20)
        self._sent()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def __len__(self) -> int:
        return len(self._producer)


def _modules() -> list[ModuleType]:
    return [module for name, module in sys.modules.items() if name.startswith(f"{_PACKAGE}.")]

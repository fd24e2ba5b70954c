"""Decoding: JSON decoders and ours on the same bytes.

The floor is msgspec without types, which builds everything that is in an event. Ours builds only what is read of it,
and then sees to what may be wrong with it. Seconds are those of the processor, so that others on the machine are not
measured.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from bench.figures import Figure, rates, ratios
from bench.sizes import sized
from bench.traffic import stream
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event

_decode_typed = msgspec.json.Decoder(Event).decode


def _typed(value: bytes) -> Event | None:
    try:
        return _decode_typed(value)
    except msgspec.ValidationError:
        # Producers send datasets without name too: what decode_event reads leniently, this leaves at the first fault.
        return None


_DECODERS: dict[str, Callable[[bytes], object]] = {
    "msgspec.json.decode, untyped": msgspec.json.Decoder().decode,
    "msgspec.json.decode, our types": _typed,
    "json.loads": json.loads,
    "decode_event": decode_event,
}


def measure(rounds: int) -> Iterator[Figure]:
    """Decode one stream with each decoder in turn, round by round."""
    values = [message.value for message in stream(sized(tiny=200, usual=10_000, full=100_000))]
    yield Figure("average size of an event", "bytes", (sum(map(len, values)) / len(values),))
    seconds: dict[str, list[float]] = {name: [] for name in _DECODERS}
    for _ in range(rounds):
        for name, decode in _DECODERS.items():
            seconds[name].append(_timed(decode, values))
    figures = {name: rates(name, len(values), took) for name, took in seconds.items()}
    floor = next(iter(figures.values()))
    yield floor
    for name, figure in list(figures.items())[1:]:
        yield figure
        yield ratios(f"{name} / untyped", figure, floor)


def _timed(decode: Callable[[bytes], object], values: Sequence[bytes]) -> float:
    gc.collect()
    started = time.process_time()
    for value in values:
        decode(value)
    return time.process_time() - started

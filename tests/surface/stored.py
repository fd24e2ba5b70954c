"""Golden files, and what is packed in them: read and written without the package."""

from __future__ import annotations

import base64
import hashlib
import json
import lzma
import time
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

from tests.support import DATA

GOLDEN = DATA / "surface"


def golden(name: str) -> Any:
    """Return a golden document."""
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def variables(situation: str) -> dict[str, str]:
    """Return the texts of Variables by what their keys have behind the state key."""
    texts: dict[str, str] = golden(f"variables-{situation}")["variables"]
    return texts


def unpacked(text: str) -> Any:
    """Return what is in a packed text, in base64.

    It is JSON, compressed by zlib (in XCom) or by xz (in Variables of earlier releases), or MessagePack.
    """
    data = base64.b64decode(text.replace("_", "+"), validate=True)
    if data[:1] != b"\x78":
        return json.loads(lzma.decompress(data))
    content = zlib.decompress(data)
    return json.loads(content if content[:1] in b"{[" else msgspec.json.encode(msgspec.msgpack.decode(content)))


def packed(value: Any) -> str:
    """Return a value as the text of a Variable."""
    return base64.b64encode(lzma.compress(_json(value), check=lzma.CHECK_CRC32)).decode()


def digest(*values: Any) -> int:
    """Return the digest of values that ledgers hold."""
    return int.from_bytes(hashlib.blake2b(_json(values), digest_size=8).digest(), "big") >> 1


def addressed(ledger: str, url: str, config: Mapping[str, Any], entities: Mapping[str, str]) -> str:
    """Return a ledger as if it had been written now, for another catalogue and configuration.

    :param ledger: text of the Variable
    :param url: base URL of the catalogue
    :param config: all keys of the configuration, in order
    :param entities: ``type:id`` of the catalogue's entities by FQN
    """
    document, hours = unpacked(ledger), time.time() / 3600
    for fact in (*document["facts"].values(), *document["edges"].values()):
        fact[1] = hours
    for edge in document["edges"].values():
        if edge[3]:
            edge[3:5] = [entities[fqn] for fqn in edge[5].split(" -> ")]
    return packed({**document, "catalogue": digest(f"{url}/api"), "config": digest(config)})


def kept(runs: str | dict[str, Any]) -> Any:
    """Return what is kept of runs as version 1 had it, without the times at which something came in.

    :param runs: packed runs of an earlier version, or what version 3 remembers
    """
    state = unpacked(runs) if isinstance(runs, str) else runs
    return as_version_1(without(state, "touched", "latest_at", "reported_once", "views"))


def as_version_1(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state whose runs have keys without the names of their jobs, as version 1 had them."""
    renamed = {part: _without_names(items) if part in ("runs", "anchors") else items for part, items in state.items()}
    return without(renamed, "legacy", "spark", "is_dag", "from_airflow", "instances")


def _without_names(items: dict[str, Any]) -> dict[str, Any]:
    """Return runs, or starts of runs, by namespace and run id; where both keys are there, they have one value."""
    shorter: dict[str, Any] = {}
    for key, item in items.items():
        short = "\x1f".join(key.split("\x1f")[:2])
        assert shorter.setdefault(short, item) == item
    return shorter


def without(document: Any, *names: str) -> Any:
    """Return a document without some keys, wherever they are."""
    if isinstance(document, dict):
        return {key: without(value, *names) for key, value in document.items() if key not in names}
    return [without(item, *names) for item in document] if isinstance(document, list) else document


def in_order(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose lists are sorted: the order in which partitions are read is no part of a plan."""
    return {key: sorted(value, key=_names) if isinstance(value, list) else value for key, value in document.items()}


def due(parked: str) -> str:
    """Return what is parked as due now, whatever the clock says."""
    items = unpacked(parked)
    return packed({key: {**item, "first_seen": 0, "next_try": 0} for key, item in items.items()})


def _names(item: Any) -> str:
    """Return what an item of a plan, or an event, is about; it may have further keys some day."""
    if not isinstance(item, dict):
        return str(item)
    inner = [(item.get(part) or {}).get(name) for part in _PARTS for name in ("namespace", "name", "runId")]
    return json.dumps([*(item.get(name) for name in _OWN), *inner])


_OWN = ("namespace", "name", "run_id", "kind", "where", "detail", "eventTime", "eventType")
_PARTS = ("source", "target", "job", "run", "dataset")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

"""Takes JSON out of the frame that a schema registry's serializer puts around it, and names all other frames."""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from openmetadata_ol_provider.exceptions import MalformedEventError

# Confluent's serializers write a zero byte and the schema's id in 4 bytes; Apicurio's may write it in 8 bytes.
_MAGIC: Final = b"\x00"
_ID_SIZES: Final = (4, 8)
# Newer serializers of Confluent write a one byte and the schema's GUID.
_GUID_MAGIC: Final = b"\x01"
_GUID_SIZE: Final = 17
_AWS_GLUE: Final = (b"\x03\x00", b"\x03\x05")
_AWS_GLUE_SIZE: Final = 18
_JSON_ADVICE = "let the producer write plain JSON, or JSON in a frame of a zero byte and a schema id"
#: First bytes of formats that are not JSON.
_FORMATS: Final = (
    (b"Obj\x01", "an Avro file"),
    (b"\xc3\x01", "a single Avro object"),
    (b"\x1f\x8b", "compressed with gzip by the producer itself"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd by the producer itself"),
    (b"\x04\x22\x4d\x18", "compressed with LZ4 by the producer itself"),
    (b"\xff\x06\x00\x00sNaPpY", "compressed with Snappy by the producer itself"),
    (b"\xfd7zXZ\x00", "compressed with xz by the producer itself"),
    (b"BZh", "compressed with bzip2 by the producer itself"),
    *(
        (b"\x78" + level, "compressed with zlib by the producer itself")
        for level in (b"\x01", b"\x5e", b"\x9c", b"\xda")
    ),
    (b"PAR1", "a Parquet file"),
)
_CONNECT_ENVELOPE: Final = (
    "an envelope of Kafka Connect (schema and payload), not an OpenLineage event: set "
    "value.converter.schemas.enable=false"
)
_PARTS_OF_AN_EVENT: Final = ("run", "job", "dataset")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_\-\s]+={0,2}\s*")
#: Most characters that are looked at to tell what a text is.
_LOOKED_AT: Final = 4096


class Unframed(NamedTuple):
    """The JSON of a message.

    :param frame: name of the frame it was in, for the reason if it is no JSON after all
    """

    value: bytes
    frame: str = ""


def unframe(value: bytes) -> Unframed:
    """Return the JSON of a message.

    :param value: message that does not begin with a brace
    :raises MalformedEventError: if it is in a frame that is not read; the reason names the frame
    """
    if value.startswith(_MAGIC):
        return _from_registry(value)
    if len(value) >= _AWS_GLUE_SIZE and value.startswith(_AWS_GLUE):
        packed = " and compressed" if value[1] else ""
        raise MalformedEventError(f"framed{packed} for the AWS Glue schema registry (header version 3): {_JSON_ADVICE}")
    if len(value) >= _GUID_SIZE and value.startswith(_GUID_MAGIC):
        kind = "JSON" if _begins_an_object(value[_GUID_SIZE:]) else "no JSON"
        raise MalformedEventError(
            f"framed for a schema registry (magic byte 1, schema GUID {value[1:_GUID_SIZE].hex()}, then {kind}): "
            f"{_JSON_ADVICE}"
        )
    for beginning, name in _FORMATS:
        if value.startswith(beginning):
            raise MalformedEventError(f"not JSON, but {name}: {_JSON_ADVICE}")
    if wrapping := _base64(value):
        raise MalformedEventError(f"not JSON, but {wrapping}: {_JSON_ADVICE}")
    return Unframed(value)


def wrapping_of(text: str) -> str:
    """Return what a JSON string is instead of a JSON object; empty if it is anything else."""
    if text.lstrip()[:1] == "{":
        return "a JSON object in a JSON string (serialized twice): let the producer serialize it once"
    wrapping = _base64(text.encode("utf-8", "replace"))
    return f"a JSON string with {wrapping}: {_JSON_ADVICE}" if wrapping else ""


def envelope_of(document: Mapping[str, object]) -> str:
    """Return the reason for a JSON object that is an envelope around an event; empty if it is none that is known."""
    if {"schema", "payload"} <= document.keys():
        return _CONNECT_ENVELOPE
    if "specversion" in document and document.keys() & {"type", "source", "id"}:
        data = document.get("data")
        holds = "no data"
        if isinstance(data, dict):
            is_event = any(isinstance(data.get(part), dict) for part in _PARTS_OF_AN_EVENT)
            holds = "an OpenLineage event as data" if is_event else "other data than an OpenLineage event"
        elif data is not None or "data_base64" in document:
            holds = "its data as text or base64"
        return (
            f"a CloudEvent in structured mode with {holds}, not an OpenLineage event: let the producer or bridge send "
            "the data alone (binary mode, content attributes in headers)"
        )
    return ""


def _base64(value: bytes) -> str:
    """Return what is encoded with base64 in a text; empty if it is none, or holds neither JSON nor gzip."""
    beginning = value[:_LOOKED_AT]
    if len(value) < 8 or not _BASE64.fullmatch(beginning):
        return ""
    letters = b"".join(beginning.split()).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        decoded = base64.b64decode(letters[: len(letters) // 4 * 4])
    except ValueError:
        return ""
    if decoded.lstrip()[:1] == b"{":
        return "JSON encoded with base64"
    return "gzip encoded with base64" if decoded.startswith(b"\x1f\x8b") else ""


def _from_registry(value: bytes) -> Unframed:
    for begins in (_begins_an_object, _begins_with_a_brace):
        for size in _ID_SIZES:
            payload = value[1 + size :].removeprefix(codecs.BOM_UTF8)
            if begins(payload):
                return Unframed(payload, f"framed for a schema registry (magic byte 0, schema id {_id(value, size)})")
    schema_id = f", schema id {_id(value, _ID_SIZES[0])}" if len(value) > _ID_SIZES[0] else ""
    raise MalformedEventError(
        f"framed for a schema registry (magic byte 0{schema_id}), but what follows is not JSON: Avro or Protobuf; "
        "use the JSON serializer or converter"
    )


def _begins_with_a_brace(payload: bytes) -> bool:
    return payload.lstrip()[:1] == b"{"


def _begins_an_object(payload: bytes) -> bool:
    """Return whether bytes begin a JSON object: a brace alone may be a byte of a longer schema id."""
    text = payload.lstrip()
    return text[:1] == b"{" and text[1:].lstrip()[:1] in (b'"', b"}")


def _id(value: bytes, size: int) -> int:
    return int.from_bytes(value[1 : 1 + size], "big")

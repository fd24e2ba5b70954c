"""Takes JSON out of the frame that a schema registry's serializer puts around it, and names all other frames."""

from __future__ import annotations

import codecs
from typing import Final, NamedTuple

from openmetadata_ol_provider.exceptions import MalformedEventError

# Confluent's serializers write a zero byte and the schema's id in 4 bytes; Apicurio's may write it in 8 bytes.
_MAGIC: Final = b"\x00"
_ID_SIZES: Final = (4, 8)
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
    (b"PAR1", "a Parquet file"),
)
#: Reason for a JSON object in the envelope of Kafka Connect's JSON converter.
CONNECT_ENVELOPE: Final = (
    "an envelope of Kafka Connect (schema and payload), not an OpenLineage event: set "
    "value.converter.schemas.enable=false"
)


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
    for beginning, name in _FORMATS:
        if value.startswith(beginning):
            raise MalformedEventError(f"not JSON, but {name}: {_JSON_ADVICE}")
    return Unframed(value)


def _from_registry(value: bytes) -> Unframed:
    for size in _ID_SIZES:
        payload = value[1 + size :].removeprefix(codecs.BOM_UTF8)
        if payload.lstrip()[:1] == b"{":
            return Unframed(payload, f"framed for a schema registry (magic byte 0, schema id {_id(value, size)})")
    schema_id = f", schema id {_id(value, _ID_SIZES[0])}" if len(value) > _ID_SIZES[0] else ""
    raise MalformedEventError(
        f"framed for a schema registry (magic byte 0{schema_id}), but what follows is not JSON: Avro or Protobuf; "
        "use the JSON serializer or converter"
    )


def _id(value: bytes, size: int) -> int:
    return int.from_bytes(value[1 : 1 + size], "big")

"""Messages in the frames of schema registries: JSON is read, and the reason of a refusal names any other frame."""

from __future__ import annotations

import base64
import codecs
import gzip
import json
import zlib

import pytest

from openmetadata_ol_provider.exceptions import MalformedEventError
from openmetadata_ol_provider.openlineage.decode import decode_event
from tests.support import dataset, run_event

EVENT = json.dumps(run_event(inputs=["a"], outputs=["b"])).encode()
SLOW = json.dumps(run_event(outputs=[dataset("t", schema={"fields": [None]})])).encode()
CONFLUENT = b"\x00\x00\x00\x00\x11"
GUID = bytes(range(100, 116))
APICURIO = b"\x00" + (17).to_bytes(8, "big")


@pytest.mark.promise("A204")
@pytest.mark.parametrize("event", [EVENT, SLOW], ids=["sound event", "event with a bad item"])
@pytest.mark.parametrize("frame", [CONFLUENT, APICURIO, CONFLUENT + b"\n "], ids=["Confluent", "Apicurio", "blank"])
def test_json_behind_the_magic_byte_and_the_schema_id_is_read(frame: bytes, event: bytes) -> None:
    assert decode_event(frame + event, "t[0]@1") == decode_event(event, "t[0]@1")


@pytest.mark.parametrize("size", [4, 8])
@pytest.mark.parametrize("schema_id", [1, 0x20, 0x7B, 0x7B7B, 0x7B << 24, 0x7B000001, 2**31 - 1])
def test_any_schema_id_is_skipped(schema_id: int, size: int) -> None:
    assert decode_event(b"\x00" + schema_id.to_bytes(size, "big") + EVENT) == decode_event(EVENT)


@pytest.mark.parametrize("schema_id", [0x7B << 24, 0x7B0A0B0C, 0x7B7B7B7B, 0x7B20207B])
def test_a_brace_in_a_schema_id_of_eight_bytes_is_no_beginning(schema_id: int) -> None:
    assert decode_event(b"\x00" + schema_id.to_bytes(8, "big") + EVENT) == decode_event(EVENT)


@pytest.mark.parametrize("frame", [b"", CONFLUENT], ids=["plain", "in a frame"])
def test_a_byte_order_mark_before_the_json_is_skipped(frame: bytes) -> None:
    assert decode_event(frame + codecs.BOM_UTF8 + EVENT) == decode_event(EVENT)
    with pytest.raises(MalformedEventError, match="not JSON"):
        decode_event(frame + codecs.BOM_UTF8)


CLOUD_EVENT = {"specversion": "1.0", "id": "1", "source": "/jobs", "type": "io.openlineage.RunEvent"}


@pytest.mark.promise("A204")
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(CONFLUENT + b"\x0a\x06orders", "schema id 17.*Avro or Protobuf", id="Confluent Avro"),
        pytest.param(CONFLUENT + b"\x00\x0a\x03abc", "schema id 17.*Avro or Protobuf", id="Confluent Protobuf"),
        pytest.param(APICURIO + b"\x0a\x06orders", "schema registry.*Avro or Protobuf", id="Apicurio Avro"),
        pytest.param(CONFLUENT + b"{orders", "schema id 17.*: not JSON", id="a brace by chance"),
        pytest.param(CONFLUENT + b"{}", "schema id 17.*neither run, job nor dataset", id="foreign JSON in a frame"),
        pytest.param(b"\x00", "schema registry", id="a magic byte alone"),
        pytest.param(b"\x03\x00" + bytes(16) + EVENT, "AWS Glue schema registry", id="AWS Glue"),
        pytest.param(b"\x03\x05" + bytes(16) + b"x", "compressed for the AWS Glue", id="AWS Glue, compressed"),
        pytest.param(b"Obj\x01\x04", "Avro file", id="Avro file"),
        pytest.param(b"\xc3\x01" + bytes(8), "single Avro object", id="Avro object"),
        pytest.param(gzip.compress(EVENT), "gzip", id="gzip"),
        pytest.param(b"\x28\xb5\x2f\xfd\x00", "zstd", id="zstd"),
        pytest.param(zlib.compress(EVENT), "zlib", id="zlib"),
        pytest.param(zlib.compress(EVENT, 9), "zlib", id="zlib, best"),
        pytest.param(b"\x01" + GUID + EVENT, f"magic byte 1, schema GUID {GUID.hex()}, then JSON", id="GUID"),
        pytest.param(b"\x01" + GUID + b"\x0a\x06x", "magic byte 1, .* then no JSON", id="GUID, Avro"),
        pytest.param(base64.b64encode(EVENT), "JSON encoded with base64", id="base64"),
        pytest.param(base64.encodebytes(EVENT), "JSON encoded with base64", id="base64 in lines"),
        pytest.param(base64.urlsafe_b64encode(EVENT).rstrip(b"="), "JSON encoded with base64", id="base64 for URLs"),
        pytest.param(base64.b64encode(gzip.compress(EVENT)), "gzip encoded with base64", id="base64 of gzip"),
        pytest.param(b'"' + base64.b64encode(EVENT) + b'"', "JSON encoded with base64", id="quoted base64"),
        pytest.param(json.dumps(EVENT.decode()).encode(), "serialized twice", id="serialized twice"),
        pytest.param(b'"a text"', "a JSON str, not an object", id="a text"),
        pytest.param(
            json.dumps({**CLOUD_EVENT, "data": json.loads(EVENT)}).encode(),
            "CloudEvent in structured mode with an OpenLineage event as data.*binary mode", id="CloudEvent",
        ),
        pytest.param(
            json.dumps({**CLOUD_EVENT, "data": {"a": 1}}).encode(),
            "CloudEvent in structured mode with other data", id="CloudEvent of something else",
        ),
        pytest.param(
            json.dumps({**CLOUD_EVENT, "data_base64": base64.b64encode(EVENT).decode()}).encode(),
            "CloudEvent in structured mode with its data as text or base64", id="CloudEvent in base64",
        ),
        pytest.param(b"PAR1....PAR1", "Parquet", id="Parquet"),
        pytest.param(b"\x07unknown", "not JSON", id="anything else"),
        pytest.param(b'{"schema": {"type": "struct"}, "payload": ' + EVENT + b"}", "Kafka Connect", id="Connect"),
    ],
)  # fmt: skip
def test_any_other_frame_is_refused_by_its_name(value: bytes, reason: str) -> None:
    with pytest.raises(MalformedEventError, match=reason):
        decode_event(value)

"""Producers' texts of types, and the columns and message fields that are made of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.lineage.plan import Field
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.stubs.column_types import MAX_DISPLAY, ColumnType, parse_type
from openmetadata_ol_provider.openmetadata.publishing.stubs.columns import additions, message_fields, table_columns
from openmetadata_ol_provider.openmetadata.publishing.stubs.type_names import MESSAGE_TYPES, TYPES, WITH_LENGTH
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import SEED


def short(type_: ColumnType) -> str:
    """Return a type in a few characters: ``VARCHAR(3)``, ``ARRAY<INT>``, ``STRUCT{a:INT, b:ARRAY<TEXT>}``."""
    numbers = [number for number in (type_.length, type_.precision, type_.scale) if number is not None]
    text = type_.data_type + (f"({','.join(map(str, numbers))})" if numbers else "")
    text += f"<{type_.element}>" if type_.element else ""
    inside = ", ".join(f"{name}:{short(child)}" for name, child in type_.children)
    return f"{text}{{{inside}}}" if inside else text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Spark and Hive
        ("integer", "INT"),
        ("long", "LONG"),
        ("string", "STRING"),
        ("decimal(10,2)", "DECIMAL(10,2)"),
        ("array<struct<a:int,b:string>>", "ARRAY<STRUCT>{a:INT, b:STRING}"),
        ("map<string,int>", "MAP"),
        ("struct<a:int,b:struct<c:array<bigint>>>", "STRUCT{a:INT, b:STRUCT{c:ARRAY<BIGINT>}}"),
        ("struct<a:int comment 'x, y>',b:string>", "STRUCT{a:INT, b:STRING}"),
        ('struct<`a,b`:int,"c:d":string>', "STRUCT{a,b:INT, c:d:STRING}"),
        ("struct", "STRUCT"),
        ("struct<>", "STRUCT"),
        ("array<array<struct<a:int>>>", "ARRAY<ARRAY>{a:INT}"),
        ("uniontype<int,string>", "UNION"),
        ("uniontype<void,int>", "INT"),
        ("DecimalType(10,2)", "DECIMAL(10,2)"),
        ("ArrayType(StringType,true)", "ARRAY<STRING>"),
        ("StringType", "STRING"),
        # Postgres and Redshift
        ("int4", "INT"),
        ("int8", "BIGINT"),
        ("character varying(20)", "VARCHAR(20)"),
        ("character varying", "VARCHAR(1)"),
        ("numeric(10,2)", "NUMERIC(10,2)"),
        ("timestamp without time zone", "TIMESTAMP"),
        ("timestamptz", "TIMESTAMP"),
        ("time(6) with time zone", "TIME"),
        ("double precision", "DOUBLE"),
        ("interval day(3) to second(6)", "INTERVAL"),
        ("jsonb", "JSON"),
        ("uuid", "UUID"),
        ("_text", "ARRAY<TEXT>"),
        ("int4[]", "ARRAY<INT>"),
        ("character varying(5)[][3]", "ARRAY<ARRAY>"),
        ("bytea", "BYTEA"),
        ("super", "SUPER"),
        # Snowflake
        ("NUMBER(38,0)", "NUMBER(38,0)"),
        ("VARIANT", "JSON"),
        ("TIMESTAMP_NTZ(9)", "TIMESTAMP"),
        ("OBJECT(a NUMBER(38,0), b VARCHAR)", "STRUCT{a:NUMBER(38,0), b:VARCHAR(1)}"),
        # BigQuery
        ("INT64", "BIGINT"),
        ("STRUCT<a INT64, b STRUCT<c STRING>>", "STRUCT{a:BIGINT, b:STRUCT{c:STRING}}"),
        ("ARRAY<STRUCT<x FLOAT64>>", "ARRAY<STRUCT>{x:DOUBLE}"),
        ("BIGNUMERIC", "NUMERIC"),
        ("RECORD", "STRUCT"),
        # Trino
        ("row(a bigint, b varchar(3))", "STRUCT{a:BIGINT, b:VARCHAR(3)}"),
        ("row(date date, time timestamp(3) with time zone)", "STRUCT{date:DATE, time:TIMESTAMP}"),
        ("row(bigint, double precision)", "STRUCT{field0:BIGINT, field1:DOUBLE}"),
        ("array(row(a.b int))", "ARRAY<STRUCT>{a.b:INT}"),
        ("timestamp(3) with time zone", "TIMESTAMP"),
        # MySQL, Oracle, SQL Server
        ("bigint unsigned", "BIGINT"),
        ("tinyint(1)", "TINYINT"),
        ("enum('a','b (c')", "ENUM"),
        ("varchar(20) character set utf8mb4 collate utf8mb4_bin", "VARCHAR(20)"),
        ("VARCHAR2(20 BYTE)", "VARCHAR(20)"),
        ("NUMBER(2,5)", "NUMBER"),
        ("NUMBER(10,-2)", "NUMBER"),
        ("LONG RAW", "BINARY(1)"),
        ("nvarchar(max)", "VARCHAR(1)"),
        ("uniqueidentifier", "UUID"),
        # Flink
        ("BIGINT NOT NULL", "BIGINT"),
        ("ROW<`a b` INT NOT NULL, c VARCHAR(10) 'text'> NOT NULL", "STRUCT{a b:INT, c:VARCHAR(10)}"),
        ("TIMESTAMP(3) *ROWTIME*", "TIMESTAMP"),
        ("INT ARRAY", "ARRAY<INT>"),
        # ClickHouse, DuckDB
        ("Array(Nullable(String))", "ARRAY<STRING>"),
        ("Decimal64(2)", "DECIMAL"),
        ("FixedString(16)", "CHAR(16)"),
        ("DateTime64(3, 'UTC')", "DATETIME"),
        ("STRUCT(a INTEGER, b VARCHAR[])[]", "ARRAY<STRUCT>{a:INT, b:ARRAY<VARCHAR>}"),
        # Avro, Kafka Connect
        ("record", "STRUCT"),
        ('["null","string"]', "STRING"),
        ('["int","string"]', "UNION"),
        ('["null",{"type":"array","items":"int"}]', "ARRAY<INT>"),
        (
            '{"type":"record","fields":[{"name":"id","type":{"logicalType":"decimal","precision":9,"scale":2}}]}',
            "STRUCT{id:DECIMAL(9,2)}",
        ),
        ('{"type":"string","logicalType":"of our own"}', "STRING"),
        ("io.debezium.time.MicroTimestamp", "TIMESTAMP"),
        ("org.apache.kafka.connect.data.Decimal", "DECIMAL"),
        # pandas, Arrow, SQLAlchemy
        ("object", "JSON"),
        ("datetime64[ns, UTC]", "DATETIME"),
        ("string[python]", "STRING"),
        ("list<item: struct<a: int64>>", "ARRAY<STRUCT>{a:BIGINT}"),
        ("timestamp[us, tz=UTC]", "TIMESTAMP"),
        ("fixed_size_binary[16]", "BINARY(16)"),
        ("NUMERIC(precision=10, scale=2)", "NUMERIC(10,2)"),
        # what nobody knows, and what is broken
        ("", "UNKNOWN"),
        (None, "UNKNOWN"),
        ("my_domain", "UNKNOWN"),
        ("array", "ARRAY<UNKNOWN>"),
        ("array<", "ARRAY<UNKNOWN>"),
        ("struct<a:int", "STRUCT{a:INT}"),
        (")>(", "UNKNOWN"),
        ("[int]", "INT"),
        ("decimal(99999999999999999999)", "DECIMAL"),
    ],
)
def test_the_types_of_all_producers_are_understood(text: str | None, expected: str) -> None:
    assert short(parse_type(text)) == expected


def test_people_see_the_producers_own_text_in_lower_case_and_cut_where_it_is_long() -> None:
    assert parse_type("ENUM('Red',  'Green')").display == "enum('red', 'green')"
    long = parse_type(f"struct<{','.join(f'column_{number}:int' for number in range(200))}>")
    assert len(long.children) == 200
    assert len(long.display) == MAX_DISPLAY
    assert long.display.endswith("...")


@pytest.mark.parametrize(
    "text", ["array<" * 3000, "struct<a:" * 2000, "x " * 9000, "(" * 19_000, '["' * 5000, "[" * 3000, "int[]" * 3000]
)
def test_hostile_texts_are_types_too(text: str) -> None:
    assert parse_type(text).data_type in {"ARRAY", "STRUCT", "UNKNOWN"}


@pytest.mark.parametrize("version", ["1.8.0", "1.12.0", "2.0.2"])
def test_every_type_is_one_that_the_catalogue_knows(version: str) -> None:
    fields = [Field(f"of {word}", word) for word in TYPES]
    with CatalogueServer(SEED, version) as server, OpenMetadataClient(server.url) as client:
        table = {"name": "all", "databaseSchema": "pg.shop.public", "columns": table_columns(fields)}
        assert len(client.put("v1/tables", table)["columns"]) == len(TYPES)
        schema = {"schemaType": "Other", "schemaFields": message_fields(fields)}
        topic = {"name": "all", "service": "events", "partitions": 1, "messageSchema": schema}
        assert len(client.put("v1/topics", topic)["messageSchema"]["schemaFields"]) == len(TYPES)


def test_a_column_has_what_the_server_wants_of_its_type() -> None:
    made = table_columns(
        (
            Field("name", "varchar(3)", "who"),
            Field("price", "decimal(9,2)"),
            Field("tags", "array<string>"),
            Field("nothing", "struct"),
            Field("what"),
        )
    )
    assert made == [
        {
            "name": "name",
            "dataType": "VARCHAR",
            "dataTypeDisplay": "varchar(3)",
            "dataLength": 3,
            "description": "who",
        },
        {"name": "price", "dataType": "DECIMAL", "dataTypeDisplay": "decimal(9,2)", "precision": 9, "scale": 2},
        {"name": "tags", "dataType": "ARRAY", "dataTypeDisplay": "array<string>", "arrayDataType": "STRING"},
        {"name": "nothing", "dataType": "STRUCT", "dataTypeDisplay": "struct", "children": []},
        {"name": "what", "dataType": "UNKNOWN"},
    ]
    assert "description" not in table_columns((Field("name", "text", "who"),), descriptions=False)[0]


def outline(made: list[dict[str, Any]]) -> list[Any]:
    return [
        (column["name"], column["dataType"], column.get("arrayDataType"), outline(column.get("children", [])))
        for column in made
    ]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (
            Field("a", "STRUCT", fields=(Field("b", "STRUCT", fields=(Field("c", "INT32"),)),)),
            ("a", "STRUCT", None, [("b", "STRUCT", None, [("c", "INT", None, [])])]),
        ),
        (
            Field("a", "array", fields=(Field("_element", "struct", fields=(Field("b", "int"),)),)),
            ("a", "ARRAY", "STRUCT", [("b", "INT", None, [])]),
        ),
        (Field("a", "array", fields=(Field("_element", "string"),)), ("a", "ARRAY", "STRING", [])),
        (Field("a", "ARRAY", fields=(Field("b", "int"),)), ("a", "ARRAY", "STRUCT", [("b", "INT", None, [])])),
        (Field("a", "RECORD", fields=(Field("b", "INT64"),)), ("a", "STRUCT", None, [("b", "BIGINT", None, [])])),
        (Field("a", fields=(Field("b", "int"),)), ("a", "STRUCT", None, [("b", "INT", None, [])])),
        (Field("a", "map", fields=(Field("key", "string"),)), ("a", "MAP", None, [("key", "STRING", None, [])])),
        (Field("a", "union", fields=(Field("_0", "int"),)), ("a", "UNION", None, [("_0", "INT", None, [])])),
        (Field("a", "struct<x:int>", fields=(Field("b", "int"),)), ("a", "STRUCT", None, [("b", "INT", None, [])])),
    ],
)
def test_nested_fields_of_an_event_are_nested_columns(field: Field, expected: Any) -> None:
    assert outline(table_columns((field,))) == [expected]


def test_names_are_stored_as_connectors_store_them_and_each_once() -> None:
    names = ["id", "ID", "", "  ", "a::b", 'say "x"', "a>b", "tab\there", "bell\x07", "n" * 300, "n" * 301]
    made = [column["name"] for column in table_columns(Field(name) for name in names)]
    assert made[:6] == [
        "id",
        "a__reserved__colon__b",
        "say __reserved__quote__x__reserved__quote__",
        "a__reserved__arrow__b",
        "tab__reserved__tab__here",
        "bell_",
    ]
    assert [len(name) for name in made[6:]] == [256, 256]
    assert len(set(made)) == 8


def test_fields_of_messages_have_types_of_their_own() -> None:
    fields = (
        Field("id", "int64"),
        Field("price", "decimal(9,2)", "in euros"),
        Field("code", "varchar(3)"),
        Field("at", "timestamp"),
        Field("where", "geography"),
        Field("who", "STRUCT", fields=(Field("f" * 200, "bytes"),)),
    )
    made = message_fields(fields)
    assert outline(made)[:5] == [
        ("id", "LONG", None, []),
        ("price", "DOUBLE", None, []),
        ("code", "STRING", None, []),
        ("at", "TIMESTAMP", None, []),
        ("where", "UNKNOWN", None, []),
    ]
    assert made[1] == {
        "name": "price",
        "dataType": "DOUBLE",
        "dataTypeDisplay": "decimal(9,2)",
        "description": "in euros",
    }
    assert made[5]["dataType"] == "RECORD"
    assert [(len(child["name"]), child["dataType"]) for child in made[5]["children"]] == [(128, "BYTES")]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*"<>()[]{},:'`\"._ 07", *TYPES, "field", "not null", "comment "]), max_size=30))
def test_any_text_makes_a_column_that_the_catalogue_takes(pieces: list[str]) -> None:
    for column in table_columns((Field("x", "".join(pieces)), Field("y", " ".join(pieces)))):
        assert column["dataType"] in {*TYPES.values(), "UNKNOWN"}
        assert column["dataType"] != "ARRAY" or column["arrayDataType"] in {*TYPES.values(), "UNKNOWN"}
        assert column["dataType"] != "STRUCT" or isinstance(column["children"], list)
        assert column["dataType"] not in WITH_LENGTH or column["dataLength"] >= 1
        assert column.get("scale", 0) <= column.get("precision", 0)
    for field in message_fields((Field("x", "".join(pieces)),)):
        assert field["dataType"] in {*MESSAGE_TYPES.values(), "UNKNOWN"}


def test_endless_nesting_ends() -> None:
    field = Field("leaf", "int")
    for _ in range(100):
        field = Field("x", "struct", fields=(field,))
    deep, depth = table_columns((field,)), 0
    while deep:
        deep, depth = deep[0]["children"], depth + 1
    assert 10 < depth < 30


def test_only_what_is_missing_is_appended() -> None:
    stored = table_columns((Field("ID", "int"), Field("who", "struct<a:int>"), Field("changed", "string")))
    wanted = table_columns((Field("new", "text"), Field("id", "int"), Field("who", "struct<a:int,b:text>")))
    wanted += table_columns((Field("changed", "struct<x:int>"),))
    assert additions(stored, wanted, "/columns") == [
        {"op": "add", "path": "/columns/-", "value": {"name": "new", "dataType": "TEXT", "dataTypeDisplay": "text"}},
        {"op": "test", "path": "/columns/1/name", "value": "who"},
        {
            "op": "add",
            "path": "/columns/1/children/-",
            "value": {"name": "b", "dataType": "TEXT", "dataTypeDisplay": "text"},
        },
    ]
    assert additions(stored, stored, "/columns") == []
    assert additions([], stored, "/columns") == [{"op": "add", "path": "/columns", "value": stored}]
    assert additions([], [], "/columns") == []

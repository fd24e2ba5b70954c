"""Tables from producers' type names to OpenMetadata's data types: one for columns, one for fields of messages.

The names are those of databases, engines, file formats and libraries, in lower case; the data types are those that
every supported version knows. Where OpenMetadata's connectors have a type for a name, theirs is used, so that ingesting
a table later changes nothing.
"""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = "UNKNOWN"
ARRAY: Final = "ARRAY"
MAP: Final = "MAP"
STRUCT: Final = "STRUCT"
UNION: Final = "UNION"

_WORDS: Final = {
    "TINYINT": ("tinyint", "int1", "byte"),
    "SMALLINT": ("smallint", "int2", "int16", "short", "smallserial", "serial2", "uint8", "unsignedbyte"),
    "INT": (
        "int", "integer", "int4", "int24", "int32", "mediumint", "serial", "serial4", "uint", "uint16",
        "binary_integer", "signed",
    ),
    "BIGINT": (
        "bigint", "int8", "int64", "int128", "int256", "bigserial", "serial8", "hugeint", "biginteger", "uint32",
        "uint64", "uint128", "uint256", "unsigned",
    ),
    "LONG": ("long",),
    "BYTEINT": ("byteint",),
    "LARGEINT": ("largeint",),
    "NUMBER": ("number", "smallmoney", "rowversion"),
    "NUMERIC": ("numeric", "bignumeric", "varnumeric"),
    "DECIMAL": (
        "decimal", "dec", "bigdecimal", "decimal32", "decimal64", "decimal128", "decimal256", "variablescaledecimal",
    ),
    "MONEY": ("money",),
    "FLOAT": ("float", "float4", "float16", "float32", "real", "half", "halffloat", "binary_float"),
    "DOUBLE": ("double", "double precision", "double_precision", "float8", "float64", "binary_double", "decfloat"),
    "BOOLEAN": ("boolean", "bool", "logical"),
    "BIT": ("bit", "bit varying", "varbit"),
    "STRING": ("string", "str", "utf8", "large_string", "largestring", "unicode", "keyword", "zonedstring"),
    "TEXT": ("text", "tinytext", "longtext", "citext", "name"),
    "MEDIUMTEXT": ("mediumtext",),
    "NTEXT": ("ntext",),
    "CLOB": ("clob", "nclob", "dbclob", "character large object", "char large object"),
    "CHAR": (
        "char", "character", "bpchar", "nchar", "national char", "national character", "graphic", "fixedstring",
        "fixedchar",
    ),
    "VARCHAR": (
        "varchar", "varchar2", "nvarchar", "nvarchar2", "character varying", "char varying", "long varchar",
        "longvarchar", "national character varying", "national char varying", "national varchar", "vargraphic",
        "sysname",
    ),
    "BINARY": ("binary", "raw", "long raw", "bfile", "fixed_size_binary"),
    "VARBINARY": ("varbinary", "binary varying", "varbyte", "long varbinary"),
    "BYTES": ("bytes", "bytearray", "large_binary", "largebinary", "bytebuffer"),
    "BYTEA": ("bytea",),
    "BLOB": ("blob", "tinyblob", "binary large object"),
    "MEDIUMBLOB": ("mediumblob",),
    "LONGBLOB": ("longblob",),
    "IMAGE": ("image",),
    "DATE": ("date", "date32", "date64", "localdate"),
    "TIME": (
        "time", "timetz", "time with time zone", "time without time zone", "time32", "time64", "microtime", "nanotime",
        "zonedtime", "localtime", "time-millis", "time-micros", "time_ntz",
    ),
    "DATETIME": ("datetime", "datetime2", "datetimeoffset", "smalldatetime", "datetime64", "seconddate"),
    # Connectors distinguish timestamps with and without zone only by the text that they show.
    "TIMESTAMP": (
        "timestamp", "timestamptz", "timestamp without time zone", "timestamp with time zone",
        "timestamp with local time zone", "timestamp_ntz", "timestamp_ltz", "timestamp_tz", "timestampntz",
        "timestampltz", "timestamp_s", "timestamp_ms", "timestamp_ns", "microtimestamp", "nanotimestamp",
        "zonedtimestamp", "timestamp-millis", "timestamp-micros", "timestamp-nanos", "local-timestamp-millis",
        "local-timestamp-micros", "localdatetime", "offsetdatetime", "zoneddatetime", "instant", "timestmp",
    ),
    "INTERVAL": (
        "interval", "interval day to second", "interval year to month", "duration", "timedelta64", "timedelta",
        "calendarinterval", "daytimeinterval", "yearmonthinterval", "microduration",
    ),
    "YEAR": ("year",),
    "DATETIMERANGE": ("tsrange", "tstzrange", "daterange"),
    "JSON": ("json", "jsonb", "variant", "object", "document", "bson", "geojson"),
    "XML": ("xml", "xmltype"),
    "UUID": ("uuid", "uniqueidentifier", "guid"),
    "ENUM": ("enum", "enum8", "enum16", "category", "categorical"),
    "SET": ("set",),
    "FIXED": ("fixed",),
    "NULL": ("null", "void", "nonetype", "nulltype"),
    "GEOGRAPHY": ("geography",),
    "GEOMETRY": (
        "geometry", "point", "polygon", "linestring", "multipoint", "multipolygon", "multilinestring",
        "geometrycollection", "box", "circle", "line", "lseg", "path", "sdo_geometry", "st_geometry",
    ),
    "CIDR": ("cidr",),
    "INET": ("inet", "ipaddress"),
    "IPV4": ("ipv4",),
    "IPV6": ("ipv6",),
    "MACADDR": ("macaddr", "macaddr8"),
    "PG_LSN": ("pg_lsn",),
    "PG_SNAPSHOT": ("pg_snapshot",),
    "TXID_SNAPSHOT": ("txid_snapshot",),
    "TSVECTOR": ("tsvector",),
    "TSQUERY": ("tsquery",),
    "ROWID": ("rowid", "urowid"),
    "SUPER": ("super",),
    "HLLSKETCH": ("hllsketch",),
    "HLL": ("hll", "hyperloglog"),
    "VARIANT": ("sql_variant",),
    "BITMAP": ("bitmap",),
    "QUANTILE_STATE": ("quantile_state",),
    "AGG_STATE": ("agg_state",),
    "AGGREGATEFUNCTION": ("aggregatefunction", "simpleaggregatefunction"),
    "LOWCARDINALITY": ("lowcardinality",),
    ARRAY: ("array", "list", "large_list", "largelist", "fixed_size_list", "multiset", "setof"),
    MAP: ("map", "hstore", "dict"),
    STRUCT: ("struct", "row", "record", "tuple", "nested"),
    UNION: ("union", "uniontype"),
}  # fmt: skip
#: OpenMetadata's type of a column by the producer's name of the type.
TYPES: Final = {word: data_type for data_type, words in _WORDS.items() for word in words}
#: Types that the server refuses without a length; connectors send 1 where the source has none.
WITH_LENGTH: Final = frozenset({"CHAR", "VARCHAR", "BINARY", "VARBINARY"})
#: Types whose arguments are precision and scale.
WITH_PRECISION: Final = frozenset({"NUMBER", "NUMERIC", "DECIMAL"})

_MESSAGE_WORDS: Final = {
    "INT": "TINYINT SMALLINT INT BYTEINT UINT YEAR",
    "LONG": "BIGINT LONG LARGEINT",
    "FLOAT": "FLOAT",
    "DOUBLE": "DOUBLE NUMBER NUMERIC DECIMAL MONEY",
    "BOOLEAN": "BOOLEAN",
    "STRING": "STRING TEXT MEDIUMTEXT NTEXT CLOB CHAR VARCHAR JSON XML UUID INTERVAL CIDR INET IPV4 IPV6 MACADDR",
    "BYTES": "BIT BINARY VARBINARY BYTES BYTEA BLOB MEDIUMBLOB LONGBLOB IMAGE",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMESTAMP": "DATETIME TIMESTAMP",
    "ENUM": "ENUM",
    "FIXED": "FIXED",
    "NULL": "NULL",
    "ARRAY": "ARRAY SET",
    "MAP": "MAP",
    "RECORD": "STRUCT",
    "UNION": "UNION",
}
#: Type of a message's field by the type of a column; all others are ``UNKNOWN``.
MESSAGE_TYPES: Final = {
    column: message for message, columns in _MESSAGE_WORDS.items() for column in columns.split()
}  # fmt: skip

"""Credentials in names and texts are found by their form; what only looks a little like one stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.openlineage.sanitize import mask_credentials, without_credentials

LAWS = settings(max_examples=500, deadline=None, derandomize=True, database=None)
PIECES = [
    "://",
    "u:p@",
    "@",
    ":",
    "/",
    "?",
    "&",
    ";",
    "=",
    "password",
    "token",
    "sig=",
    "'",
    '"',
    " ",
    "***",
    "x",
    "eyJ",
    ".",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("postgres://etl:p4ss@db:5432", "postgres://db:5432"),
        ("postgres://etl:p/4@ss@db:5432/x", "postgres://db:5432/x"),
        ("postgres://etl:12345@db:5432", "postgres://db:5432"),
        ("redis://:p4ss@cache", "redis://cache"),
        ("mongodb://etl:p4ss@h1:1,h2:2/db", "mongodb://h1:1,h2:2/db"),
        ("https://token@git.example.com/r", "https://git.example.com/r"),
        ("https://etl:p4ss@git.example.com/r", "https://git.example.com/r"),
        ("jdbc:postgresql://h/db?user=a&password=b&ssl=true", "jdbc:postgresql://h/db?user=a&ssl=true"),
        ("jdbc:postgresql://h/db?password=b&ssl=true", "jdbc:postgresql://h/db?ssl=true"),
        ("jdbc:postgresql://h/db?password=b", "jdbc:postgresql://h/db"),
        ("jdbc:sqlserver://h;user=sa;Password={a;b};encrypt=true", "jdbc:sqlserver://h;user=sa;encrypt=true"),
        ("jdbc:oracle:thin:scott/tiger@//h:1521/x", "jdbc:oracle:thin:@//h:1521/x"),
        ("k.csv?X-Amz-Signature=abc&versionId=1", "k.csv?versionId=1"),
        ("k.csv?sv=2020&sig=a%2Fb", "k.csv?sv=2020"),
        ("load --password=x --date 1", "load --password=*** --date 1"),
        ("load --api-token x", "load --api-token ***"),
        ("call eyJhbGciOiJI.eyJzdWIiOiJ4.sig-1", "call ***"),
    ],
)
def test_a_name_loses_its_credentials(name: str, kept: str) -> None:
    assert without_credentials(name) == kept


@pytest.mark.parametrize(
    "name",
    [
        *("s3://connection@bucket", "abfss://container@account.dfs.core.windows.net", "kafka://b1:9092,b2:9092"),
        *("postgres://db:5432/schema@branch", "postgres://[::1]:5432/a@b", "user@example.com", "orders@v2"),
        *("s3://b/t/token=abc/dt=2024-01-01", "db.public.user_tokens", "password_resets", "a?b=c", "events$secret"),
    ],
)
def test_other_names_stay_as_they_are(name: str) -> None:
    assert without_credentials(name) == name


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("no route to postgres://etl:p4ss@db/x", "no route to postgres://etl:***@db/x"),
        ("clone https://ghp_x@github.com/o/r", "clone https://***@github.com/o/r"),
        ("password=x, user=u", "password=***, user=u"),
        ('{"password": "x\\"y", "b": 1}', '{"password": "***", "b": 1}'),
        ("client_secret='x y' z", "client_secret='***' z"),
        ("CREATE USER u PASSWORD 'x''y' z", "CREATE USER u PASSWORD '***' z"),
        ("ALTER USER u IDENTIFIED BY 'x'", "ALTER USER u IDENTIFIED BY '***'"),
        ("aws_secret_access_key=AK/x+y", "aws_secret_access_key=***"),
        ("Authorization: Bearer abcdefgh.1234", "Authorization: Bearer ***"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----.", "***."),
        ("OPTIONS (url 'jdbc:x://h/d?password=b')", "OPTIONS (url 'jdbc:x://h/d?password=***')"),
    ],
)
def test_a_text_shows_that_there_was_a_credential(text: str, left: str) -> None:
    assert mask_credentials(text) == left
    assert mask_credentials(left) == left


def test_a_heading_is_no_credential_but_in_an_error_message_it_is() -> None:
    text = "Password: hunter2"
    assert (mask_credentials(text), mask_credentials(text, message=True)) == (text, "Password: ***")


def test_a_comparison_in_sql_is_no_credential_but_a_literal_is() -> None:
    assert mask_credentials("a.token = b.token and token = 'x'", code=True) == "a.token = b.token and token = '***'"


@LAWS
@given(TEXTS)
def test_what_is_concealed_stays_as_it_is(text: str) -> None:
    for options in ({}, {"code": True}, {"message": True}):
        once = mask_credentials(text, **options)
        assert mask_credentials(once, **options) == once
    name = without_credentials(text)
    assert without_credentials(name) == name


@pytest.mark.parametrize(
    "piece", [*PIECES, "://a:b", "password '", "?password", "token ", "bearer aaaaaaaa", "thin:a/"]
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    assert len(without_credentials(text)) <= 2 * len(text)
    assert len(mask_credentials(text, message=True)) <= 2 * len(text)

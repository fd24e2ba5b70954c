"""Error responses become values: the message, and why the request was refused."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueError, RefusalReason
from openmetadata_ol_provider.openmetadata.client.error_body import ErrorBody, read_error
from openmetadata_ol_provider.openmetadata.client.transport import Response


def response(status: int, body: object, reason: str = "") -> Response:
    return Response(status, {"Content-Type": "application/json"}, json.dumps(body).encode(), reason)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, {"responseMessage": "Expired token!"}, RefusalReason.TOKEN_EXPIRED),
        (401, {"message": "Token not present"}, RefusalReason.TOKEN_NOT_RECEIVED),
        (401, {"message": "it does not match the current bot's token"}, RefusalReason.TOKEN_REPLACED),
        (401, {"message": "Invalid token."}, None),
        (403, {"message": "operations [EditAll] not allowed"}, RefusalReason.PERMISSION_MISSING),
        (403, {"message": "operation EditAll denied by role R, policy P, rule X"}, RefusalReason.PERMISSION_DENIED),
        (403, {"message": "does not belong to domain Sales"}, RefusalReason.OTHER_DOMAIN),
        (403, {"message": "Forbidden"}, None),
        (429, {"errorType": "LIMITS_EXCEPTION", "message": "no more assets"}, RefusalReason.PLAN_LIMIT),
        (429, {"message": "slow down"}, None),
        (400, {"message": "Invalid task name t1"}, RefusalReason.UNKNOWN_TASK),
        (400, {"message": "Expired token!"}, None),
        (400, ["no object"], None),
    ],
)
def test_the_reason_of_a_refusal_is_read_from_the_body(status: int, body: Any, expected: RefusalReason | None) -> None:
    assert read_error(response(status, body)).reason is expected


def test_a_missing_permission_has_its_principal_and_operations() -> None:
    message = "Principal: CatalogPrincipal{name='ol-bot'} operations [EditTags, EditOwners] not allowed"
    assert read_error(response(403, {"message": message})) == ErrorBody(
        message, RefusalReason.PERMISSION_MISSING, "ol-bot", ("EditTags", "EditOwners")
    )


@pytest.mark.parametrize(("reason", "expected"), [("Bad Gateway", "Bad Gateway"), ("", "no message")])
def test_without_a_message_the_reason_phrase_counts(reason: str, expected: str) -> None:
    assert read_error(Response(502, {}, b"<html>", reason)) == ErrorBody(expected)


def test_status_and_reason_survive_the_way_between_processes() -> None:
    error = CatalogueAuthError("forbidden", 403, RefusalReason.OTHER_DOMAIN)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert isinstance(copy, CatalogueError)
    assert (type(copy), str(copy), copy.status, copy.reason) == (
        CatalogueAuthError, "forbidden", 403, RefusalReason.OTHER_DOMAIN,
    )  # fmt: skip

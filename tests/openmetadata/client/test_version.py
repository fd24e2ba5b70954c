"""Server versions: read once, compared by number, and refused if there is no OpenMetadata."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.exceptions import (
    CatalogueRequestError,
)
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.version import Version
from tests.openmetadata.client.support import Web, answering


def test_the_version_is_asked_for_once(client: OpenMetadataClient) -> None:
    version = client.version
    assert version.at_least(1, 12, 0)
    assert not client.version.at_least(2, 0)
    assert client.calls == {"GET": 1}


def test_versions_compare_by_number() -> None:
    assert Version((1, 10, 0)).at_least(1, 9)
    assert not Version((1, 9, 17)).at_least(1, 10)


def test_json_that_is_no_version_is_not_an_api(web: Web) -> None:
    url = web(answering(body=b'{"hello": 1}'))
    with OpenMetadataClient(url) as client, pytest.raises(CatalogueRequestError, match="not an OpenMetadata API"):
        _ = client.version

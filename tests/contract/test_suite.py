"""Run last: the bodies that all other tests made us send fit OpenMetadata's own models too."""

from __future__ import annotations

from tests.contract import routes
from tests.contract.conftest import opened
from tests.contract.releases import release_for
from tests.contract.seen import seen


def test_what_all_other_tests_made_us_send_fits_the_models() -> None:
    found = []
    for version, bodies in seen().items():
        with opened(release_for(version)) as models:
            found += [f"to {'.'.join(map(str, version))}: {text}" for text in routes.complaints(models, bodies)]
    assert found == []

"""Run last: the bodies that all other tests made us send fit OpenMetadata's own models too.

Where several processes run the tests, each knows its own only: then this one is run again, alone, when all have ended.
"""

from __future__ import annotations

import pytest

from tests.contract import routes
from tests.contract.conftest import opened
from tests.contract.releases import release_for
from tests.contract.seen import FOLDER, seen
from tests.dealing import is_one_of_several


@pytest.mark.timeout(1800)
def test_what_all_other_tests_made_us_send_fits_the_models() -> None:
    if is_one_of_several():
        pytest.skip(f"with -n, run it when all have ended, as make test does: {FOLDER}=FOLDER for both")
    found = []
    for version, bodies in seen().items():
        with opened(release_for(version)) as models:
            found += [f"to {'.'.join(map(str, version))}: {text}" for text in routes.complaints(models, bodies)]
    assert found == []

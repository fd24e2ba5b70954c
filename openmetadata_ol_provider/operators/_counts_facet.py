"""The OpenLineage run facet with the counts of a task; imported only where an event is made: that takes time."""

from __future__ import annotations

from importlib.metadata import version

import attr
from openlineage.client.facet_v2 import RunFacet  # noqa: TID253 - see above

_REPOSITORY = "openmetadata-ol-provider/openmetadata-ol-provider"
#: Key of the facet in events.
KEY = "openmetadataOl_counts"


@attr.define
class OpenMetadataOlCountsRunFacet(RunFacet):
    """Counts of a task of this package.

    :param events: number of events read
    :param runs: number of runs that these are of
    :param deadLetters: number of messages that are not events
    :param parked: number of items that wait until the catalogue can take them
    :param problems: number of problems reported
    :param dryRun: whether nothing was written
    :param outcomes: kind of thing -> outcome -> number
    """

    events: int | None = None
    runs: int | None = None
    deadLetters: int | None = None  # noqa: N815 - OpenLineage's spelling
    parked: int | None = None
    problems: int | None = None
    dryRun: bool | None = None  # noqa: N815
    outcomes: dict[str, dict[str, int]] | None = None

    @staticmethod
    def _get_schema() -> str:
        path = "docs/schemas/1-0-0/OpenMetadataOlCountsRunFacet.json#/$defs/OpenMetadataOlCountsRunFacet"
        return f"https://raw.githubusercontent.com/{_REPOSITORY}/main/{path}"


def producer() -> str:
    """Return the URL by which events name this package."""
    return f"https://github.com/{_REPOSITORY}/tree/v{version('openmetadata-ol-provider')}"

"""A history that tests carry from one publication to the next, as a task does."""

from __future__ import annotations

import datetime as dt
from typing import Any

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.history import History
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Ledger
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parking
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.state.store import apply


class KeptHistory:
    """Publishes with the history of the publications before, and keeps it for those that follow.

    :param cache: what the task has read and written itself
    """

    def __init__(self, cache: SessionCache | None = None) -> None:
        self.value = History()
        self._cache = cache

    @property
    def ledger(self) -> Ledger:
        return self.value.ledger

    @property
    def parking(self) -> Parking:
        return self.value.parking

    @property
    def all_due_at(self) -> float:
        """A time at which everything parked is due, in seconds since 1970."""
        now = dt.datetime.now(dt.timezone.utc).timestamp()
        return max([now, *(item.next_try + 1 for item in self.parking.items.values())])

    def replace(self, **parts: Any) -> None:
        """Put other parts in place of those that are kept."""
        self.value = self.value._replace(**parts)

    def publish(self, plan: LineagePlan, client: OpenMetadataClient, config: Config, **options: Any) -> PublishReport:
        publication = publish_plan(plan, client, config, self.value, cache=self._cache, **options)
        self.value = apply(self.value, publication)
        return publication.report

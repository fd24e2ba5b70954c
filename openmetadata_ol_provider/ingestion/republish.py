"""Repairs the catalogue after two tasks published with the same state at once: two DAG runs, or a task and its retry.

The checkpoint lets only one of them continue, but the other has written to the catalogue as well, and some of its calls
may have arrived after newer ones. So the task that notices the other publishes everything that the state remembers
once more. That invalidates the ledger too, which ends the other's claim: if it is still at work, it does the same at
its end.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from openmetadata_ol_provider.ingestion.error_report import error_line
from openmetadata_ol_provider.lineage.translate import plan_from_state

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.state.store import StateStore

log = logging.getLogger(__name__)

#: Most times that the state is published while others continue to move it.
_MOST_TIMES = 5


def republish(store: StateStore, client: OpenMetadataClient, config: Config) -> None:
    """Publish what the state remembers; a failure is only a warning, because the task has an outcome of its own."""
    from openmetadata_ol_provider.openmetadata.publishing.core.history import History
    from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan

    log.warning("another task has published with the state %r at the same time: publishing it again", store.state_key)
    try:
        store.invalidate_ledger()
        for _ in range(_MOST_TIMES):
            stored = store.read_state()
            history = History(usage=stored.usage, interrupted=True)
            publish_plan(plan_from_state(stored.runs, config), client, config, history)
            store.invalidate_ledger()
            if store.read_checkpoint() == stored.checkpoint:
                return
    except Exception as error:  # noqa: BLE001 - nor must it hide the error that the task ends with
        what = error_line(error)
        log.warning("what the other task has published may be overwritten until its jobs run again: %s", what)

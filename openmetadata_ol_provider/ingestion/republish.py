"""What is put right after two tasks have published with one state at once: two DAG runs, or a task and its retry.

The checkpoint lets only one of them go on, but the other has written to the catalogue as well, and some of its calls
may have come after those that say what is true since. So whoever notices the other (it was refused, or the ledger is
not its own any more) publishes once more what the state remembers. That doubts the ledger, too, so that one that is
still at work does the same at its end.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from openmetadata_ol_provider.exceptions import OpenLineageProviderError
from openmetadata_ol_provider.lineage.translate import plan_from_state
from openmetadata_ol_provider.state.checkpoint import read_checkpoint, read_state
from openmetadata_ol_provider.state.publication import doubt_ledger

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

log = logging.getLogger(__name__)

#: How often it is published while others go on.
_MOST_TIMES = 5


def republish(state_key: str, client: OpenMetadataClient, config: Config) -> None:
    """Publish what is remembered; what goes wrong with that is a warning, the task has its own outcome."""
    from openmetadata_ol_provider.openmetadata.publishing.core.carry_over import CarryOver
    from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan

    log.warning("another task has published with the state %r at the same time: it is published once more", state_key)
    doubt_ledger(state_key)
    try:
        for _ in range(_MOST_TIMES):
            stored = read_state(state_key)
            memory = CarryOver(usage=dict(stored.usage), interrupted=True)
            publish_plan(plan_from_state(stored.runs, config), client, config, memory=memory)
            doubt_ledger(state_key)
            if read_checkpoint(state_key) == stored.checkpoint:
                return
    except OpenLineageProviderError as error:
        log.warning("what the other task has published may be overwritten until its jobs run again: %s", error)

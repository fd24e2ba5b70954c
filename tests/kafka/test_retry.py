"""A broker that is only getting ready is asked again: the first use of a group makes its coordinator."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import KafkaError

OFFSET_COMMIT, OFFSET_FETCH = 8, 9


@pytest.mark.parametrize("code", ["NOT_COORDINATOR", "COORDINATOR_NOT_AVAILABLE"])
def test_a_coordinator_that_is_being_made_is_waited_for(hook: Any, broker: Any, produce: Any, code: str) -> None:
    from confluent_kafka import KafkaError as Code

    produce("single", 0, b"a", b"b")
    broker.push_errors(OFFSET_FETCH, *[getattr(Code, code)] * 3)
    assert hook.backlog(["single"], {}).events == 2
    broker.push_errors(OFFSET_COMMIT, *[getattr(Code, code)] * 3)
    hook.commit({"single": {0: 1}})
    assert hook.backlog(["single"], {}).events == 1


def test_what_does_not_pass_is_not_waited_for(hook: Any, broker: Any, produce: Any) -> None:
    from confluent_kafka import KafkaError as Code

    produce("single", 0, b"a")
    broker.push_errors(OFFSET_FETCH, *[Code.UNKNOWN] * 5)
    with pytest.raises(KafkaError, match="cannot read the committed offsets of group"):
        hook.backlog(["single"], {})

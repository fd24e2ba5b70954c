"""The fixtures of the Kafka tests, for the tests of ingestion."""

from __future__ import annotations

from tests.ingestion.dead_letter_support import bury  # noqa: F401 - a fixture
from tests.kafka.fixtures import broker, clean_variables, connect, dead_port, hook, produce  # noqa: F401 - fixtures

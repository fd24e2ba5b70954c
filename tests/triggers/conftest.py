"""The fixtures of the Kafka tests, for the tests of triggers."""

from __future__ import annotations

from tests.kafka.fixtures import broker, clean_variables, connect, dead_port, hook, produce  # noqa: F401 - fixtures

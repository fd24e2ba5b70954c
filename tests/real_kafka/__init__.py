"""Promises that only a real Apache Kafka can prove: ``make test-kafka``. Needs Java 17 and Maven."""

"""Tests of Kafka access."""

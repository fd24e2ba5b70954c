"""Kafka as this package uses it: offsets, bounded reading, dead letters; no consumer group is ever joined."""

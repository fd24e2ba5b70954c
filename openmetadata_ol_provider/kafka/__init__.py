"""Kafka access: offsets and backlogs, bounded reading, dead letters. No consumer group is ever joined."""

"""Faults on a real Kafka: tasks are killed, brokers restarted, connections cut, state is lost; nothing else may be."""

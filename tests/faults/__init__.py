"""Faults on a real Apache Kafka: tasks are killed, brokers restarted, connections cut, state is lost; nothing may be."""

"""Faults on a real Apache Kafka: tasks killed, brokers restarted, connections cut, state lost; nothing else is lost."""

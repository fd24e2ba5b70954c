"""Decodes OpenLineage events and assembles runs from them, without Airflow, Kafka or HTTP."""

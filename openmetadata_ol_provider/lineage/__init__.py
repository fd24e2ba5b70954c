"""Derives lineage from events: dataset identities, edges, columns, jobs, the plan.

Imports neither Airflow nor Kafka nor HTTP.
"""

"""OpenLineage events as they arrive: decoding, facets, batches, runs. Imports neither Airflow nor Kafka nor HTTP."""

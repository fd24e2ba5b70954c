"""The catalogue: client, resolver, publisher. HTTP only; imports neither Airflow nor Kafka."""

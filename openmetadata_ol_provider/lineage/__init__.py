"""What the events mean: identity, edges, columns, jobs, the plan. Imports neither Airflow nor Kafka nor HTTP."""

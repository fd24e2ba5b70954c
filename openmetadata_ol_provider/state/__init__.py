"""State that is kept in Airflow Variables between tasks and DAG runs."""

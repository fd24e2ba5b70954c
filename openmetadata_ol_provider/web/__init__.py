"""The page in Airflow's web interface, and the JSON routes with the same content: they read, and never write.

Everything comes from Airflow's database. Neither Kafka nor OpenMetadata is asked.
"""

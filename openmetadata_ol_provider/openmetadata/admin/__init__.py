"""For administrators: the connection check and the registration of the pipeline service."""

"""The administrator's side: what a token may do, and registering the service."""

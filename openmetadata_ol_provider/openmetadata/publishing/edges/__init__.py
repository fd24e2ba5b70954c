"""Publishes edges between entities: merged with what is stored, and removed when they are no longer true."""

"""Turns a backlog of messages into published batches: consume, translate, publish, commit."""

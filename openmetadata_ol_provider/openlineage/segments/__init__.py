"""The stored form of what is remembered between batches: segments, each a state or what has changed in one."""

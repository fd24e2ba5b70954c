"""Receipts: what became of each run, in a bounded record that can be searched and may be lost."""

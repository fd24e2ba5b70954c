"""Shared by the publishing stages: context, executor, values, ledger, parking and report."""

"""Publish a plan: context, executor, values, ledger, parking and report that the stages share."""

"""What the stages of a publication share: context, executor, values, ledger, parking and report."""

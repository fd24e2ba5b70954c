"""What users of other systems report, row by row: what the plan says in each case."""

"""One publication of one plan, stage by stage, and what it hands on to the next."""

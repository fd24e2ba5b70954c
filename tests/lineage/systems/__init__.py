"""Dataset names, system by system."""

"""From the datasets of a plan to the entities of the catalogue that they are."""

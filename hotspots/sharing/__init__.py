"""What may be shared with whom: counts of named areas, what is withheld, what was released."""

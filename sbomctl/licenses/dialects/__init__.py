"""How each ecosystem writes licenses."""

"""Documents read back into a Bom."""

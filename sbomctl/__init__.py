"""One bill of materials for a whole embedded Linux product."""

__version__ = "0.1.0"

"""Document writers. To add one: a module here, a line below, a fixture folder.

Why own mappings and no SBOM library: the two libraries of the field need quadratic time;
they serve as oracles in the tests instead.
"""

from sbomctl.writers.base import WriteContext, Writer

WRITERS: tuple[Writer, ...] = ()

__all__ = ["WRITERS", "WriteContext", "Writer"]

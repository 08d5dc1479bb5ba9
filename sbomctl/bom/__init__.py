"""From inventories to the one bill of materials of a product.

Why one identity rule in one place: a package that several images contain, or that two
programs found, must become one component with several occurrences, however it was reached.
"""

from sbomctl.bom.build import build
from sbomctl.bom.curate import curate
from sbomctl.bom.merge import merge
from sbomctl.bom.scope import of_image, visible_only

__all__ = ["build", "curate", "merge", "of_image", "visible_only"]

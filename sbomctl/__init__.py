"""One bill of materials for a whole embedded Linux product.

The names below are the Python API; the command line calls the same functions. They are
loaded when first used, so that ``sbomctl --help`` answers at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sbomctl.api import (
        ScanOptions,
        check,
        load_policy,
        load_product,
        load_waivers,
        merge,
        read_bom,
        report,
        scan,
        visible_only,
        write,
        write_findings,
    )
    from sbomctl.errors import SbomctlError
    from sbomctl.model import Bom, Component, ImageSpec, Inventory, Package, Problem, Product, Role, State, Supplier

__version__ = "0.1.0"

_HOMES = {
    "sbomctl.api": (
        "ScanOptions", "check", "load_policy", "load_product", "load_waivers", "merge", "read_bom", "report",
        "scan", "visible_only", "write", "write_findings",
    ),
    "sbomctl.errors": ("SbomctlError",),
    "sbomctl.model": (
        "Bom", "Component", "ImageSpec", "Inventory", "Package", "Problem", "Product", "Role", "State", "Supplier",
    ),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Bom", "Component", "ImageSpec", "Inventory", "Package", "Problem", "Product", "Role", "SbomctlError",
    "ScanOptions", "State", "Supplier", "check", "load_policy", "load_product", "load_waivers", "merge", "read_bom",
    "report", "scan", "visible_only", "write", "write_findings",
]  # fmt: skip


def __getattr__(name: str) -> Any:  # noqa: ANN401 - each name has its own type
    if name not in _HOME_OF:
        raise AttributeError(f"module 'sbomctl' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)

"""``MODULE_LICENSE`` of Linux kernel modules (kernel documentation, "Linux kernel licensing rules")."""

from __future__ import annotations

from typing import ClassVar

from sbomctl.licenses.dialects._gnu import Bare
from sbomctl.licenses.dialects._names import Names
from sbomctl.licenses.dialects._plain import PlainDialect


class KernelDialect(PlainDialect):
    """Seven words for the module loader. They tell free from proprietary, not which version of the GPL holds."""

    name: ClassVar[str] = "kernel"
    about: ClassVar[str] = "MODULE_LICENSE of kernel modules"
    names: ClassVar[Names] = Names(scopes=("kernel",), bare=Bare.OPEN)

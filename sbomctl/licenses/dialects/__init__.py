"""How each ecosystem writes licenses: one module per dialect, one line in the table.

Why dialects and not one table of names: the same word means different licenses, or nothing certain,
depending on who writes it. ``GPL-2.0`` in an Alpine package is undecided, in Buildroot it is not;
``MIT`` is one text to SPDX and twenty to Fedora before it used SPDX.
"""

from __future__ import annotations

from sbomctl.licenses.base import Dialect
from sbomctl.licenses.dialects.alpine import AlpineDialect
from sbomctl.licenses.dialects.buildroot import BuildrootDialect
from sbomctl.licenses.dialects.cargo import CargoDialect
from sbomctl.licenses.dialects.composer import ComposerDialect
from sbomctl.licenses.dialects.debian import DebianDialect
from sbomctl.licenses.dialects.fedora import FedoraDialect
from sbomctl.licenses.dialects.kernel import KernelDialect
from sbomctl.licenses.dialects.maven import MavenDialect
from sbomctl.licenses.dialects.npm import NpmDialect
from sbomctl.licenses.dialects.openwrt import OpenwrtDialect
from sbomctl.licenses.dialects.python import PythonDialect
from sbomctl.licenses.dialects.spdx import SpdxDialect
from sbomctl.licenses.dialects.suse import SuseDialect
from sbomctl.licenses.dialects.yocto import YoctoDialect
from sbomctl.model import OsRelease

DIALECTS: tuple[Dialect, ...] = (
    AlpineDialect(),
    BuildrootDialect(),
    CargoDialect(),
    ComposerDialect(),
    DebianDialect(),
    FedoraDialect(),
    KernelDialect(),
    MavenDialect(),
    NpmDialect(),
    OpenwrtDialect(),
    PythonDialect(),
    SpdxDialect(),
    SuseDialect(),
    YoctoDialect(),
)
_BY_NAME = {dialect.name: dialect for dialect in DIALECTS}
_WRITERS = {
    "dpkg": "debian", "deb": "debian", "alpine": "alpine", "python": "python", "pypi": "python", "npm": "npm",
    "cargo": "cargo", "composer": "composer", "maven": "maven", "buildroot": "buildroot", "yocto": "yocto",
    "bitbake": "yocto", "kernel": "kernel",
}  # fmt: skip
"""Cataloger or purl type -> dialect, where the system around does not matter."""
_SUSE = frozenset(("suse", "opensuse", "sles", "sled", "sle-micro", "sl-micro", "opensuse-leap", "opensuse-tumbleweed"))
_FEDORA = frozenset(
    ("fedora", "rhel", "centos", "rocky", "almalinux", "ol", "eurolinux", "amzn", "mageia", "openmandriva", "photon",
     "mariner", "azurelinux", "openeuler", "anolis", "opencloudos", "tencentos", "rosa", "altlinux", "redhat")
)  # fmt: skip
_OPENWRT = frozenset(("openwrt", "lede", "immortalwrt"))


def dialect(name: str) -> Dialect:
    """The dialect with this name; raises ``KeyError``."""
    return _BY_NAME[name]


def resolve(writer: str, os: OsRelease | None) -> Dialect:
    """Who reads the strings of a cataloger (``found_by``) or of a purl type, on this system.

    Formats that several distributions share are decided by the distribution: an rpm of one that
    neither follows Fedora nor SUSE was built by Yocto, and so was an opkg outside OpenWrt. Who
    is not known writes SPDX.
    """
    kin = set() if os is None else {os.id, *os.id_like} - {"", "linux"}  # the ID of a system without one
    if writer == "rpm":
        return _BY_NAME["suse" if kin & _SUSE else "fedora" if kin & _FEDORA or not kin else "yocto"]
    if writer == "opkg":
        return _BY_NAME["openwrt" if kin & _OPENWRT else "yocto"]
    if writer == "apk":
        return _BY_NAME["openwrt" if kin & _OPENWRT else "alpine"]
    return _BY_NAME[_WRITERS.get(writer, "spdx")]

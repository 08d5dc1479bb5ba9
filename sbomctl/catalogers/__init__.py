"""Package catalogers. To add one: a module here, a line below, a fixture folder.

Why explicit tuples: the order is visible, grep finds it, and the type checker reads it.
"""

from sbomctl.catalogers.apk import ApkCataloger
from sbomctl.catalogers.base import Cataloger, EvidenceCataloger
from sbomctl.catalogers.binaries import BinariesCataloger
from sbomctl.catalogers.bootloader import BootloaderCataloger
from sbomctl.catalogers.chisel import ChiselCataloger
from sbomctl.catalogers.device_tree import DeviceTreeCataloger
from sbomctl.catalogers.dpkg import DpkgCataloger
from sbomctl.catalogers.elf_notes import ElfNotesCataloger
from sbomctl.catalogers.kernel import KernelCataloger
from sbomctl.catalogers.linux_firmware import LinuxFirmwareCataloger
from sbomctl.catalogers.npm import NpmCataloger
from sbomctl.catalogers.opkg import OpkgCataloger
from sbomctl.catalogers.os_release import OsReleaseCataloger
from sbomctl.catalogers.pkg_config import PkgConfigCataloger
from sbomctl.catalogers.python import PythonCataloger
from sbomctl.catalogers.rpm import RpmCataloger
from sbomctl.catalogers.snap import SnapCataloger
from sbomctl.catalogers.unified_kernel import UnifiedKernelCataloger
from sbomctl.catalogers.yocto_manifest import YoctoManifestCataloger

CATALOGERS: tuple[Cataloger, ...] = (
    OsReleaseCataloger(),
    DpkgCataloger(),
    ApkCataloger(),
    OpkgCataloger(),
    RpmCataloger(),
    SnapCataloger(),
    ChiselCataloger(),
    YoctoManifestCataloger(),
    PythonCataloger(),
    NpmCataloger(),
)

EVIDENCE_CATALOGERS: tuple[EvidenceCataloger, ...] = (
    ElfNotesCataloger(),
    UnifiedKernelCataloger(),
    KernelCataloger(),
    BootloaderCataloger(),
    BinariesCataloger(),
    PkgConfigCataloger(),
    LinuxFirmwareCataloger(),
    DeviceTreeCataloger(),
)
"""They see what no package owns, the surest first: a file that one accounts for is not shown to the next."""

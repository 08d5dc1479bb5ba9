"""Which kernel modules are packages of their own: each of the three reasons, alone."""

from __future__ import annotations

from elf_files import elf, module

from sbomctl.catalogers.base import Sighting
from sbomctl.catalogers.kernel import KernelCataloger
from sbomctl.model import Location

HEAD = "vermagic=6.1.0 SMP mod_unload aarch64\n"
MODULES = "lib/modules/6.1.0/"


def found(**modules: str) -> dict[str, tuple[str, ...]]:
    """Packages with their files; ``net`` stands for kernel/net.ko, ``extra_x`` for extra/x.ko."""
    kernel, seen = KernelCataloger(), []
    for name, words in sorted(modules.items()):
        folder, _, rest = name.rpartition("_")
        path = f"{MODULES}{folder or 'kernel'}/{rest}.ko"
        data = module(HEAD + words) if words else elf({".text": b"x"})
        seen.append(Sighting(Location("image", 0, path), len(data), kernel.read(path, data)))
    return {
        package.name: tuple(path.removeprefix(MODULES) for path in package.files) for package in kernel.catalog(seen)
    }


def test_what_the_kernel_marks_as_its_own_is_its_own():
    assert found(net="license=GPL\nintree=Y", can="license=GPL v2\nintree=Y") == {
        "linux": ("kernel/can.ko", "kernel/net.ko")
    }


def test_where_modules_of_others_are_installed():
    """In a kernel that marks none, as older ones do."""
    assert found(net="license=GPL", extra_x="license=GPL", updates_y="license=GPL") == {
        "linux": ("kernel/net.ko",), "x": ("extra/x.ko",), "y": ("updates/y.ko",)
    }  # fmt: skip


def test_what_the_mark_of_the_others_is_missing_on():
    assert found(net="license=GPL\nintree=Y", out="license=GPL") == {
        "linux": ("kernel/net.ko",),
        "out": ("kernel/out.ko",),
    }
    assert found(net="license=GPL", out="license=GPL") == {"linux": ("kernel/net.ko", "kernel/out.ko")}


def test_what_no_part_of_the_kernel_is_licensed_under():
    own = {"linux": ("kernel/net.ko",), "x": ("kernel/x.ko",)}
    assert found(net="license=GPL", x="license=Proprietary") == own
    assert found(net="license=GPL\nintree=Y", x="license=Proprietary\nintree=Y") == own
    assert found(net="license=GPL", x="version=1") == own, "nor without any"


def test_a_module_that_cannot_be_read_belongs_to_no_package():
    assert found(net="license=GPL", broken="") == {"linux": ("kernel/net.ko",)}

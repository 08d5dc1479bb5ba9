"""Bootloaders and what else runs before the kernel, told by their banners: files of boot and EFI partitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from sbomctl.catalogers._banners import Banner, packages_of, read_banners
from sbomctl.catalogers.base import Excerpt, Sighting
from sbomctl.model import Package

_NAMES = (
    "*.{efi,EFI,itb}", "u-boot*", "U-Boot*", "SPL*", "MLO*", "flash.bin", "imx-boot*", "tiboot3*", "tispl*", "barebox*",
    "boot.bin", "BOOT.BIN", "core.img", "start*.elf", "bootcode.bin", "bl31*", "tee*.bin", "fip*.bin", "idbloader*",
    "trust.img",
)  # fmt: skip
_PLACES = (
    "", "boot/**/", "partition-*/**/", "efi/**/", "EFI/**/", "lib/u-boot/**/", "lib/systemd/boot/efi/", "lib/grub/**/",
    "lib/shim/",
)  # fmt: skip


class BootloaderCataloger:
    """U-Boot, barebox, GRUB, systemd-boot, shim, Trusted Firmware-A, OP-TEE, the firmware of the Raspberry Pi."""

    name: ClassVar[str] = "bootloader"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "bootloaders that no package owns, by their banners"
    wants: ClassVar[Excerpt] = Excerpt(
        paths=tuple([place + name for place in _PLACES for name in _NAMES]),
        most=32 << 20,
    )

    def read(self, path: str, data: bytes) -> tuple[Banner, ...] | None:
        """What the file says that it is."""
        return read_banners(self.name, path, data) or None

    def catalog(self, seen: Sequence[Sighting]) -> Iterator[Package]:
        """Every bootloader, by name and version."""
        return packages_of(seen, self.name)

"""Which Linux a kernel image is: its banner, wherever the image keeps it.

x86 images name their release outside of the compressed part (kernel documentation, "The Linux/x86
Boot Protocol"), U-Boot's old images in their header. In all others the banner is in the
compressed kernel; the code in front of it holds the magic numbers too, so more than one place is tried.
"""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

from sbomctl.catalogers._unpacked import STREAMS, gunzipped, unpacked

# A banner in data that is still compressed is cut by copies; a whole one ends its first parenthesis.
_BANNER = re.compile(rb"Linux version (\d{1,2}\.\d{1,3}[!-~]{0,100}) \([!-~ ]{1,300}?\)[!-~ ]{0,400}")
_RELEASE = re.compile(rb"\d{1,2}\.\d{1,3}[!-~]{0,100}")
_UBOOT_NAME = re.compile(rb"Linux-(\d{1,2}\.\d{1,3}[!-~]{0,27})")
_CONFIG = re.compile(rb"^# Linux/\S{1,20} (\d{1,2}\.\d{1,3}\S{0,60}) Kernel Configuration", re.MULTILINE)
_MOST = 64 << 20  # bytes of a kernel
_TRIES = 12  # streams that are looked into
_ALL = 160 << 20  # bytes that come out of them
_LEAST = 1 << 16  # bytes that come out of one that can be a kernel
_IKCONFIG = b"IKCFG_ST"
_CONFIG_BYTES = 4 << 20


class Kernel(NamedTuple):
    """A kernel: ``uname -r``, the version of its source if it is told apart, the whole banner."""

    release: str
    source: str = ""
    banner: str = ""
    confidence: float = 0.95
    is_file_known: bool = True  # else the file only tells of the kernel by where it lies


def read_image(data: bytes) -> Kernel | None:
    """The kernel in an image of any kind; None where none shows."""
    return _boot_header(data) or _banner(data) or _packed(data) or _uboot_header(data)


def read_config(data: bytes) -> str:
    """The version of the source that a kernel configuration is for; "" = it says nothing."""
    found = _CONFIG.search(data[:1024])
    return found[1].decode() if found else ""


def _boot_header(data: bytes) -> Kernel | None:
    """The x86 boot protocol: ``HdrS`` at 0x202, the place of the version less 0x200 at 0x20e."""
    if data[0x202:0x206] != b"HdrS" or len(data) < 0x210:
        return None
    (at,) = struct.unpack_from("<H", data, 0x20E)
    text = data[at + 0x200 : at + 0x400].partition(b"\0")[0]
    found = _RELEASE.match(text)
    return Kernel(found[0].decode(), "", text.decode("utf-8", "replace")) if at and found else None


def _banner(data: bytes) -> Kernel | None:
    found = _BANNER.search(data)
    if not found:
        return None
    at = data.find(_IKCONFIG)
    source = ""
    if at >= 0:
        try:
            source = read_config(gunzipped(data[at + len(_IKCONFIG) :], _CONFIG_BYTES))
        except Exception:  # noqa: BLE001 - zlib's and struct's errors: then there is no configuration
            source = ""
    return Kernel(found[1].decode(), source, found[0].decode("utf-8", "replace").strip())


def _packed(data: bytes) -> Kernel | None:
    places = sorted({at for magic, _ in STREAMS for at in _places(data, magic)})
    left = _ALL
    for at in places[:_TRIES]:
        inner = unpacked(data[at:], min(_MOST, left))
        left -= len(inner)
        if len(inner) >= _LEAST and (found := _banner(inner)):
            return found
        if left <= 0:
            break
    return None


def _places(data: bytes, magic: bytes) -> list[int]:
    """The first few places of a magic number, of those where a stream of it can begin."""
    found: list[int] = []
    at = data.find(magic)
    while at >= 0 and len(found) < _TRIES:
        if magic != b"\x5d\0\0" or data[at + 5 : at + 13] == b"\xff" * 8 or data[at + 9 : at + 13] == b"\0" * 4:
            found.append(at)
        at = data.find(magic, at + 1)
    return found


def _uboot_header(data: bytes) -> Kernel | None:
    """``mkimage``'s name of the image: U-Boot's legacy format."""
    if data[:4] != b"\x27\x05\x19\x56":
        return None
    found = _UBOOT_NAME.search(data, 32, 64)
    return Kernel(found[1].decode(), confidence=0.8) if found else None

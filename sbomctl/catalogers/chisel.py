"""Debian packages cut into slices by Chisel (Chisel documentation, "Chisel manifest" and "jsonwall")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

import msgspec

from sbomctl.catalogers._ubuntu_packages import Listed, package_of, ubuntu_of
from sbomctl.catalogers.base import Wants
from sbomctl.catalogers.os_release import RELEASE_PATHS, read_os_release
from sbomctl.layers.view import View
from sbomctl.model import Package, Problem

_MANIFEST = "var/lib/chisel/manifest.wall"
_MOST = 256 << 20  # bytes, uncompressed
_STEP = 1 << 16
_ZSTD = b"\x28\xb5\x2f\xfd"


class _Line(msgspec.Struct, frozen=True):
    """One object of the manifest; which fields it has depends on its kind."""

    kind: str = ""
    name: str = ""
    version: str = ""
    arch: str = ""
    slice: str = ""
    path: str = ""


class _Manifest(NamedTuple):
    packages: tuple[Listed, ...]
    files: dict[str, tuple[str, ...]]  # by package
    fault: str = ""


class ChiselCataloger:
    """Packages of which slices were installed."""

    name: ClassVar[str] = "chisel"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "Debian packages in slices (Chisel's manifest.wall)"
    wants: ClassVar[Wants] = Wants((_MANIFEST, *RELEASE_PATHS))

    def catalog(self, view: View) -> Iterator[Package | Problem]:
        """Every package of the manifest with the paths of its slices, in the manifest's order."""
        file = view.open(_MANIFEST)
        if file is None:
            return
        manifest = file.once(_read)
        if manifest.fault:
            yield Problem(file.at(0), self.name, manifest.fault)
        origin = ubuntu_of(read_os_release(view), "")
        for listed in manifest.packages:
            yield package_of(listed, origin, file.at(0), self.name, manifest.files.get(listed.name, ()))


def _read(data: bytes) -> _Manifest:
    packages: list[Listed] = []
    files: dict[str, list[str]] = {}
    fault = ""
    try:
        decode = msgspec.json.Decoder(_Line).decode
        for text in _unpacked(data).splitlines():
            line = decode(text)
            if line.kind == "package" and line.name and line.version:
                packages.append(Listed(line.name, line.version, line.arch))
            elif line.kind == "content" and not line.path.endswith("/"):
                files.setdefault(line.slice.partition("_")[0], []).append(line.path.lstrip("/"))
    except (msgspec.MsgspecError, ValueError) as error:
        fault = f"is no manifest of Chisel: {error}"
    except Exception as error:  # noqa: BLE001 - the decompressor has error types of its own
        fault = f"is damaged: {error}"
    return _Manifest(tuple(packages), {name: tuple(paths) for name, paths in files.items()}, fault)


def _unpacked(data: bytes) -> bytes:
    """The text of a manifest, which Chisel compresses."""
    if not data.startswith(_ZSTD):
        return data
    try:
        from backports import zstd
    except ImportError:
        from compression import zstd  # type: ignore[import-not-found,no-redef,unused-ignore]
    decoder = zstd.ZstdDecompressor()
    out = bytearray(decoder.decompress(data, _STEP))
    while not decoder.eof and not decoder.needs_input:
        out += decoder.decompress(b"", _STEP)
        if len(out) > _MOST:
            raise ValueError(f"more than {_MOST:,} bytes")
    if not decoder.eof:
        raise ValueError("it ends early")
    return bytes(out)

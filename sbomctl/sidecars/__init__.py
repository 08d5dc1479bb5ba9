"""SBOMs and manifests that belong to an image. To add a kind: a module here, a line below, a test.

They are evidence of what was built, not of what is in the image: the engine reconciles both.
"""

from __future__ import annotations

import io
from pathlib import PurePath
from typing import BinaryIO, cast

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.model import MANIFEST
from sbomctl.sidecars.base import Sidecar, SidecarReader
from sbomctl.sidecars.buildroot_manifest import BuildrootManifest
from sbomctl.sidecars.documents import Documents
from sbomctl.sidecars.spdx3 import Spdx3
from sbomctl.sidecars.yocto_licenses import YoctoLicenses
from sbomctl.sidecars.yocto_packages import YoctoPackages
from sbomctl.sidecars.yocto_spdx import YoctoSpdx

SIDECARS: tuple[SidecarReader, ...] = (
    YoctoLicenses(),
    BuildrootManifest(),
    YoctoSpdx(),
    Spdx3(),
    Documents(),
    YoctoPackages(),
)
_HEAD = 4096
_MOST = 1 << 30  # bytes, uncompressed; SPDX 3 of an image has been seen with 260 MB
_HINT = "sbomctl plugins lists the kinds of SBOMs and manifests that belong to an image"


def read(path: str) -> Sidecar:
    """The sidecar at ``path``, compressed or not. Raises ``InputError`` that names it, without its folders."""
    from sbomctl.sources.host_file import open_regular
    from sbomctl.sources.stream import decompressed, sniff

    name = PurePath(path).name
    with open_regular(path, path) as raw:
        kind = sniff(raw.read(6))
        raw.seek(0)
        stored = cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", raw)))
        plain = decompressed(stored, kind)  # not every codec has a context; all are done with when the file is closed
        return _read(name, cast("BinaryIO", io.BufferedReader(_Bounded(plain, name))))


def dialect_of(found_by: str) -> str:
    """The dialect of the license strings of a sidecar, by who found them; "" where no sidecar did."""
    return _DIALECTS.get(found_by, "")


_DIALECTS = {MANIFEST + reader.name: reader.dialect for reader in SIDECARS}


def _read(name: str, file: BinaryIO) -> Sidecar:
    head = cast("io.BufferedReader", file).peek(_HEAD)
    for reader in SIDECARS:
        if reader.accepts(name, head):
            return reader.read(name, file)
    raise UnsupportedInput(f"{name} is no SBOM or manifest that sbomctl reads", _HINT)


class _Bounded(io.RawIOBase):
    """A stream that may not have more than so many bytes."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream, self._name, self._left = stream, name, _MOST

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills ``buffer`` but at the end, so that the first bytes can be looked at whatever pieces a codec gives."""
        done = 0
        while done < len(buffer) and (data := self._piece(len(buffer) - done)):
            buffer[done : done + len(data)] = data
            done += len(data)
        self._left -= done
        if self._left < 0:
            raise CorruptInput(f"{self._name} has more than {_MOST >> 20} MiB", "name a smaller document of the image")
        return done

    def _piece(self, size: int) -> bytes:
        try:
            return self._stream.read(min(size, 1 << 20))
        except Exception as error:  # each codec has error types of its own
            raise CorruptInput(f"{self._name} cannot be read: {error}", "copy the file again") from error

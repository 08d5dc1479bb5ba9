"""Firmware in ``lib/firmware``: of each file the license that ``WHENCE`` states, where that is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from sbomctl.catalogers._evidence import generic
from sbomctl.catalogers._whence import Entry, read_whence
from sbomctl.catalogers.base import Excerpt, Sighting
from sbomctl.model import LicenseFinding, Package

_BELOW = re.compile(r"(?:.*/)?lib/firmware/(?:updates/)?(.*?)(?:\.(?:xz|zst))?")
_WHENCE = "WHENCE*"
_STATED, _BY_PLACE = 0.9, 0.7
_NO_FIRMWARE = re.compile(
    r"(?:.*/)?(?:WHENCE[^/]*|(?:LICEN[CS]E|COPYING|README|Makefile|GPL)[^/]*|[^/]*\.(?:txt|md|sh|py))"
)


class LinuxFirmwareCataloger:
    """One package for what one driver has under one license; without ``WHENCE`` for each directory."""

    name: ClassVar[str] = "linux-firmware"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "firmware that no package owns, with its licenses if WHENCE is there"
    wants: ClassVar[Excerpt] = Excerpt(
        paths=("lib/firmware/" + _WHENCE, "usr/share/doc/*/" + _WHENCE, "usr/share/licenses/*/" + _WHENCE),
        most=4 << 20,
        names=("lib/firmware/**/*",),
    )

    def read(self, path: str, data: bytes) -> tuple[Entry, ...] | None:  # noqa: ARG002 - there is one kind of file
        """What ``WHENCE`` says."""
        return read_whence(data) or None

    def catalog(self, seen: Sequence[Sighting]) -> Iterator[Package]:
        """What ``WHENCE`` names, in its order; then the rest by directory."""
        left = {found[1]: one for one in seen if one.facts is None and (found := _firmware(one.path))}
        for said in seen:
            for entry in said.facts or ():
                files = [one for name in entry.files if (one := left.pop(name, None))]
                if files:
                    yield _stated(said, entry, files)
        groups: dict[str, list[Sighting]] = {}
        for name, one in sorted(left.items()):
            groups.setdefault(name.partition("/")[0], []).append(one)
        for name, files in groups.items():
            yield generic(f"firmware-{name}", "", files, self.name, _BY_PLACE)


def _firmware(path: str) -> re.Match[str] | None:
    return None if _NO_FIRMWARE.fullmatch(path) else _BELOW.fullmatch(path)


def _stated(said: Sighting, entry: Entry, files: Sequence[Sighting]) -> Package:
    driver = re.split(r"[\s:,;]", entry.driver, maxsplit=1)[0] or "unknown"
    place = msgspec.structs.replace(said.location, line=entry.line)
    licenses = [LicenseFinding(entry.license, place, LinuxFirmwareCataloger.name)] if entry.license else []
    package = generic(
        f"firmware-{driver}",
        entry.version,
        files,
        LinuxFirmwareCataloger.name,
        _STATED,
        licenses=licenses,
        description=entry.driver[:300],
    )
    beside = f"{said.path.rpartition('/')[0]}/{entry.text}"
    return msgspec.structs.replace(package, license_files=(beside,) if entry.text else ())

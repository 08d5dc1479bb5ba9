"""license.manifest and image_license.manifest of Yocto (oe-core, license_image.bbclass).

Records of ``KEY: value`` lines with an empty line after each: the packages of the root filesystem with
PACKAGE NAME, PACKAGE VERSION, RECIPE NAME and LICENSE; what is deployed beside it with RECIPE NAME,
VERSION, LICENSE and FILES. The version of a package is that of its recipe, without revision.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, ClassVar

from sbomctl.sidecars._text import bounded, lines_of, nothing_in
from sbomctl.sidecars.base import Fault, Listed, Sidecar

_FIRST = (b"PACKAGE NAME:", b"RECIPE NAME:")
_Record = dict[str, tuple[int, str]]


class YoctoLicenses:
    """The manifest with the license of every package."""

    name: ClassVar[str] = "yocto-licenses"
    about: ClassVar[str] = "license.manifest and image_license.manifest of Yocto"
    dialect: ClassVar[str] = "yocto"

    def accepts(self, name: str, head: bytes) -> bool:  # noqa: ARG002 - users rename it
        """By the key of its first record."""
        return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_FIRST)

    def read(self, name: str, file: BinaryIO) -> Sidecar:
        """See ``SidecarReader``."""
        sidecar = parse(name, file.read())
        if not sidecar.packages:
            raise nothing_in(name, "license manifest")
        return sidecar


def parse(name: str, data: bytes) -> Sidecar:
    """The packages of a manifest, in its order, and the records that cannot be read."""
    packages: list[Listed] = []
    faults: list[Fault] = []
    for line, record in _records(data, faults):
        listed = _listed(line, record)
        if listed is None:
            faults.append((line, "record without PACKAGE NAME and RECIPE NAME"))
        else:
            packages.append(listed)
    return Sidecar(name, YoctoLicenses.name, tuple(packages), faults=bounded(sorted(faults)))


def _records(data: bytes, faults: list[Fault]) -> Iterator[tuple[int, _Record]]:
    """Line of the first key, and the keys with their lines and values; a key that comes again starts a record."""
    record: _Record = {}
    start = 0
    for number, line in lines_of(data):
        key, colon, value = line.partition(":")
        if record and (not line or key in record):
            yield start, record
            record = {}
        if colon:
            start = start if record else number
            record[key.strip()] = (number, value.strip())
        elif line:
            faults.append((number, "a line that is no KEY: value"))
    if record:
        yield start, record


def _listed(line: int, record: _Record) -> Listed | None:
    recipe, (license_line, license_) = _value(record, "RECIPE NAME"), record.get("LICENSE", (0, ""))
    name = _value(record, "PACKAGE NAME") or recipe
    if not name:
        return None
    version = _value(record, "PACKAGE VERSION") or _value(record, "VERSION")
    return Listed(
        name=name,
        version=version,
        line=line,
        recipe=recipe,
        recipe_version=version,
        licenses=(license_,) if license_ else (),
        license_line=license_line,
        beside="PACKAGE NAME" not in record,
    )


def _value(record: _Record, key: str) -> str:
    return record.get(key, (0, ""))[1]

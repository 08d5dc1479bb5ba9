"""legal-info/manifest.csv and host-manifest.csv of Buildroot (Buildroot manual, "Complying with open source licenses").

A table read by its header: older releases have fewer columns. What host-manifest.csv lists ran on the build machine.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO, ClassVar

from sbomctl.errors import CorruptInput
from sbomctl.sidecars._text import HINT, bounded, nothing_in
from sbomctl.sidecars.base import Fault, Listed, Sidecar

_NEEDED = ("PACKAGE", "VERSION", "LICENSE")
_ABSENT = ("", "unknown", "not saved")  # what legal-info writes where it knows nothing
_SELF = "buildroot"  # the build system lists itself


class BuildrootManifest:
    """The table of target packages, or of those of the host."""

    name: ClassVar[str] = "buildroot"
    about: ClassVar[str] = "legal-info/manifest.csv and host-manifest.csv of Buildroot"
    dialect: ClassVar[str] = "buildroot"

    def accepts(self, name: str, head: bytes) -> bool:  # noqa: ARG002 - users rename it
        """By its header."""
        first = head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].upper()
        return {key.encode() for key in _NEEDED} <= {cell.strip(b' "\r') for cell in first.split(b",")}

    def read(self, name: str, file: BinaryIO) -> Sidecar:
        """See ``SidecarReader``."""
        faults: list[Fault] = []
        is_host = "host-manifest" in name
        packages, tools = [], 0
        try:
            for listed in _rows(name, file.read(), faults):
                if is_host or listed.name == _SELF:
                    tools += 1
                else:
                    packages.append(listed)
        except csv.Error as error:
            raise CorruptInput(f"{name} is no table of Buildroot: {error}", HINT) from error
        if not packages and not tools:
            raise nothing_in(name, "table of Buildroot")
        return Sidecar(name, self.name, tuple(packages), tools, bounded(faults))


def _rows(name: str, data: bytes, faults: list[Fault]) -> Iterator[Listed]:
    table = csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""))
    header = [cell.strip().upper() for cell in next(table, [])]
    if any(key not in header for key in _NEEDED):
        raise CorruptInput(f"{name}: the table has no columns {', '.join(_NEEDED)}", HINT)
    line = table.line_num + 1
    for row in table:
        cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
        if any("\n" in cell for cell in cells.values()):
            faults.append((line, "a cell of several lines: a quote is not closed, and the rows after it are not known"))
        if cells.get("PACKAGE") and "\n" not in cells["PACKAGE"]:
            yield _listed(line, cells)
        elif not cells.get("PACKAGE") and any(cells.values()):
            faults.append((line, "a row without PACKAGE"))
        line = table.line_num + 1


def _listed(line: int, cells: dict[str, str]) -> Listed:
    name, version, license_ = cells["PACKAGE"], cells.get("VERSION", ""), cells.get("LICENSE", "")
    version = "" if version in _ABSENT else version
    return Listed(
        name=name,
        version=version,
        line=line,
        licenses=(license_,) if license_ else (),
        license_line=line,
        download_url=_url(cells.get("SOURCE SITE", ""), cells.get("SOURCE ARCHIVE", "")),
    )


def _url(site: str, archive: str) -> str:
    """Where its source is fetched from: the archive below its site, where both are known and it is a download."""
    if site in _ABSENT or not site.startswith(("http://", "https://", "ftp://")):
        return ""
    return site if archive in _ABSENT else f"{site.rstrip('/')}/{archive}"

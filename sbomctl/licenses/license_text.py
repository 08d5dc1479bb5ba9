"""License texts, NOTICE files and everything else that is shipped to tell of licenses: what the words of it say."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import ClassVar

from sbomctl.licenses._decoded import decoded
from sbomctl.licenses.base import FileLicenses, Statement
from sbomctl.licenses.detected import detected
from sbomctl.licenses.unnamed import unnamed

_MOST = 16 << 20  # bytes that a compressed file may come to
_NAMES = ("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")
_SPELLINGS = ",".join(form for name in _NAMES for form in (name, name.capitalize(), name.lower()))
_PROMISES = re.compile(
    r"(?:un)?(?:licen[cs]e|copying|copyright)(?!.*\.(?:[cm]?[jt]sx?|py|c|h|cc|cpp|go|rs|java|rb|pl|pm|sh|json|jst|xml|css|ya?ml)\Z)",
    re.IGNORECASE,
)
"""Names that promise a license; source code that deals with licenses has such names too."""
_RAW = 200  # characters
_MANIFEST = b"PACKAGE NAME: "  # Yocto lists licenses of packages by this name; a cataloger reads that
_UNPACKED_AT = b"\x1f\x8b"


class LicenseText:
    """Whatever the name of a file promises to be about licenses."""

    name: ClassVar[str] = "license-text"
    version: ClassVar[int] = 2
    about: ClassVar[str] = "license texts, notices and the names of licenses in LICENSE, COPYING, NOTICE, … files"
    wants: ClassVar[tuple[str, ...]] = (
        f"**/{{{_SPELLINGS}}}*",
        "**/{MIT,BSD,APACHE,GPL,LGPL,MPL}-{LICENSE,License,LICENCE,license}*",
        "**/LICENSES/**/*",
        "usr/share/licenses/**/*",
        "usr/share/common-licenses/*",
        "usr/share/doc/*/copyright",
        "**/*.dist-info/licenses/**/*",
    )
    max_bytes: ClassVar[int] = 8 << 20  # the credits of a browser have 5 MB

    def read(self, path: str, data: bytes) -> FileLicenses | None:
        """Every statement of the file with its lines, and what they come to together as ``detected``.

        A license text is kept as it is there. An unknown one is a statement without an
        expression, and so is a whole license file in which nothing is known. A file that is
        no text gives a fault.
        """
        from sbomctl.licenses.copyrights import copyright_statements  # many patterns: made in the process that reads

        if data.startswith(_MANIFEST):
            return None
        plain = _unpacked(data) if data.startswith(_UNPACKED_AT) else data
        text = None if plain is None else decoded(plain)
        if text is None:
            return FileLicenses(faults=((1, "a file with the name of a license is no text"),))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        name = path.rpartition("/")[2]
        found = detected(text, name)
        lines = text.split("\n")
        seen = [(one.line, max(one.line, one.end_line)) for one in found.statements]
        unknown = [_unknown(lines, *place) for place in unnamed(lines, seen, whole=bool(_PROMISES.match(name)))]
        return FileLicenses(
            statements=tuple(sorted((*found.statements, *unknown), key=lambda one: (one.line, one.end_line))),
            detected=found.detected,
            copyrights=copyright_statements(text),
            notice=text if name.upper().startswith("NOTICE") else "",
        )


def _unknown(lines: Sequence[str], first: int, last: int) -> Statement:
    """The text of a license that is none of the known ones, as it is there."""
    text = "\n".join([*lines[first - 1 : last], ""])
    return Statement(" ".join(text.split())[:_RAW], line=first, end_line=last, coverage=0.0, text=text)


def _unpacked(data: bytes) -> bytes | None:
    """The content of a gzip file (RFC 1952) up to a bound; None when it is damaged or has more."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, _MOST)
    except zlib.error:
        return None
    return plain if unpacker.eof else None

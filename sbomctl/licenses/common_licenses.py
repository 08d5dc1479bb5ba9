"""References to the license texts that every Debian system has in ``/usr/share/common-licenses`` (Policy 12.5)."""

from __future__ import annotations

import re
from typing import NamedTuple

_REFERENCE = re.compile(
    r"/usr/share/\s?\s*+common-\s?\s*+licenses/\s?\s*+"
    r"(?:\{(?P<several>[A-Za-z0-9.,+ -]{1,80})\}|(?P<name>[A-Za-z][A-Za-z0-9]*(?:[.-][A-Za-z0-9]+)*))"
)


def _gnu(family: str, *versions: str) -> tuple[str, ...]:
    return tuple(f"{family}-{version}-{end}" for version in versions for end in ("only", "or-later"))


def _gfdl(version: str) -> tuple[str, ...]:
    kinds = ("", "-invariants", "-no-invariants")
    return tuple(f"GFDL-{version}{kind}-{end}" for kind in kinds for end in ("only", "or-later"))


_TEXTS: dict[str, tuple[str, ...]] = {
    "Apache-2.0": ("Apache-2.0",),
    "Artistic": ("Artistic-1.0-Perl",),  # the text of Perl, not the one that SPDX calls Artistic-1.0
    "BSD": ("BSD-3-Clause",),  # with the names of the University of California in it
    "CC0-1.0": ("CC0-1.0",),
    "GFDL-1.2": _gfdl("1.2"),
    "GFDL-1.3": _gfdl("1.3"),
    "GPL-1": _gnu("GPL", "1.0"),
    "GPL-2": _gnu("GPL", "2.0"),
    "GPL-3": _gnu("GPL", "3.0"),
    "LGPL-2": _gnu("LGPL", "2.0"),
    "LGPL-2.1": _gnu("LGPL", "2.1"),
    "LGPL-3": _gnu("LGPL", "3.0"),
    "MPL-1.1": ("MPL-1.1",),
    "MPL-2.0": ("MPL-2.0",),
}
_NEWEST = {  # links to the newest version, so that they say nothing about the version that was granted
    "GPL": _gnu("GPL", "1.0", "2.0", "3.0"),
    "LGPL": _gnu("LGPL", "2.0", "2.1", "3.0"),
    "GFDL": _gfdl("1.1") + _gfdl("1.2") + _gfdl("1.3"),
}


class CommonLicense(NamedTuple):
    """One reference to a file of the directory: where it stands, and what the referrer may be licensed under.

    ``candidates`` are SPDX expressions: one where the file is one license; several where the
    grant decides (``GPL-2`` is the text for "only" and for "or later"); all versions for a
    link to the newest one; none for a file that no Debian release has.
    """

    name: str  # of the file, "GPL-2"
    start: int  # offset in the text
    end: int
    candidates: tuple[str, ...]

    @property
    def decided(self) -> bool:
        """Whether the file alone says which license it is."""
        return len(self.candidates) == 1

    @property
    def version_is_open(self) -> bool:
        """Whether it is a link to the newest version: no version may be concluded from it."""
        return self.name in _NEWEST


def common_licenses(text: str) -> tuple[CommonLicense, ...]:
    """Every reference in ``text``, in order; one may be wrapped behind a slash or hyphen, or name several files."""
    found = []
    for match in _REFERENCE.finditer(text):
        names = [match["name"]] if match["name"] else [one.strip() for one in match["several"].split(",")]
        found += [CommonLicense(name, match.start(), match.end(), _candidates(name)) for name in names if name]
    return tuple(found)


def _candidates(name: str) -> tuple[str, ...]:
    return _TEXTS.get(name) or _NEWEST.get(name, ())

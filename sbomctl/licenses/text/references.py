"""Addresses and paths that stand for a license."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from sbomctl.licenses.spdx_list import spdx_list
from sbomctl.licenses.text.families import Family, families, names, plain_version

_ADDRESS = re.compile(
    r"(?:https?://|www\.|usr/share/common-licenses/|opensource\.org/licenses/|creativecommons\.org/"
    r"|(?<![/.\w])(?:gnu|apache|mozilla)\.org/)[^\s<>\"'`)\]},;|]{2,200}"
)
_SCHEME = re.compile(r"(?:https?://)?(?:www\d?\.|wwws\.)?")
_ARCHIVE = re.compile(r"(?:web|wayback)\.archive\.org/web/\d+(?:[a-z]{2}_)?/(?:https?://)?(?:www\.)?")
_SUFFIX = re.compile(
    r"(?:\.(?:en|de|fr|es|ru|ja))?\.(?:html?|txt|php|md|json|rdf|xml|pdf|asp|aspx)\Z|/(?:legalcode|deed)(?:\.\w\w)?\Z"
)
_GNU = re.compile(r"(?:gnu|fsf)\.org/(?:\w+/)*(?:old-licenses/)?(lgpl(?:\+gpl)?|agpl|gpl|fdl)(?:-?v?(\d(?:\.\d)?))?")
_CREATIVE = re.compile(
    r"(?:creativecommons\.org/(?:licenses|l)|licensebuttons\.net/l)/([a-z-]+)/(\d\.\d)(?:/([a-z]{2,3})\b)?"
)
_DEDICATED = re.compile(r"(?:creativecommons\.org/(?:publicdomain|p)|licensebuttons\.net/p)/(zero|mark)/\d\.\d")
_SPDX = re.compile(
    r"(?:spdx\.org/licenses|opensource\.org/licenses?|choosealicense\.com/licenses|licenses\.nuget\.org"
    r"|opensource\.org/osi-approved)/([a-z0-9.+-]+)"
)
_COMMON = re.compile(r"usr/share/common-licenses/([a-z0-9.-]+)")
_OTHERS = {
    "opensource.org/licenses/bsd-license": "BSD-3-Clause",  # until 2011, and so for whoever wrote it in this way
    "opensource.org/licenses/mit-license": "MIT",
    "opensource.org/licenses/apache2.0": "Apache-2.0",
    "opensource.org/licenses/gpl-license": "GPL-1.0-or-later",
    "opensource.org/licenses/lgpl-license": "LGPL-2.0-or-later",
    "opensource.org/licenses/zlib-license": "Zlib",
    "opensource.org/licenses/artistic-license": "Artistic-1.0",
    "opensource.org/licenses/isc-license": "ISC",
    "opensource.org/licenses/mozilla1.1": "MPL-1.1",
    "opensource.org/licenses/mozilla1.0": "MPL-1.0",
    "opensource.org/licenses/cpl1.0": "CPL-1.0",
    "opensource.org/licenses/eclipse-1.0": "EPL-1.0",
    "opensource.org/licenses/cddl1": "CDDL-1.0",
    "opensource.org/licenses/ibmpl": "IPL-1.0",
    "opensource.org/licenses/python": "Python-2.0",
    "opensource.org/licenses/ms-pl": "MS-PL",
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "apache.org/license-2.0": "Apache-2.0",
    "apache.org/license/license-2.0": "Apache-2.0",
    "apache.org/licences/licence-2.0": "Apache-2.0",
    "apache.org/licenses/license-1.1": "Apache-1.1",
    "apache.org/licenses": "",
    "gnu.org/copyleft/lesser": "LGPL-2.1-or-later",
    "gnu.org/licenses/lesser": "LGPL-2.1-or-later",
    "mozilla.org/mpl": "",
    "mozilla.org/mpl/2.0": "MPL-2.0",
    "mozilla.org/en-us/mpl/2.0": "MPL-2.0",
    "mozilla.org/mpl/mpl-1.1": "MPL-1.1",
    "mozilla.org/mpl/1.1": "MPL-1.1",
    "mozilla.org/mpl/mpl-1.0": "MPL-1.0",
    "mozilla.org/npl": "NPL-1.1",
    "eclipse.org/legal/epl-v10": "EPL-1.0",
    "eclipse.org/legal/epl-v20": "EPL-2.0",
    "eclipse.org/legal/epl-2.0": "EPL-2.0",
    "eclipse.org/org/documents/epl-v10": "EPL-1.0",
    "eclipse.org/org/documents/epl-2.0": "EPL-2.0",
    "eclipse.org/org/documents/epl-v20": "EPL-2.0",
    "eclipse.org/org/documents/edl-v10": "BSD-3-Clause",
    "eclipse.org/legal/cpl-v10": "CPL-1.0",
    "boost.org/license_1_0": "BSL-1.0",
    "boost.org/users/license": "BSL-1.0",
    "freebsd.org/copyright/freebsd-license": "BSD-2-Clause-Views",
    "isc.org/copyright": "ISC",
    "openldap.org/license": "OLDAP-2.8",
    "unlicense.org": "Unlicense",
    "sam.zoy.org/wtfpl": "WTFPL",
    "sam.zoy.org/wtfpl/copying": "WTFPL",
    "wtfpl.net": "WTFPL",
    "wtfpl.net/about": "WTFPL",
    "scripts.sil.org/ofl": "OFL-1.1",
    "openfontlicense.org": "OFL-1.1",
    "scripts.sil.org/cms/scripts/page.php?item_id=ofl_web": "OFL-1.1",
    "scripts.sil.org/cms/scripts/page.php?site_id=nrsi&id=ofl": "OFL-1.1",
    "scripts.sil.org/cms/scripts/page.php?site_id=nrsi&item_id=ofl": "OFL-1.1",
    "scripts.sil.org/cms/scripts/page.php?item_id=ofl10_web": "OFL-1.0",
    "glassfish.dev.java.net/public/cddl+gpl_1_1": "CDDL-1.1",
    "glassfish.java.net/public/cddl+gpl_1_1": "CDDL-1.1",
    "sun.com/cddl": "CDDL-1.0",
    "sun.com/cddl/cddl": "CDDL-1.0",
    "opensolaris.org/os/licensing": "CDDL-1.0",
    "php.net/license/3_01": "PHP-3.01",
    "php.net/license/3_0": "PHP-3.0",
    "python.org/psf/license": "PSF-2.0",
    "jquery.org/license": "MIT",
    "golang.org/license": "BSD-3-Clause",
    "go.dev/license": "BSD-3-Clause",
    "aws.amazon.com/apache2.0": "Apache-2.0",
    "aws.amazon.com/apache-2-0": "Apache-2.0",
    "codeproject.com/info/cpol10": "CPOL-1.02",
    "latex-project.org/lppl": "",  # the newest, whichever that is
    "json.org/license": "JSON",
    "polyformproject.org/licenses/noncommercial/1.0.0": "PolyForm-Noncommercial-1.0.0",
    "mongodb.com/licensing/server-side-public-license": "SSPL-1.0",
    "zlib.net/zlib_license": "Zlib",
}
_COMMON_NAMES = {
    "apache-2.0": "Apache-2.0",
    "artistic": "Artistic-1.0-Perl",
    "bsd": "BSD-3-Clause",
    "cc0-1.0": "CC0-1.0",
    "mpl-1.1": "MPL-1.1",
    "mpl-2.0": "MPL-2.0",
}


_PART = re.compile(r"[a-z]+|\d+(?:\.\d+)*")
_SPELLING = {"licence": "license"}
_BADGE = re.compile(r"licen[cs]e-(.+?)(?:-[a-z]+)?(?:\.svg)?(?:\?.*)?\Z")  # shields.io: license-MIT-blue.svg
_FOLDERS = frozenset(("license", "licenses", "licence", "licences"))
_GNU_NAMES = frozenset(("GPL", "LGPL", "AGPL", "GFDL"))
_NO_NAME = frozenset(("the", "txt", "md", "html", "htm", "rst", "file"))


class Reference(NamedTuple):
    """An address, where it is, and what it stands for."""

    line: int  # 1-based
    expression: str
    family: str  # of the GNU ones, which may be said with a grant close by
    version: str
    raw: str

    @property
    def is_copy(self) -> bool:
        """Whether it is where Debian keeps a text, which tells nothing of later versions."""
        return "common-licenses" in self.raw


def references(lines: Sequence[str]) -> Iterator[Reference]:
    """Every address in ``lines`` that is known, in their order."""
    text = "\n".join(lines).lower()
    if "/" not in text:
        return
    for number, line in enumerate(text.split("\n"), 1):
        if "/" not in line and "www." not in line:
            continue  # most lines
        if "://" in line or "www." in line or ".org/" in line or "common-licenses/" in line:  # as each address has
            for found in _ADDRESS.finditer(line):
                address = found[0].rstrip(".:/")
                if one := _read(address):
                    yield Reference(number, *one, raw=lines[number - 1][found.start() : found.start() + len(address)])


@lru_cache(maxsize=1)
def addresses() -> dict[str, str]:
    """The places where the SPDX list says that one license can be read ("seeAlso"), as ``_read`` makes them plain.

    Those of source files and of pages about several licenses are not among them, nor what other rules know.
    """
    table = Path(__file__).with_name("addresses.tsv").read_text(encoding="utf-8")
    return dict(row.split("\t") for row in table.splitlines() if not row.startswith("#"))


@lru_cache(maxsize=1024)  # files of one project have the same ones
def _read(address: str) -> tuple[str, str, str] | None:  # noqa: PLR0911 - one for each kind of address
    bare = _ARCHIVE.sub("", _SCHEME.sub("", address, count=1))
    plain = _SUFFIX.sub("", bare).rstrip("/")
    if gnu := _GNU.search(bare):
        return _gnu(gnu[1].removesuffix("+gpl"), gnu[2] or "")
    if common := _COMMON.search(bare):
        return _common(common[1])
    if license_id := addresses().get(plain):
        return license_id, "", ""
    if creative := _CREATIVE.search(bare):
        return _creative(*creative.groups())
    if dedicated := _DEDICATED.search(bare):
        return ("CC0-1.0" if dedicated[1] == "zero" else "CC-PDM-1.0"), "", ""
    if plain in _OTHERS:
        family = _OTHERS[plain].partition("-")[0]
        is_open = family in ("GPL", "LGPL") or plain.endswith("/bsd-license")
        return (_OTHERS[plain], family if is_open else "", "") if _OTHERS[plain] else None
    if listed := _SPDX.search(plain):
        return _listed(listed[1])
    return _named(plain) if "/" in plain else None


def _creative(kind: str, version: str, place: str | None) -> tuple[str, str, str] | None:
    if kind in ("gpl", "lgpl"):  # which Creative Commons has summaries of
        return _gnu(kind, version)
    name = f"cc-{kind}-{version}"
    listed_id = spdx_list().licenses.get(f"{name}-{place}") or spdx_list().licenses.get(name)
    return (listed_id, "", "") if listed_id else None


def _named(plain: str) -> tuple[str, str, str] | None:
    """What the name of a file says, when it is one of a license and no more: ``MIT-LICENSE.txt``, ``lgpl-2.1.txt``.

    In a folder of licenses, or on a badge, the name need not say that it is one.
    """
    folder, _, file = plain.rpartition("/")
    if badge := _BADGE.match(file):
        folder, file = "license", badge[1].replace("%20", " ")
    words = [_SPELLING.get(word, word) for word in _PART.findall(file)]
    words = [word for word in words if word not in _NO_NAME]
    told = "license" in words or folder.rpartition("/")[2] in _FOLDERS
    for name in names().get(words[0], []) if words else []:
        if tuple(words[: len(name.words)]) == name.words:
            family, rest = families()[name.family], set(words[len(name.words) :]) - set(name.words) - {"license", "v"}
            if family.bare.startswith("WITH"):
                return None
            if len(rest) == 1 and (version := _version(*rest)) in family.versions:
                return _versioned(family, version) if told or family.name in _GNU_NAMES else None
            is_open = bool(family.candidates) or family.name in _GNU_NAMES
            return None if rest or is_open or not told else (family.bare, "", "")
    return None


def _version(word: str) -> str:
    """``20`` in the name of a file is 2.0."""
    return plain_version(f"{word[0]}.{word[1]}" if re.fullmatch(r"[1-4]\d", word) else word)


def _versioned(family: Family, version: str) -> tuple[str, str, str]:
    is_gnu = family.name in _GNU_NAMES
    return f"{family.versions[version]}{'-only' if is_gnu else ''}", family.name if is_gnu else "", version


def _gnu(word: str, version: str) -> tuple[str, str, str]:
    family = families()[{"fdl": "GFDL"}.get(word, word.upper())]
    number = plain_version(version) if version else ""
    if number in family.versions:
        return f"{family.versions[number]}-only", family.name, number
    return family.bare, family.name, ""


def _common(word: str) -> tuple[str, str, str] | None:
    name = word.rstrip(".")
    if name in _COMMON_NAMES:
        return _COMMON_NAMES[name], "", ""
    head, _, version = name.partition("-")
    return _gnu({"gfdl": "fdl"}.get(head, head), version) if head in ("gpl", "lgpl", "gfdl") else None


def _listed(word: str) -> tuple[str, str, str] | None:
    lists = spdx_list()
    name = word.removesuffix("-license").removesuffix(".html").removesuffix(".php")
    if gnu := re.match(r"(gpl|lgpl|agpl)-?v?(\d(?:\.\d)?)(-or-later|\+)?", name):
        expression, family, version = _gnu(gnu[1], gnu[2])
        return expression.replace("-only", "-or-later") if gnu[3] else expression, family, version
    license_id = lists.licenses.get(name) or lists.licenses.get(f"{name}-1.0")
    return (license_id, "", "") if license_id else None

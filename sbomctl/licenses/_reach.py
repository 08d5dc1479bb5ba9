"""Which Files paragraphs of debian/copyright are about files that do not reach the binary package.

The patterns name files of the source package (copyright-format 1.0, section 6.9), not of what
is installed. A rule may exclude a pattern only when everything that the pattern can name is of
the rule's kind. What such files do become in a binary package stays: patches in ``debian/``,
man pages, translations, the parts of gnulib that are linked, tests inside of Python modules.
Names are compared in their case, for ``Test`` is a namespace of Perl and ``test`` none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from sbomctl.licenses._dep5_patterns import bare

_NEVER = re.compile(r"(?!)")
_WILD = re.compile(r"[*?]")
_MAN_PAGE = re.compile(r"(?:\A|/)man(?:[1-9]\w*|pages?)?/|\.[1-9](?:[a-z]{0,4}|\.\w+)\Z")

_MODULES = re.compile(
    r"(?:lib)?(?:python|pypy)[\d.]*(?:-|\Z)|(?:node|npm|nodejs|ruby[\d.]*|php[\d.]*|r-cran|perl-modules)(?:-|\Z)"
    r"|lib.*-(?:perl|python|ruby|java)\Z"
)
"""Packages that install directories of the source tree as they are, so that only its root can be left behind."""
_SOURCES = re.compile(r"(?:golang|librust)-.*-dev|.*-(?:source|src|dkms)")
"""Packages that install source code."""


class Rule(NamedTuple):
    """A kind of files that do not reach the binary.

    A pattern is of it when a complete component of its path is one of the ``directories``, or its first
    one of ``at_root``, or when its last is one of ``files``. ``ships_in`` are packages that such files are
    installed in.
    """

    name: str
    about: str
    directories: frozenset[str]
    at_root: frozenset[str]
    files: re.Pattern[str] = _NEVER
    ships_in: re.Pattern[str] = _NEVER


def _rule(name: str, about: str, directories: str, at_root: str, files: str = "(?!)", ships_in: str = "(?!)") -> Rule:
    everywhere = frozenset(directories.split())
    return Rule(name, about, everywhere, everywhere | {*at_root.split()}, re.compile(files), re.compile(ships_in))


_BUILD_FILES = (
    r"config\.(?:guess|sub|rpath|h\.in)|install-sh|ltmain\.sh|depcomp|mkinstalldirs|mdate-sh|ylwrap|py-compile"
    r"|test-driver|ar-lib|elisp-comp|texinfo\.tex|configure(?:\.ac|\.in)?|CMakeLists\.txt|autogen\.sh|bootstrap\.sh"
    r"|(?:GNU)?[Mm]akefile(?:\.(?:in|am|in\.in))?\*?|Makefile\.\*|[^/]*\.(?:m4|cmake|am)|(?:maint|gnulib)\.mk"
    r"|git-version-gen|gitlog-to-changelog|announce-gen|meson\.build|SConstruct|wscript"
    r"|\.(?:gitignore|gitattributes|gitlab-ci\.yml|travis\.yml|mailmap)"
)
_BUILD_TOOLS = (
    r"(?:autoconf|automake|libtool|cmake|gettext|bison|dh-|debhelper|autotools-dev|autopoint|gnulib|scons|meson).*"
    r"|m4|waf|extra-cmake-modules"
)
RULES = (
    _rule(
        "build-system",
        "files that only configure, compile or check in the software",
        "m4 build-aux autotools cmake CMake cmakescripts cmake-modules waflib .github .gitlab .circleci",
        "config-aux aux-files autoconf .travis ci compile missing libtool",
        _BUILD_FILES,
        _BUILD_TOOLS,
    ),
    _rule(
        "tests",
        "test suites and their data",
        "test tests testsuite testsuites test-suite unittest unittests unit-tests testdata test-data testcases t"
        " selftest selftests autotests regress gnulib-tests fuzz fuzzing benchmark benchmarks googletest googlemock"
        " gtest",
        "Tests testing testimages",
        r".*_test\.go|.*_unittest\.(?:cc|cpp)|.*\.t",
        r".*-(?:tests?|testsuite|testing|testdata)|.*test-dev|googletest|lib(?:gtest|gmock).*",
    ),
    _rule(
        "documentation",
        "sources of manuals, but no man pages: these are installed beside the program",
        "doc docs documentation Documentation",
        "Doc Docs manual manuals ft2docs",
        r"INSTALL(?:\.\w+)?|.*\.texi(?:nfo)?",
        r".*-(?:docs?|info|manual|manpages)(?:-.*)?|manpages.*|doc-.*|info|texinfo",
    ),
    _rule(
        "examples",
        "examples and demonstrations",
        "example examples",
        "sample samples demo demos tutorial tutorials ft2demos",
        ships_in=r".*-(?:examples?|demos?|samples?|tutorials?|docs?)",
    ),
    _rule(
        "other-systems",
        "packaging and code for systems that are no Debian",
        "win32 macosx vms msdos os2 amiga wince symbian msvc nsis",
        "rpm redhat fedora suse packaging windows osx dos win",
        r".*\.(?:spec|spec\.in|iss|nsi|vcxproj|vcproj|sln|dsp|dsw)",
        r".*(?:mingw|wine|win32|cygwin|rpm|packaging).*",
    ),
)
_PACKAGING = "debian-packaging"
_PACKAGING_FILES = re.compile(
    r"\*{0,2}|\*\.\*|rules|control.*|changelog.*|copyright.*|watch|compat|gbp\.conf|\.gitignore|salsa-ci\.yml"
    r"|(?:upstream|source|tests|po|bin)/.*"
    r"|[^/]*\.(?:install|docs|dirs|links|symbols.*|lintian-overrides|manpages|maintscript|examples)"
)
NAMES = (_PACKAGING, *(rule.name for rule in RULES))
"""Every name that ``Statement.excluded_by`` can hold; several are joined by ", "."""


def excluded_by(patterns: Sequence[str], package: str) -> str:
    """The names of the rules by which no file that ``patterns`` name reaches ``package``; "" when one may.

    ``package`` is the binary package that the file came with: a rule does not hold for one that
    ships just these files (documentation in ``foo-doc``).
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        name = _excluding(pattern, package)
        if not name:
            return ""
        found[name] = None
    return ", ".join(found)


@lru_cache(maxsize=16384)
def _excluding(pattern: str, package: str) -> str:
    path = bare(pattern)
    directory, _, rest = path.partition("/")
    if directory == "debian":
        return _PACKAGING if _PACKAGING_FILES.fullmatch(rest) else ""
    *directories, name = path.split("/")
    if not directories and name and not _WILD.search(name):
        directories = [name]  # people leave out the slash behind a directory
    if _MAN_PAGE.search(path) or _is_for_developers(directories, name, package):
        return ""
    return next((rule.name for rule in _rules(package) if _is_of(directories, name, rule, package)), "")


@lru_cache(maxsize=4096)
def _rules(package: str) -> tuple[Rule, ...]:
    if _SOURCES.fullmatch(package):
        return ()
    return tuple(rule for rule in RULES if not rule.ships_in.fullmatch(package))


def _is_of(directories: Sequence[str], name: str, rule: Rule, package: str) -> bool:
    if directories and directories[0] in rule.at_root:
        return True
    if len(directories) > 1 and not rule.directories.isdisjoint(directories) and not _MODULES.match(package):
        return True
    return rule.files.fullmatch(name[1:] if name.startswith("*") else name) is not None


def _is_for_developers(directories: Sequence[str], name: str, package: str) -> bool:
    """Whether the file is a macro or module that a -dev package installs for the builds of others."""
    if not package.endswith("-dev") or "m4" in directories or name.startswith(("ax_", "lt", "libtool")):
        return False
    return name.endswith((".m4", ".cmake")) or "cmake" in [one.lower() for one in directories]

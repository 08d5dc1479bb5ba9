"""What one record of an rpm database says, before it is known which image it lies in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from sbomctl.catalogers._rpm_header import Header, HeaderError

# Tag numbers: rpm documentation, manual/tags.md.
_NAME, _VERSION, _RELEASE, _EPOCH, _SUMMARY = 1000, 1001, 1002, 1003, 1004
_VENDOR, _LICENSE, _PACKAGER, _URL, _ARCH = 1011, 1014, 1015, 1020, 1022
_OLD_FILE_NAMES, _SOURCE_RPM, _PROVIDE_NAME = 1027, 1044, 1047
_REQUIRE_FLAGS, _REQUIRE_NAME = 1048, 1049
_DIR_INDEXES, _BASE_NAMES, _DIR_NAMES = 1116, 1117, 1118
_DIST_URL, _VCS, _MODULARITY_LABEL = 1123, 5034, 5096

_MISSING_OK: Final = 1 << 19  # RPMSENSE_MISSINGOK: a recommendation, which rpm 5 keeps among the requirements
_PATH_GROWTH: Final = 16  # a file list may be this many times longer than its header; real ones stay below 2
_NO_VALUE: Final = ("", "(none)")
_OTHER_OPERATORS: Final = re.compile(r" (?:and|if|unless|with|without|else) | \(")


class Record(msgspec.Struct, frozen=True):
    """One installed package; "" or () = not stated."""

    name: str
    version: str  # without epoch, with release
    epoch: str = ""
    architecture: str = ""
    license: str = ""
    source_rpm: str = ""
    source_url: str = ""
    supplier: str = ""
    homepage: str = ""
    description: str = ""
    modularity: str = ""
    depends_on: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    line: int = 0  # of a text database
    faults: tuple[str, ...] = ()  # parts of the record that could not be read

    @property
    def is_key(self) -> bool:
        """Whether this is a public key that rpm keeps among the packages, not software."""
        return self.name == "gpg-pubkey"

    @property
    def evr(self) -> str:
        """``[epoch:]version-release``, as ``rpm -q --qf '%{EVR}'`` prints it."""
        return f"{self.epoch}:{self.version}" if self.epoch else self.version


def read_header(blob: bytes) -> Record | str:
    """The record in a header; a text that says why there is none."""
    try:
        header = Header(blob)
    except HeaderError as error:
        return str(error)
    name, version, release = (header.text(tag) for tag in (_NAME, _VERSION, _RELEASE))
    if not (nameable(name) and version and release):
        return "; ".join([f"no name, version and release (name {name!r})", *header.faults])
    epoch = header.numbers(_EPOCH)
    return Record(
        name=name,
        version=f"{version}-{release}",
        epoch=str(epoch[0]) if epoch else "",
        architecture=header.text(_ARCH),
        license=header.text(_LICENSE),
        source_rpm=stated(header.text(_SOURCE_RPM)),
        source_url=header.text(_VCS) or stated(header.text(_DIST_URL)),
        supplier=stated(header.text(_VENDOR)) or header.text(_PACKAGER),
        homepage=header.text(_URL),
        description=header.text(_SUMMARY),
        modularity=stated(header.text(_MODULARITY_LABEL)),
        depends_on=_requirements(header),
        provides=tuple(sorted({*header.texts(_PROVIDE_NAME)} - {name, ""})),
        files=_files(header, _PATH_GROWTH * len(blob)),
        faults=tuple(header.faults),
    )


def nameable(name: str) -> bool:
    """Whether something is left of ``name`` in a package URL."""
    return bool(name.strip().strip("/"))


def stated(value: str) -> str:
    """``value``, or "" where rpm's query language wrote that there is none."""
    return "" if value in _NO_VALUE else value


def _requirements(header: Header) -> tuple[str, ...]:
    names = header.texts(_REQUIRE_NAME)
    flags = header.numbers(_REQUIRE_FLAGS)
    if len(flags) == len(names):
        names = [name for name, flag in zip(names, flags, strict=True) if not flag & _MISSING_OK]
    plain = {name for name in names if not name.startswith(("(", "rpmlib("))}
    rich = {alternatives(name) for name in names if name.startswith("(")}
    return tuple(sorted((plain | rich) - {""}))


def alternatives(requirement: str) -> str:
    """``(a >= 1 or b)`` as ``a|b``; other boolean dependencies stay as written (rpm, boolean_dependencies.md)."""
    if " or " not in requirement or requirement[1:2] == "(" or _OTHER_OPERATORS.search(requirement):
        return requirement
    return "|".join(choice.split()[0] for choice in requirement[1:-1].split(" or ") if choice.strip())


def _files(header: Header, limit: int) -> tuple[str, ...]:
    names, indexes = header.texts(_BASE_NAMES), header.numbers(_DIR_INDEXES)
    if not names:
        return tuple(filter(None, (name.lstrip("/") for name in header.texts(_OLD_FILE_NAMES))))
    directories = [name.lstrip("/") for name in header.texts(_DIR_NAMES)]
    fault = _file_list_fault(names, indexes, directories, limit)
    if fault:
        header.faults.append(fault)
        return ()
    paths = [directories[index] + name for name, index in zip(names, indexes, strict=True)]
    return tuple(filter(None, paths))  # "" is the root directory itself


def _file_list_fault(names: Sequence[str], indexes: Sequence[int], directories: Sequence[str], limit: int) -> str:
    if len(indexes) != len(names) or max(indexes) >= len(directories):
        return "the three parts of its file list do not fit together"
    # The cheap upper bound first: it settles every honest header.
    if max(map(len, directories)) * len(names) > limit and sum(len(directories[index]) for index in indexes) > limit:
        return f"its file list is longer than {limit} characters"
    return ""

"""The files in which distributions say what they are, and how each is read.

``RELEASE_FILES`` is in order of authority: os-release(5) first, then what came before it,
the specific before the general (Ubuntu has a ``debian_version``, Oracle a ``redhat-release``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from sbomctl.catalogers._assignments import Fault, read_assignments
from sbomctl.model import OsRelease

_NOT_IN_AN_ID = re.compile(r"[^a-z0-9._-]+")
_VERSION_ID = re.compile(r"[a-z0-9._-]+\Z")  # os-release(5), VERSION_ID
_RED_HAT = re.compile(r"(.{1,200}?) (?:Linux )?release (\d[\w.]*)")
_ANGSTROM = re.compile(r"Angstrom (\S+)")
_POKY = re.compile(r"(Poky \(Yocto Project Reference Distro\)) (\d[\w.+-]*)")
_MARINER = re.compile(r"CBL-Mariner ((\d+\.\d+)\S*)")
_BUILD_SETTING = re.compile(r'^(DISTRO|DISTRO_VERSION) *= *"?([\w.+-]+)', re.MULTILINE)

# The ID that each of these distributions has in its os-release.
_RED_HAT_IDS: Mapping[str, str] = {
    "AlmaLinux": "almalinux",
    "Amazon": "amzn",
    "Amazon Linux AMI": "amzn",
    "CentOS": "centos",
    "CentOS Stream": "centos",
    "Fedora": "fedora",
    "Oracle Linux Server": "ol",
    "Red Hat Enterprise": "rhel",
    "Red Hat Enterprise Linux": "rhel",
    "Red Hat Enterprise Linux Server": "rhel",
    "Red Hat Enterprise Linux Workstation": "rhel",
    "Rocky": "rocky",
}


class Statement(NamedTuple):
    """What one file says; ``os`` without an id when it names no system."""

    os: OsRelease
    faults: tuple[Fault, ...] = ()


_NOTHING = Statement(OsRelease(id=""))


def _os_release(data: bytes) -> Statement:
    values, faults = read_assignments(data)
    get = values.get
    os = OsRelease(
        id=get("ID", ""),
        version_id=get("VERSION_ID", ""),
        pretty_name=get("PRETTY_NAME", ""),
        id_like=tuple(get("ID_LIKE", "").split()),
        name=get("NAME", ""),
        version=get("VERSION", ""),
        cpe_name=get("CPE_NAME", ""),
        home_url=get("HOME_URL", ""),
    )
    return Statement(os, faults if os.id else (*faults, Fault(0, "states no ID")))


def _lsb_release(data: bytes) -> Statement:
    values, faults = read_assignments(data)
    name = values.get("DISTRIB_ID", "")
    release = values.get("DISTRIB_RELEASE", "")
    os = OsRelease(
        id=_NOT_IN_AN_ID.sub("-", name.lower()).strip("-"),
        version_id=release if _VERSION_ID.match(release) else "",
        pretty_name=values.get("DISTRIB_DESCRIPTION", ""),
        name=name,
        version=release,
    )
    return Statement(os, faults)


def _alpine(data: bytes) -> Statement:
    version = _first_line(data)
    return Statement(OsRelease("alpine", version, name="Alpine Linux", version=version)) if version else _NOTHING


def _debian(data: bytes) -> Statement:
    """``12.5`` is release 12 in os-release; ``trixie/sid`` has no number yet."""
    version = _first_line(data)
    if not version:
        return _NOTHING
    number = version.partition(".")[0] if version[0].isdigit() else ""
    return Statement(OsRelease("debian", number, name="Debian GNU/Linux", version=version))


def _red_hat(data: bytes) -> Statement:
    line = _first_line(data)
    found = _RED_HAT.match(line)
    if not found:
        return _NOTHING
    name, version = found.groups()
    known = _RED_HAT_IDS.get(name) or _NOT_IN_AN_ID.sub("-", name.lower()).strip("-")
    return Statement(OsRelease(known, version, line, name=name, version=version))


def _mariner(data: bytes) -> Statement:
    line = _first_line(data)
    found = _MARINER.match(line)
    return Statement(OsRelease("mariner", found[2], line, name="CBL-Mariner", version=found[1])) if found else _NOTHING


def _angstrom(data: bytes) -> Statement:
    line = _first_line(data)
    found = _ANGSTROM.match(line)
    return Statement(OsRelease("angstrom", "", line, name="Angstrom", version=found[1])) if found else _NOTHING


def _build_info(data: bytes) -> Statement:
    """OpenEmbedded's image-buildinfo.bbclass: ``DISTRO = poky`` among the build settings."""
    values = dict(_BUILD_SETTING.findall(_text(data)))
    version = values.get("DISTRO_VERSION", "")
    return Statement(OsRelease(values.get("DISTRO", ""), version, version=version))


def _issue(data: bytes) -> Statement:
    """Only the login banner of Poky is known to be fixed; others are free text."""
    found = _POKY.match(_first_line(data))
    return Statement(OsRelease("poky", found[2], found[0], name=found[1], version=found[2])) if found else _NOTHING


def _first_line(data: bytes) -> str:
    return next((line.strip() for line in _text(data).split("\n") if line.strip()), "")


def _text(data: bytes) -> str:
    text = data[: 64 << 10].decode("utf-8", "backslashreplace")
    return "".join(char for char in text if char.isprintable() or char == "\n")


RELEASE_FILES: tuple[tuple[str, Callable[[bytes], Statement]], ...] = (
    ("etc/os-release", _os_release),
    ("usr/lib/os-release", _os_release),
    ("etc/openwrt_release", _lsb_release),
    ("etc/lsb-release", _lsb_release),
    ("etc/alpine-release", _alpine),
    ("etc/mariner-release", _mariner),
    ("etc/oracle-release", _red_hat),
    ("etc/almalinux-release", _red_hat),
    ("etc/rocky-release", _red_hat),
    ("etc/centos-release", _red_hat),
    ("etc/fedora-release", _red_hat),
    ("etc/redhat-release", _red_hat),
    ("etc/system-release", _red_hat),
    ("etc/angstrom-version", _angstrom),
    ("etc/buildinfo", _build_info),
    ("etc/build", _build_info),
    ("etc/debian_version", _debian),
    ("etc/issue", _issue),
)

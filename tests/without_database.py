"""Root filesystems whose package database is taken out before the scan, and asked afterwards what was right."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sbomctl import api
from sbomctl.model import ImageSpec, Inventory, Product, Role

Owner = tuple[str, str]  # source package and upstream version


def without(image: Path, removed: Iterable[str], made: Path) -> dict[str, bytes]:
    """Write ``image``, a tar, to ``made`` without what lies below ``removed``; gives the content of these files."""
    taken: dict[str, bytes] = {}
    below = tuple(f"{path}/" for path in removed)
    with tarfile.open(image) as source, tarfile.open(made, "w") as target:
        for member in source:
            name = member.name.removeprefix("./")
            if f"{name}/".startswith(below):
                if member.isreg():
                    file = source.extractfile(member)
                    assert file
                    taken[name] = file.read()
            else:
                target.addfile(member, source.extractfile(member) if member.isreg() else None)
    return taken


def scan(target: str) -> Inventory:
    """By our own catalogers alone, without reading license texts."""
    product = Product("p", images=(ImageSpec("image", Role.BASE_OS, target),))
    (found,) = api.scan(product, api.ScanOptions(engine="native", detect=False, cache=False))
    return found


def apk_owners(installed: bytes) -> tuple[dict[str, Owner], set[str]]:
    """Path -> owner from an apk database, and all origins that own files."""
    owners: dict[str, Owner] = {}
    for record in installed.decode().split("\n\n"):
        fields = dict(line.split(":", 1) for line in record.splitlines() if line[:2] in ("P:", "V:", "o:"))
        directory = ""
        for line in record.splitlines():
            if line.startswith("F:"):
                directory = line[2:]
            elif line.startswith("R:"):
                owner = (fields.get("o", fields["P"]), re.sub(r"-r\d+$", "", fields["V"]))
                owners[f"{directory}/{line[2:]}"] = owner
    return owners, {name for name, _ in owners.values()}


@dataclass
class Score:
    """How what was identified compares with what the database says of the same files."""

    right: dict[str, Owner]  # evidence package -> the owner of its files
    vague: dict[str, Owner]  # so too, but the version was not told
    wrong: dict[str, Owner]
    sources: set[str]  # source packages that own programs or libraries
    bytes: int  # of programs and libraries
    identified: int

    @property
    def recall(self) -> float:
        """The share of ``sources`` that was named rightly, with or without version."""
        return len({name for name, _ in (*self.right.values(), *self.vague.values())}) / len(self.sources)


def scored(found: Inventory, owners: Mapping[str, Owner], sizes: Mapping[str, int]) -> Score:
    """The score; ``sizes`` are those of all programs and libraries, by path without ``usr/``."""
    score = Score({}, {}, {}, {owners[path][0] for path in sizes if path in owners}, sum(sizes.values()), 0)
    for package in found.packages:
        paths = [_plain(path) for path in package.files]
        for owner in {owners[path] for path in paths if path in owners and path in sizes}:
            name = f"{package.name} {package.version}".strip()
            upstream = package.version.rpartition("-")[0] or package.version
            is_right = owner[1].startswith((package.version, upstream))
            (score.vague if not package.version else score.right if is_right else score.wrong)[name] = owner
        if package.confidence < 1:
            score.identified += sum(sizes.get(path, 0) for path in paths)
    return score


def _plain(path: str) -> str:
    return path.removeprefix("usr/")


def programs(tar: Path) -> dict[str, int]:
    """The sizes of all ELF files in a tar, by path without ``usr/``."""
    found = {}
    with tarfile.open(tar) as archive:
        for member in archive:
            if member.isreg():
                file = archive.extractfile(member)
                if file and file.read(4) == b"\x7fELF":
                    found[_plain(member.name.removeprefix("./"))] = member.size
    return found


def dpkg_owners(taken: Mapping[str, bytes]) -> dict[str, Owner]:
    """Path without ``usr/`` -> owner, from what was below ``var/lib/dpkg``."""
    sources: dict[str, Owner] = {}
    for record in taken["var/lib/dpkg/status"].decode().split("\n\n"):
        fields = dict(re.findall(r"^(Package|Source|Version): (.*)$", record, re.MULTILINE))
        if fields:
            source = re.fullmatch(r"(\S+)(?: \((.*)\))?", fields.get("Source", fields["Package"]))
            assert source
            upstream = re.sub(r"^\d+:|-[^-]*$", "", source[2] or fields["Version"])
            sources[fields["Package"]] = (source[1], upstream)
    owners: dict[str, Owner] = {}
    for path, content in taken.items():
        listed = re.fullmatch(r"var/lib/dpkg/info/([^/:]+)(?::[^/]+)?\.list", path)
        for line in content.decode().splitlines() if listed else ():
            owners[_plain(line.lstrip("/"))] = sources[listed[1]]  # type: ignore[index]
    return owners

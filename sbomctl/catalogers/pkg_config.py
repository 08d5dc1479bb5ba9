"""Libraries that left their pkg-config files (pc(5)): name, version, and with newer ones the license."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

import msgspec

from sbomctl.catalogers._evidence import generic
from sbomctl.catalogers.base import Excerpt, Sighting
from sbomctl.model import LicenseFinding, Package

_FIELD = re.compile(r"(Name|Description|URL|Version|License)[ \t]*:[ \t]*(.*)")
_VARIABLE = re.compile(r"([A-Za-z0-9_.]+)[ \t]*=[ \t]*(.*)")
_REFERENCE = re.compile(r"\$\{([A-Za-z0-9_.]+)\}")
_ROUNDS = 8  # of references to variables within variables
_LONGEST = 1024
_CONFIDENCE = 0.8  # the file tells of the library it was built for, which may be left out


class PcFile(NamedTuple):
    """The fields, variables replaced; "" = not stated. ``line`` is that of the license."""

    version: str
    description: str
    homepage: str
    license: str
    line: int


class PkgConfigCataloger:
    """One package for each file; several may be of one source."""

    name: ClassVar[str] = "pkg-config"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "libraries that no package owns, by their pkg-config files"
    wants: ClassVar[Excerpt] = Excerpt(paths=("**/pkgconfig/*.pc",), most=64 << 10)

    def read(self, path: str, data: bytes) -> PcFile | None:  # noqa: ARG002 - where it lies says nothing
        """The fields of the file; None without a version."""
        fields: dict[str, tuple[str, int]] = {}
        variables: dict[str, str] = {}
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            text = line.partition("#")[0].strip()[:_LONGEST]
            if field := _FIELD.fullmatch(text):
                fields.setdefault(field[1], (field[2], number))
            elif variable := _VARIABLE.fullmatch(text):
                variables[variable[1]] = variable[2]

        def value(name: str) -> str:
            text = fields.get(name, ("", 0))[0]
            for _ in range(_ROUNDS):
                text = _REFERENCE.sub(lambda found: variables.get(found[1], ""), text)[:_LONGEST]
            return _REFERENCE.sub("", text).strip()

        version = value("Version")
        if not version:
            return None
        return PcFile(version, value("Description"), value("URL"), value("License"), fields.get("License", ("", 0))[1])

    def catalog(self, seen: Sequence[Sighting]) -> Iterator[Package]:
        """Each library by the name under which others ask for it, in path order."""
        for one in seen:
            facts: PcFile = one.facts
            name = one.path.rpartition("/")[2].removesuffix(".pc")
            place = msgspec.structs.replace(one.location, line=facts.line)
            yield generic(
                name,
                facts.version,
                [one],
                self.name,
                _CONFIDENCE,
                licenses=[LicenseFinding(facts.license, place, self.name, field="License")] if facts.license else (),
                description=facts.description,
                homepage=facts.homepage,
            )

"""Device-tree blobs: which board each is for (Devicetree Specification 0.4, "Flattened Devicetree (DTB) Format")."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from sbomctl.catalogers._evidence import generic
from sbomctl.catalogers.base import Excerpt, Sighting
from sbomctl.model import LicenseFinding, Package

_MAGIC = 0xD00DFEED
_BEGIN, _PROPERTY, _NOTHING = 1, 3, 4
_MOST_PROPERTIES = 256
_LONGEST = 4096
_TAG = re.compile(rb"SPDX-License-Identifier:[ \t]*([A-Za-z0-9.+() -]{1,200})")
_CONFIDENCE = 0.9


class DeviceTree(NamedTuple):
    """What the root of a tree says; "" = not stated."""

    model: str
    compatible: tuple[str, ...]
    license: str


class DeviceTreeCataloger:
    """One package for each blob: it is made of source, mostly the kernel's, and ships on its own."""

    name: ClassVar[str] = "device-tree"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "device-tree blobs that no package owns"
    wants: ClassVar[Excerpt] = Excerpt(paths=("**/*.{dtb,dtbo}",), most=4 << 20)

    def read(self, path: str, data: bytes) -> DeviceTree | None:  # noqa: ARG002 - the blob says it all
        """The root of the tree; None where there is none."""
        if len(data) < 40 or struct.unpack_from(">I", data)[0] != _MAGIC:
            return None
        words = dict(_root(data))
        tag = _TAG.search(data)
        return DeviceTree(
            words.get(b"model", b"").rstrip(b"\0").decode("utf-8", "replace"),
            tuple([one.decode("utf-8", "replace") for one in words.get(b"compatible", b"").split(b"\0") if one]),
            tag[1].decode().strip() if tag else "",
        )

    def catalog(self, seen: Sequence[Sighting]) -> Iterator[Package]:
        """Each blob, in path order."""
        for one in seen:
            facts: DeviceTree = one.facts
            stated = [LicenseFinding(facts.license, one.location, self.name)] if facts.license else []
            about = "; ".join(part for part in (facts.model, ", ".join(facts.compatible)) if part)
            yield generic(
                one.path.rpartition("/")[2],
                "",
                [one],
                self.name,
                _CONFIDENCE,
                namespace="device-tree",
                licenses=stated,
                description=about[:300],
            )


def _root(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The properties of the root node, up to its first child."""
    at, strings = struct.unpack_from(">II", data, 8)
    inside = False
    for _ in range(_MOST_PROPERTIES):
        if at + 12 > len(data):
            return
        token, size, name = struct.unpack_from(">III", data, at)
        if token == _NOTHING:
            at += 4
        elif token == _BEGIN and not inside:
            end = data.find(b"\0", at + 4, at + _LONGEST)
            inside, at = True, (end + 4) & ~3
        elif token == _PROPERTY and inside:
            place = strings + name
            yield data[place : data.find(b"\0", place, place + _LONGEST)], data[at + 12 : at + 12 + min(size, _LONGEST)]
            at += 12 + ((size + 3) & ~3)
        else:
            return

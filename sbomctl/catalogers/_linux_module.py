"""What a kernel module says of itself: its section ``.modinfo`` (kernel, include/linux/module.h)."""

from __future__ import annotations

import re
from typing import NamedTuple

from sbomctl.catalogers._elf import read_elf
from sbomctl.catalogers._unpacked import unpacked

_MOST = 64 << 20
# License strings that the kernel's module loader takes as free (kernel documentation, "Linux kernel licensing rules").
_FREE = frozenset(("GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"))


class Module(NamedTuple):
    """The words of a module, as written; "" and () = not stated."""

    licenses: tuple[str, ...] = ()
    version: str = ""
    authors: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    description: str = ""
    release: str = ""  # of the kernel it is for, from ``vermagic``
    intree: bool = False
    name: str = ""

    @property
    def is_free(self) -> bool:
        """Whether the module loader takes it as free."""
        return bool(self.licenses) and _FREE.issuperset(self.licenses)


def read_module(data: bytes) -> Module | None:
    """The module in a file, which may be compressed; None if it is none."""
    elf = read_elf(data if data.startswith(b"\x7fELF") else unpacked(data, _MOST))
    told = elf.section(b".modinfo") if elf else None
    if told is None:
        return None
    words: dict[bytes, list[str]] = {}
    for pair in told.split(b"\0"):
        key, equals, value = pair.partition(b"=")
        if equals:
            words.setdefault(key, []).append(value.decode("utf-8", "replace"))

    def first(key: bytes) -> str:
        return words.get(key, [""])[0].strip()

    return Module(
        licenses=tuple(words.get(b"license", ())),
        version=first(b"version"),
        authors=tuple(words.get(b"author", ())),
        aliases=tuple(words.get(b"alias", ())),
        description=first(b"description"),
        release=first(b"vermagic").partition(" ")[0],
        intree=first(b"intree") == "Y",
        name=first(b"name"),
    )


_NAME = re.compile(r"(?:.*/)?([^/]+?)\.ko(?:\.[a-z0-9]+)?")


def module_name(path: str) -> str:
    """The name of a module from that of its file."""
    found = _NAME.fullmatch(path)
    return found[1] if found else path.rpartition("/")[2]

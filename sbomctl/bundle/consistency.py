"""Whether the documents of one bundle speak of the same components.

Checksums tell that a file is the one that was written; this tells that the files were
written of one product, also where somebody made new checksums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import msgspec

from sbomctl.bundle.base import INVENTORY
from sbomctl.errors import CorruptInput
from sbomctl.model import Bom
from sbomctl.readers.sbomctl_json import decode

_PACKAGE = "Package-"
_COMPONENT = "c-"  # what ids of components start with
_NAMED = 5
T = TypeVar("T")


class _Spdx23Package(msgspec.Struct):
    id: str = msgspec.field(name="SPDXID")


class _Spdx23(msgspec.Struct):
    packages: list[_Spdx23Package]


class _Spdx3Element(msgspec.Struct):
    type: str
    id: str = msgspec.field(name="spdxId", default="")


class _Spdx3(msgspec.Struct):
    elements: list[_Spdx3Element] = msgspec.field(name="@graph")


class _CycloneDxComponent(msgspec.Struct):
    id: str = msgspec.field(name="bom-ref")


class _CycloneDx(msgspec.Struct):
    components: list[_CycloneDxComponent] = []


def _spdx23(data: bytes) -> list[str]:
    return [one.id.removeprefix("SPDXRef-") for one in msgspec.json.decode(data, type=_Spdx23).packages]


def _spdx3(data: bytes) -> list[str]:
    found = msgspec.json.decode(data, type=_Spdx3).elements
    return [one.id.rpartition("#")[2] for one in found if one.type == "software_Package"]


def _cyclonedx(data: bytes) -> list[str]:
    return [_PACKAGE + one.id for one in msgspec.json.decode(data, type=_CycloneDx).components]


_READERS: Mapping[str, Callable[[bytes], list[str]]] = {
    ".spdx.json": _spdx23,
    ".spdx3.json": _spdx3,
    ".cdx.json": _cyclonedx,
}


def components_of(path: str, data: bytes) -> frozenset[str]:
    """The ids of the components in the SBOM document ``data``; raises ``CorruptInput``."""
    reader = next((one for ending, one in _READERS.items() if path.endswith(ending)), None)
    if reader is None:
        raise CorruptInput(f"{path}: no bundle has a document of that name")
    try:
        ids = reader(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptInput(f"{path} is no such document: {error}") from error
    return frozenset(one.removeprefix(_PACKAGE) for one in ids if one.startswith(_PACKAGE + _COMPONENT))


def disagreements(documents: Mapping[str, bytes]) -> Iterator[str]:
    """How the SBOM documents differ from the inventory, one line each; raises ``CorruptInput``."""
    if INVENTORY not in documents:
        return
    bom = decode(documents[INVENTORY], INVENTORY)
    expected = frozenset(one.id for one in bom.components)
    for path, data in sorted(documents.items()):
        if path == INVENTORY:
            continue
        found = components_of(path, data)
        if found != expected:
            yield (
                f"{path} has {len(found):,} components, {INVENTORY} {len(expected):,}: "
                f"{_named(bom, expected ^ found)} in only one of them"
            )


def _named(bom: Bom, ids: frozenset[str]) -> str:
    names = {one.id: f"{one.name} {one.version}".rstrip() for one in bom.components}
    listed = sorted(names.get(one, one) for one in ids)
    more = f" and {len(listed) - _NAMED:,} more" if len(listed) > _NAMED else ""
    return ", ".join(listed[:_NAMED]) + more

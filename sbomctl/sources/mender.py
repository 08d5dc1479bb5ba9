"""Mender Artifacts: a tar with digests, a header that says what the payloads are, and each payload in a tar of its own.

Mender documentation, "Artifact format", versions 2 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar

import msgspec

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.filesystems.base import Node
from sbomctl.filesystems.blob import FileBlob
from sbomctl.filesystems.subtree import Names
from sbomctl.model import path_text
from sbomctl.sources._bundle import looks_like, opened_bundle
from sbomctl.sources._mender_payloads import payloads_of
from sbomctl.sources._payloads import Contents, Payload, checked, few_enough, plain
from sbomctl.sources.archive import member_names
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.documents import decode
from sbomctl.sources.file_system import Piece
from sbomctl.sources.tar_tree import TarTree

_SUFFIX = ".mender"
_VERSIONS = (2, 3)
_DOCUMENT_BYTES = 16 << 20
_DATA = re.compile(r"data/([0-9]{4})\.tar(?:\.(?:gz|xz|zst))?")
_HEADER = re.compile(r"header\.tar(?:\.(?:gz|xz|zst))?")
_DAMAGED = "the Artifact is damaged or was changed; get it again"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


class _Version(msgspec.Struct, frozen=True):
    format: str
    version: int


class _Type(msgspec.Struct, frozen=True):
    type: str | None = None


class _Provides(msgspec.Struct, frozen=True):
    artifact_name: str = ""


class _Info(msgspec.Struct, frozen=True):
    payloads: tuple[_Type, ...] | None = None
    updates: tuple[_Type, ...] | None = None  # its name in version 2
    artifact_provides: _Provides | None = None
    artifact_name: str = ""  # in version 2


class Mender:
    """``mender:PATH[:FILE]``; the file, by name or number, chooses among several root file systems."""

    scheme: ClassVar[str] = "mender"
    about: ClassVar[str] = "Mender Artifact"

    def accepts(self, target: str) -> bool:
        """Whether the target is a tar that starts as an Artifact does, or is called one."""
        return looks_like(target, _is_artifact)

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The root that the Artifact installs, or what it gives to an update module; raises ``InputError``."""
        with opened_bundle(request, lambda blob, path, most: _Artifact(blob, path, most).contents()) as image:
            yield image


def _is_artifact(blob: FileBlob, path: str) -> bool:
    names = member_names(blob, path)
    return next(names, "") == "version" and (path.endswith(_SUFFIX) or next(names, "") == "manifest")


class _Artifact:
    def __init__(self, blob: FileBlob, path: str, most: int) -> None:
        self._path, self._most = path, most
        self._names = Names(TarTree(blob, path, most))
        self._problems = list(self._names.tree.faults)
        version = decode(self._document("version"), _Version, f"{path}: version")
        if version.format != "mender" or version.version not in _VERSIONS:
            told = f"{path}: {version.format} format, version {version.version}; versions 2 and 3 are read"
            raise UnsupportedInput(told, "write it again with a newer mender-artifact")
        self._promised = self._manifest()

    def contents(self) -> Contents:
        """Every payload; each file of the Artifact is checked against its digest first."""
        tops = [path_text(name) for name in self._names.listed(b"")]
        for name in tops:
            if name in self._promised:
                checked(self._node(name), self._promised[name], f"{self._path}: {name}")
        header = Names(self._header(tops))
        info = self._info(header)
        payloads = self._payloads([one.type or "" for one in info.payloads or info.updates or ()])
        name = (info.artifact_provides and info.artifact_provides.artifact_name) or info.artifact_name
        scripts = header.subtree(b"scripts")
        rest = (Piece(scripts, "bundle/scripts", "state scripts of the Mender Artifact"),) if scripts else ()
        return Contents(f"Mender Artifact {name}".strip(), payloads, rest, self._problems)

    def _payloads(self, types: Sequence[str]) -> list[Payload]:
        found: list[Payload] = []
        seen = set[str]()
        for member in [f"data/{path_text(name)}" for name in self._names.listed(b"data")]:
            if match := _DATA.fullmatch(member):
                number, tree = int(match[1]), self._tree(member)
                seen |= self._check(tree, f"data/{match[1]}/")
                kind = types[number] if number < len(types) else ""
                found += payloads_of(tree, kind, f"payload-{number}", self._most)
        missing = sorted(one for one in self._promised if one.startswith("data/") and one not in seen)
        if missing:
            raise CorruptInput(f"{self._path}: {missing[0]} of the manifest is not in it", _DAMAGED)
        return found

    def _check(self, tree: TarTree, prefix: str) -> set[str]:
        """Verify every file of a payload; their names in the manifest."""
        names = Names(tree)
        seen = set()
        for raw in names.listed(b""):
            name = prefix + path_text(raw)
            node = names.node(raw)
            if node is None or name not in self._promised:
                raise CorruptInput(f"{self._path}: the manifest has no digest of {name}", _DAMAGED)
            checked(node, self._promised[name], f"{self._path}: {name}")
            seen.add(name)
        return seen

    def _manifest(self) -> Mapping[str, str]:
        """The digest of each file by its name, of both manifests."""
        promised: dict[str, str] = {}
        for name in ("manifest", "manifest-augment"):
            if name == "manifest" or self._names.node(name.encode()) is not None:
                lines = self._document(name).decode("utf-8", "replace").splitlines()
                found = [_LINE.fullmatch(line) for line in lines]
                promised |= {match[2]: match[1] for match in found if match}
                if None in found or not found:
                    raise CorruptInput(f"{self._path}: its {name} is no list of digests", _DAMAGED)
        missing = [one for one in promised if not one.startswith("data/") and self._names.node(one.encode()) is None]
        if missing:
            raise CorruptInput(f"{self._path}: {missing[0]} of the manifest is not in it", _DAMAGED)
        few_enough(len(promised), self._path)
        return promised

    def _header(self, tops: Sequence[str]) -> TarTree:
        found = [name for name in tops if _HEADER.fullmatch(name)]
        if not found:
            raise CorruptInput(f"{self._path}: no header in it", _DAMAGED)
        return self._tree(found[0])

    def _info(self, header: Names) -> _Info:
        node = header.node(b"header-info")
        if node is None:
            raise CorruptInput(f"{self._path}: no header-info in it", _DAMAGED)
        return decode(node.pread(0, min(node.size, _DOCUMENT_BYTES)), _Info, f"{self._path}: header-info")

    def _tree(self, name: str) -> TarTree:
        """A member that is a tar; what is wrong with it is told here, for often no layer is made of it."""
        tree = TarTree(plain(self._node(name)), f"{self._path}: {name}", self._most)
        self._problems += [f"{name}: {fault}" for fault in tree.faults]
        return tree

    def _document(self, name: str) -> bytes:
        node = self._node(name)
        return node.pread(0, min(node.size, _DOCUMENT_BYTES))

    def _node(self, name: str) -> Node:
        node = self._names.node(name.encode())
        if node is None:
            raise CorruptInput(f"{self._path}: no {name} in it", "it is no Mender Artifact, or damaged")
        return node

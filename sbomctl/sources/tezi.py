"""Bundles of the Toradex Easy Installer: a description, tars of partitions, files to add to them, raw images.

Toradex documentation, "Toradex Easy Installer Configuration Files".
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from sbomctl.errors import CorruptInput, InputError, UnsupportedInput
from sbomctl.filesystems.base import Damaged, FileSystem, Node
from sbomctl.filesystems.blob import FileBlob
from sbomctl.filesystems.loose import Loose
from sbomctl.filesystems.subtree import Names
from sbomctl.sources._host_tree import HostTree
from sbomctl.sources._payloads import Contents, Payload, arranged_contents, one_error, placed, plain, rest_of
from sbomctl.sources.archive import Archive, member_names
from sbomctl.sources.base import Limits, OpenImage, Request
from sbomctl.sources.documents import decode, read_document
from sbomctl.sources.file_system import Piece
from sbomctl.sources.host_file import exists, open_regular, random_access, split_reference
from sbomctl.sources.stream import sniff
from sbomctl.sources.tar_tree import TarTree

_DESCRIPTION = "image.json"
_DESCRIPTION_BYTES = 4 << 20
_ENOUGH = 64  # names of which none is the description: it is no bundle
_DEVICES = ("blockdevs", "mtddevs")
_PARTS = ("partitions", "ubivolumes")
_ROOTS = frozenset(("otaroot", "rootfs"))
_VAR = re.compile(r"ostree/deploy/[^/]+/var(?=/|$)")  # the /var of every deployment of a system


class _Content(NamedTuple):
    """What is written to one partition, volume or device."""

    device: str
    facts: dict[str, Any]

    @property
    def label(self) -> str:
        label = self.facts.get("label")
        return label if isinstance(label, str) else ""


class Tezi:
    """``tezi:PATH[:FILE]``, a tar or a directory; the file, by name or number, chooses among several roots."""

    scheme: ClassVar[str] = "tezi"
    about: ClassVar[str] = "bundle of the Toradex Easy Installer, a tar or a directory"

    def accepts(self, target: str) -> bool:
        """Whether the target is a directory with a description, or a plain tar with one among its first names."""
        path = split_reference(target)[0]
        try:
            if Path(path).is_dir():
                with open_regular(f"{path}/{_DESCRIPTION}", path) as file:
                    return _describes(file.read(_DESCRIPTION_BYTES))
            with open_regular(path, path) as file:
                return sniff(file.read(8)) == "plain" and _is_bundle(FileBlob(file.fileno()), path)
        except (InputError, Damaged, OSError, ValueError):
            return False

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The root that is installed, with what is beside it and the images that are added; raises ``InputError``."""
        path, wanted = split_reference(request.target)
        with ExitStack() as stack:
            stack.enter_context(one_error(path))
            if exists(path) and Path(path).is_dir():
                tree: FileSystem = HostTree(os.path.realpath(os.fsencode(path)))
            else:
                file, _ = stack.enter_context(random_access(path, request.limits.layer_bytes))
                tree = TarTree(FileBlob(file.fileno()), path, request.limits.members)
            contents = _Bundle(tree, path, request.limits).contents()
            yield arranged_contents(contents, path, request, wanted).opened(request, path)


def _is_bundle(blob: FileBlob, path: str) -> bool:
    names = islice(member_names(blob, path), _ENOUGH)
    found = next((name for name in names if _is_description(name)), "")
    return bool(found) and _describes(read_document(Archive(blob, path), found, Limits()))


def _is_description(name: str) -> bool:
    """Whether it lies at the top, or in a directory there."""
    return name == _DESCRIPTION or (name.count("/") == 1 and name.endswith(f"/{_DESCRIPTION}"))


def _describes(text: bytes) -> bool:
    found = decode(text, dict[str, Any], _DESCRIPTION)
    return any(isinstance(found.get(key), list) for key in _DEVICES)


class _Bundle:
    def __init__(self, tree: FileSystem, path: str, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self._tree = _home(tree, path)
        self._names = Names(self._tree)
        self._used: set[bytes] = {_DESCRIPTION.encode()}
        self._problems: list[str] = []

    def contents(self) -> Contents:
        """The tars and images of every device, then the files that are added to them."""
        node = self._names.node(_DESCRIPTION.encode())
        text = node.pread(0, min(node.size, _DESCRIPTION_BYTES)) if node else b""
        facts = decode(text, dict[str, Any], f"{self._path}: {_DESCRIPTION}")
        payloads: dict[str, Payload] = {}
        added: dict[tuple[str, ...], Piece] = {}
        for content in _contents(facts):
            own = [name for key in ("filename", "rawfile", "rawfiles") for name in _files(content.facts.get(key))]
            for name in own:
                if name not in payloads and (found := self._payload(name, content)):
                    payloads[name] = found
            for words in _lines(content.facts.get("filelist")):
                if words not in added and (piece := self._added(words, content)):
                    added[words] = piece
        if not payloads and not self._problems:
            raise UnsupportedInput(
                f"{self._path}: {_DESCRIPTION} names no image", "name a bundle that holds its images"
            )
        about = " ".join(str(facts[key]) for key in ("name", "version") if isinstance(facts.get(key), str))
        rest = rest_of(self._tree, self._used, "files of the installer")
        return Contents(f"installer of {about}", [*payloads.values()], [*added.values(), *rest], self._problems)

    def _payload(self, name: str, content: _Content) -> Payload | None:
        node = self._file(name)
        if node is None:
            return None
        label = content.label
        title = f"{label or 'raw image of ' + content.device} ({name})"
        return Payload(name, title, node, place=label or name, label=label, is_root=label in _ROOTS)

    def _file(self, name: str) -> Node | None:
        """A file of the bundle; that it is not there is a problem."""
        node = self._names.node(name.encode())
        self._used.add(name.encode())
        if node is None or not stat.S_ISREG(node.mode):
            self._problems.append(f"{name} of {_DESCRIPTION} is not in the bundle")
            return None
        return node

    def _added(self, words: tuple[str, ...], content: _Content) -> Piece | None:
        """A file that is put into a partition, or a tar that is unpacked there."""
        name, place = words[0], words[1] if len(words) > 1 else "/"
        node = self._file(name)
        if node is None:
            return None
        home = _placed(place, content)
        says = f"{name}, added to {content.label or content.device}"
        if len(words) > 2 and words[2].strip().lower() == "true":
            try:
                return Piece(TarTree(plain(node), f"{self._path}: {name}", self._limits.members), home, says)
            except Damaged as error:
                self._problems.append(f"{name}: {error}")
            except InputError as error:
                self._problems.append(error.message)
            return None
        folder, _, file = home.rpartition("/")
        if place.endswith("/") or not file:
            folder, file = home, name.rpartition("/")[2]
        return Piece(Loose("a file", {file: node}), folder, says)


def _home(tree: FileSystem, path: str) -> FileSystem:
    """The directory with the description."""
    names = Names(tree)
    for folder in (b"", *names.listed(b"")[:_ENOUGH]):
        found = names.subtree(folder)
        if found is not None and names.node(folder + b"/" + _DESCRIPTION.encode()) is not None:
            return found if folder else tree
    raise CorruptInput(f"{path}: no {_DESCRIPTION} in it", "it is no bundle of the Toradex Easy Installer, or damaged")


def _contents(facts: dict[str, Any]) -> Iterator[_Content]:
    for device in _groups(facts, _DEVICES):
        name = device.get("name")
        for part in (device, *_groups(device, _PARTS)):
            content = part.get("content")
            if isinstance(content, dict):
                yield _Content(name if isinstance(name, str) else "a device", content)


def _groups(facts: dict[str, Any], keys: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for key in keys:
        listed = facts.get(key)
        yield from (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()


def _files(value: object) -> list[str]:
    """The files that a key names: one, a list of them, or of groups with a name."""
    words = value if isinstance(value, list) else [value]
    names = [one.get("filename") if isinstance(one, dict) else one for one in words]
    return [name for name in names if isinstance(name, str) and name]


def _lines(value: object) -> Iterator[tuple[str, ...]]:
    """``SOURCE:DESTINATION[:UNPACK]``, each cut into its words."""
    for line in value if isinstance(value, list) else ():
        if isinstance(line, str) and line:
            yield tuple(line.split(":"))


def _placed(place: str, content: _Content) -> str:
    """Where in the image a place in a partition is; the /var of deployments is that of the one that starts."""
    in_root = content.label in _ROOTS or not content.label
    return _VAR.sub("var", placed(place)) if in_root else placed(f"{content.label}/{place}")

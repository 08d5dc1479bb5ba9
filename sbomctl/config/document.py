"""A YAML file as plain data that knows where every key and value stands.

Why not ``yaml.load``: it forgets positions, lets the last of two equal keys win, expands
aliases without a bound and recurses on the depth of the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from sbomctl.config.composer import Bounds, Composer, Event, Mark, Node, position, refused
from sbomctl.errors import ConfigError, Fault

BOUNDS = Bounds()


class Document(msgspec.Struct, frozen=True):
    """A parsed file. ``faults`` are those of the YAML itself that reading could go past."""

    file: str
    root: Node
    faults: tuple[Fault, ...] = ()

    @property
    def data(self) -> Any:  # noqa: ANN401 - what the user wrote
        """The content as dict, list, str, int, float, bool and None."""
        return self.root.data

    def node(self, path: Sequence[str | int]) -> Node:
        """The deepest node that exists on the way to ``path``."""
        node = self.root
        for step in path:
            if step not in node.items:
                break
            node = node.items[step]
        return node

    def fault(self, path: Sequence[str | int], message: str) -> Fault:
        """A fault of the value at ``path``."""
        return Fault(self.file, *self.node(path).mark, message)

    def key_fault(self, path: Sequence[str | int], message: str) -> Fault:
        """A fault of the key that ends ``path``; of the value where that is a list item."""
        marks = self.node(path[:-1]).keys
        mark = marks.get(str(path[-1])) if path else None
        return Fault(self.file, *mark, message) if mark else self.fault(path, message)


def read(file: Path, bounds: Bounds = BOUNDS, *, if_missing: str = "") -> Document:
    """The document in ``file``; raises ``ConfigError`` when it is no readable YAML at all.

    ``if_missing`` is the hint for a file that is not there.
    """
    return parse(content(file, bounds, if_missing=if_missing), str(file), bounds)


def content(file: Path, bounds: Bounds = BOUNDS, *, if_missing: str = "") -> bytes:
    """The bytes of ``file``, no more than the bounds allow; raises ``ConfigError``."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(bounds.file_bytes + 1)
    except (OSError, ValueError) as error:
        hint = if_missing if isinstance(error, FileNotFoundError) else ""
        raise ConfigError(f"cannot read {file}: {getattr(error, 'strerror', '') or error}", hint) from error
    if len(raw) > bounds.file_bytes:
        raise refused(Fault(str(file), 0, 0, f"larger than {bounds.file_bytes} bytes; this is no configuration file"))
    return raw


def parse(raw: bytes, name: str, bounds: Bounds = BOUNDS) -> Document:
    """The document in ``raw``; ``name`` is the file's name for faults."""
    composer = _composed(raw, Composer(name, bounds), name)
    if composer.root is None:
        raise refused(Fault(name, 1, 1, "the file is empty"))
    return Document(name, composer.root, tuple(composer.faults))


def parse_foreign(raw: bytes, name: str, bounds: Bounds = BOUNDS) -> tuple[list[Document], tuple[Fault, ...]]:
    """Every document in a file of another program, and what was wrong in it; see ``Composer``."""
    composer = _composed(raw, Composer(name, bounds, foreign=True), name)
    return [Document(name, root) for root in composer.roots], tuple(composer.faults)


def _composed(raw: bytes, composer: Composer, name: str) -> Composer:
    import yaml

    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _mark_at(error.object, error.start)
        raise refused(Fault(name, *place, f"byte 0x{error.object[error.start]:02x} is not UTF-8")) from error
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            composer.take(event)
    except yaml.reader.ReaderError as error:
        place = _mark_at(text.encode(), error.position)
        raise refused(Fault(name, *place, "control characters are not allowed")) from error
    except yaml.MarkedYAMLError as error:
        raise refused(Fault(name, *position(error.problem_mark), _sentence(error))) from error
    return composer


def _mark_at(raw: bytes, offset: int) -> Mark:
    before = raw[:offset].decode("utf-8", "replace")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _sentence(error: Event) -> str:
    context = f" {error.context}" if error.context else ""
    return f"not YAML: {error.problem}{context}"

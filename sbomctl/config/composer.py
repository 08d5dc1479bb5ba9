"""YAML events folded into nodes, with bounds; nothing here recurses."""

from __future__ import annotations

from typing import Any

import msgspec

from sbomctl.config.scalars import resolve
from sbomctl.errors import ConfigError, Fault

Mark = tuple[int, int]  # line and column, 1-based
Event = Any  # PyYAML's events and marks, which have no types

_STRING_TAGS = ("tag:yaml.org,2002:str", "!")


class Bounds(msgspec.Struct, frozen=True):
    """What one file may cost; no product file comes near."""

    file_bytes: int = 1 << 20
    depth: int = 40
    nodes: int = 100_000  # with every alias expanded


class Node(msgspec.Struct):
    """One YAML value: its plain ``data``, where it starts, and its children."""

    mark: Mark
    data: Any = None
    text: str = ""  # a scalar as it was written
    items: dict[str | int, Node] = {}  # by key, or by index
    keys: dict[str, Mark] = {}
    size: int = 1  # nodes, aliases expanded
    height: int = 1
    tag: str = ""  # as ``!tag``, where one is written


def refused(fault: Fault) -> ConfigError:
    """The error that ends reading at ``fault``."""
    return ConfigError(f"{fault.file} cannot be read", faults=(fault,))


def position(mark: Event) -> Mark:
    """Line and column of a PyYAML mark; zeros for None."""
    return (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)


class _Frame(msgspec.Struct):
    """A mapping or sequence that is still open."""

    node: Node
    anchor: str | None
    mapping: bool
    key: str | None = None  # the key that waits for its value
    key_mark: Mark = (0, 0)
    skip: bool = False  # the waiting key is faulty: its value goes nowhere


class Composer:
    """Takes the events of one stream; then ``root`` is its document and ``faults`` what was wrong in it.

    ``foreign`` is for files of other programs: they may hold several documents, tags are kept
    and not judged, and a key that is no text counts as it is written.
    """

    def __init__(self, file: str, bounds: Bounds, *, foreign: bool = False) -> None:
        self.roots: list[Node] = []
        self.faults: list[Fault] = []
        self._file = file
        self._bounds = bounds
        self._foreign = foreign
        self._size = 0  # of all documents
        self._stack: list[_Frame] = []
        self._anchors: dict[str, Node | None] = {}  # None while still open
        self._acts = {
            "DocumentStartEvent": self._document,
            "ScalarEvent": self._scalar,
            "AliasEvent": self._alias,
            "SequenceStartEvent": lambda event: self._open(event, []),
            "MappingStartEvent": lambda event: self._open(event, {}),
            "SequenceEndEvent": self._close,
            "MappingEndEvent": self._close,
        }

    @property
    def root(self) -> Node | None:
        """The first document."""
        return self.roots[0] if self.roots else None

    def take(self, event: Event) -> None:
        """Work in the next event; raises ``ConfigError`` where a bound is passed."""
        act = self._acts.get(type(event).__name__)
        if act is not None:
            act(event)

    def _document(self, event: Event) -> None:
        if self.roots and not self._foreign:
            raise refused(self._fault(position(event.start_mark), "a second document; write one per file"))

    def _scalar(self, event: Event) -> None:
        mark = self._checked_tag(event)
        plain = event.implicit[0] and event.tag is None
        node = Node(mark, resolve(event.value) if plain else event.value, event.value, tag=event.tag or "")
        self._remember(event.anchor, node)
        self._add(node, mark)

    def _alias(self, event: Event) -> None:
        mark = position(event.start_mark)
        node = self._anchors.get(event.anchor)
        if node is None:
            what = "stands inside itself" if event.anchor in self._anchors else "has no anchor before it"
            raise refused(self._fault(mark, f"alias *{event.anchor} {what}"))
        self._add(node, mark)

    def _open(self, event: Event, data: list[Any] | dict[str, Any]) -> None:
        mark = self._checked_tag(event)
        if len(self._stack) >= self._bounds.depth:
            raise refused(self._fault(mark, f"nested deeper than {self._bounds.depth} levels"))
        self._remember(event.anchor, None)
        self._stack.append(_Frame(Node(mark, data, tag=event.tag or ""), event.anchor, isinstance(data, dict)))

    def _close(self, _event: Event) -> None:
        frame = self._stack.pop()
        self._remember(frame.anchor, frame.node)
        self._add(frame.node, frame.node.mark)

    def _add(self, node: Node, mark: Mark) -> None:
        """Put a finished node, seen at ``mark``, where it belongs."""
        if not self._stack:
            self._end(node, mark)
            return
        frame = self._stack[-1]
        if frame.skip:
            frame.skip = False
        elif not frame.mapping:
            self._grow(frame.node, node, mark)
            frame.node.items[len(frame.node.items)] = node
            frame.node.data.append(node.data)
        elif frame.key is None:
            self._key(frame, node, mark)
        else:
            self._grow(frame.node, node, mark)
            frame.node.items[frame.key] = node
            frame.node.keys[frame.key] = frame.key_mark
            frame.node.data[frame.key] = node.data
            frame.key = None

    def _key(self, frame: _Frame, node: Node, mark: Mark) -> None:
        frame.key_mark = mark
        if self._foreign and not node.items and not isinstance(node.data, list | dict):
            node = Node(mark, node.text, node.text)
        if not isinstance(node.data, str):
            if self._foreign:  # a mapping as a key: nothing that is looked for has one
                frame.skip = True
                return
            shown = node.text or "it"
            self.faults.append(self._fault(mark, f"a key must be text; put {shown} in quotes"))
            frame.skip = True
        elif node.data in frame.node.keys:
            first = frame.node.keys[node.data][0]
            self.faults.append(self._fault(mark, f"key {node.data!r} is already given in line {first}"))
            frame.skip = True
        else:
            frame.key = node.data

    def _grow(self, parent: Node, child: Node, mark: Mark) -> None:
        parent.size += child.size
        parent.height = max(parent.height, child.height + 1)
        if parent.size > self._bounds.nodes:
            raise refused(self._fault(mark, f"more than {self._bounds.nodes} values once aliases are expanded"))
        if parent.height > self._bounds.depth:
            raise refused(self._fault(mark, f"nested deeper than {self._bounds.depth} levels"))

    def _end(self, root: Node, mark: Mark) -> None:
        self.roots.append(root)
        self._anchors.clear()  # they are those of one document (YAML 1.2.2, 3.2.2.2)
        self._size += root.size
        if self._size > self._bounds.nodes:
            raise refused(self._fault(mark, f"more than {self._bounds.nodes} values once aliases are expanded"))

    def _remember(self, anchor: str | None, node: Node | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node

    def _checked_tag(self, event: Event) -> Mark:
        mark = position(event.start_mark)
        if event.tag is not None and event.tag not in _STRING_TAGS and not self._foreign:
            self.faults.append(self._fault(mark, f"tag {event.tag} is not understood; remove it"))
        return mark

    def _fault(self, mark: Mark, message: str) -> Fault:
        return Fault(self._file, *mark, message)

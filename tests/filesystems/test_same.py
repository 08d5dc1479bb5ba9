"""What makes two slots of a device the same: everything that a scan could tell of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from trees import make

from sbomctl.filesystems.base import Damaged, FileSystem, Node
from sbomctl.filesystems.blob import Held
from sbomctl.filesystems.detect import open_file_system
from sbomctl.filesystems.same import same_bytes, same_tree
from sbomctl.filesystems.walk import find

LIMIT = 100


@pytest.fixture
def root(tmp_path) -> Path:
    root = tmp_path / "root"
    for name, content in {"bin/app": "version 1.0\n" * 500, "etc/release": "edge\n"}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    (root / "bin/link").symlink_to("app")
    return root


def packed(root: Path, *options: str) -> bytes:
    image = root.with_suffix(".squashfs")
    make("mksquashfs", root, image, "-noappend", "-quiet", "-no-progress", "-all-root", *options)
    return image.read_bytes()


def same(one: bytes, other: bytes) -> set[bool]:
    """Whether they are, in both orders."""
    trees = [open_file_system(Held(data)) for data in (one, other)]
    return {same_tree(*trees, LIMIT), same_tree(*reversed(trees), LIMIT)}


def test_how_a_tree_is_packed_does_not_count(root):
    one, other = packed(root), packed(root, "-comp", "xz", "-b", "4K", "-no-fragments")
    assert one != other
    assert same(one, other) == {True}


CHANGES = {
    "other content of the same size": lambda root: (root / "bin/app").write_text("version 1.1\n" * 500),
    "more content": lambda root: (root / "etc/release").write_text("edge\nmore\n"),
    "the rights to run as root": lambda root: (root / "bin/app").chmod(0o4755),
    "a link to somewhere else": lambda root: ((root / "bin/link").unlink(), (root / "bin/link").symlink_to("apx")),
    "a file instead of a link": lambda root: ((root / "bin/link").unlink(), (root / "bin/link").write_text("app")),
    "one file more": lambda root: (root / "zzz").touch(),
    "another name": lambda root: (root / "etc/release").rename(root / "etc/releasf"),
    "nothing in a directory": lambda root: (root / "etc/release").unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_differs_in_a_tree_counts(root, change):
    other = root.with_name("other")
    shutil.copytree(root, other, symlinks=True)
    assert same(packed(root), packed(other)) == {True}
    CHANGES[change](other)
    assert same(packed(root), packed(other)) == {False}


class Broken:
    """A tree of which one node, or what is in it, cannot be read."""

    label = uuid = kind = ""
    notes = faults = ()

    def __init__(self, tree: FileSystem, path: bytes, *, only_inside: bool) -> None:
        self._tree, self.root, self._only_inside = tree, tree.root, only_inside
        self._key = find(tree, path).key

    def node(self, ref: int) -> Node:
        node = self._tree.node(ref)
        if node.key == self._key and not self._only_inside:
            raise Damaged("it cannot be read")
        return Unreadable(node) if node.key == self._key else node


class Unreadable(Node):
    def __init__(self, node: Node) -> None:
        super().__init__(node.key, node.mode, node.size, node.links)

    def names(self):
        raise Damaged("it cannot be read")

    def pread(self, offset: int, size: int) -> bytes:
        raise Damaged("it cannot be read")


@pytest.mark.parametrize("path", [b"bin/app", b"etc"])
@pytest.mark.parametrize("only_inside", [False, True])
def test_what_cannot_be_read_is_the_same_as_nothing(root, path, only_inside):
    """Not even as itself: who knows what is there."""
    tree = open_file_system(Held(packed(root)))
    broken = Broken(tree, path, only_inside=only_inside)
    assert not same_tree(broken, broken, LIMIT)
    assert same_tree(tree, tree, LIMIT)


def test_more_entries_than_are_allowed_are_the_same_as_nothing(root):
    tree = open_file_system(Held(packed(root)))
    assert not same_tree(tree, tree, 2)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (b"", b"", True),
        (b"abc", b"abc", True),
        (b"abc", b"abd", False),
        (b"abc", b"abcd", False),
        (b"", b"\0", False),
        (bytes(3 << 20), bytes(3 << 20), True),
        (bytes(3 << 20), bytes((3 << 20) - 1) + b"x", False),
    ],
)
def test_bytes(one, other, expected):
    assert same_bytes(Held(one), Held(other)) is expected
    assert same_bytes(Held(other), Held(one)) is expected

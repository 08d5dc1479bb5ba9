"""The view of random stacks of layers, against a model that unpacks them one after the other."""

from __future__ import annotations

import io
import tarfile
from contextlib import suppress

from conftest import stack_of
from hypothesis import given, settings
from hypothesis import strategies as st
from unpacked import Directory, Member, Refused, listing, unpack

from sbomctl.layers.stack_view import StackView
from sbomctl.model import FileType

NAMES = ("a", "b", "c")
TARGETS = ("a", "b", "c", "../a", "/b", "a/b", "../b/c", "/c/a", "gone", "..")

paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
contents = st.integers(0, 99).map(lambda number: f"{number}".encode())
entries = st.one_of(
    st.tuples(paths, st.just("file"), contents),
    st.tuples(paths, st.just("file"), contents),
    st.tuples(paths, st.just("dir"), st.none()),
    st.tuples(paths, st.just("sym"), st.sampled_from(TARGETS)),
    st.tuples(paths, st.just("hard"), paths),
    st.tuples(paths, st.just("whiteout"), st.none()),
    st.tuples(paths, st.just("opaque"), st.none()),
)
stacks = st.lists(st.lists(entries, max_size=7), min_size=1, max_size=4)


def layer(members: list[Member]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, kind, value in members:
            info = tarfile.TarInfo(stored_name(name, kind))
            info.type = {"dir": tarfile.DIRTYPE, "sym": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE}.get(kind, b"0")
            info.linkname = value if kind in ("sym", "hard") else ""
            info.size = len(value) if kind == "file" else 0
            tar.addfile(info, io.BytesIO(value) if kind == "file" else None)
    return buffer.getvalue()


def stored_name(name: str, kind: str) -> str:
    parent, slash, last = name.rpartition("/")
    if kind == "whiteout":
        return f"{parent}{slash}.wh.{last}"
    return f"{name}/.wh..wh..opq" if kind == "opaque" else name


def shown(view: StackView) -> dict[str, tuple[str, object]]:
    """What the view lists, and the directories that its paths imply."""
    out: dict[str, tuple[str, object]] = {}
    for path in view:
        entry = view.lookup(path)[1]
        value = entry.link_target if entry.type is FileType.SYMLINK else ""
        if entry.type is FileType.REGULAR:
            value = view.open(path).data
        out[path] = (entry.type.value, value)
        while path := path.rpartition("/")[0]:
            out.setdefault(path, ("directory", ""))
    return out


def unpacked(tree: Directory, members: list[Member]) -> tuple[Directory, list[Member]]:
    """The tree with a layer on it, and the layer without what no engine unpacks.

    Without second members of a name, too, except directories: only the last is kept, so what
    lay below it in between, or where a link on the way led before, is not known.
    """
    kinds: dict[str, str] = {}
    kept: list[Member] = []
    after = tree
    for member in members:
        name, kind, _ = member
        if kind not in ("whiteout", "opaque") and name in kinds and not kinds[name] == kind == "dir":
            continue
        with suppress(Refused):
            after = unpack(tree, [*kept, member])
            kept.append(member)
            if kind not in ("whiteout", "opaque"):
                kinds[name] = kind
    return after, kept


@settings(max_examples=250, derandomize=True)
@given(stacks)
def test_every_depth_shows_what_unpacking_gives(layers):
    trees = [Directory()]
    tars = []
    for members in layers:
        tree, kept = unpacked(trees[-1], members)
        trees.append(tree)
        tars.append(layer(kept))
    stack = stack_of(*tars)
    for depth, tree in enumerate(trees):
        assert shown(stack.view(depth)) == listing(tree), depth

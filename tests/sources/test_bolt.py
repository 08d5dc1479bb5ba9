"""Databases of bbolt: those of containerd, also as machines with larger pages write them, and hostile ones."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from system_builder import containerd

from sbomctl.filesystems.base import Damaged
from sbomctl.filesystems.blob import Held
from sbomctl.sources.systems._bolt import Bolt

META, PAGE = "<IIIIQQQQQ", 4096


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> bytes:
    folder = tmp_path_factory.mktemp("bolt")
    with containerd(folder / "run", folder / "home") as ctr:
        for number in range(60):  # more than one page holds
            ctr("namespaces", "create", f"edge-{number:02}", f"text={'x' * 100}")
    return (folder / "home/io.containerd.metadata.v1.bolt/meta.db").read_bytes()


def namespaces(data: bytes) -> list[bytes]:
    return [name for name, value in Bolt(Held(data)).items(b"v1") if value is None]


def fnv(data: bytes) -> int:
    found = 0xCBF29CE484222325
    for byte in data:
        found = (found ^ byte) * 0x100000001B3 % 2**64
    return found


def meta(page_bytes: int, root: int, transaction: int) -> bytes:
    fields = struct.pack(META, 0xED0CDAED, 2, page_bytes, 0, root, 0, 0, 1 << 20, transaction)
    return struct.pack("<QHHI", transaction % 2, 4, 0, 0) + fields + struct.pack("<Q", fnv(fields))


def transactions(data: bytes) -> list[tuple[int, int]]:
    """Transaction and root of both pages that a database starts with, the later first."""
    found = [struct.unpack_from(META, data, place + 16) for place in (0, PAGE)]
    return sorted(((one[8], one[4]) for one in found), reverse=True)


def test_names_of_containerd(database):
    assert namespaces(database)[-60:] == [f"edge-{number:02}".encode() for number in range(60)]
    assert dict(Bolt(Held(database)).items(b"v1", b"edge-07", b"labels")) == {b"text": b"x" * 100}
    assert list(Bolt(Held(database)).items(b"v1", b"nobody")) == []


@pytest.mark.parametrize("page_bytes", [1024 * 16, 1024 * 64])
def test_pages_are_as_large_as_those_of_the_machine(database, page_bytes):
    """The same pages further apart; of the transaction before the last nothing is left."""
    whole = bytearray(len(database) // PAGE * page_bytes)
    for number in range(2, len(database) // PAGE):
        (further,) = struct.unpack_from("<I", database, number * PAGE + 12)
        content = database[number * PAGE : (number + 1 + min(further, 100)) * PAGE]
        whole[number * page_bytes : number * page_bytes + len(content)] = content
    (last, root), (before, _) = transactions(database)
    for place, data in ((0, meta(page_bytes, 1 << 40, before)), (page_bytes, meta(page_bytes, root, last))):
        whole[place : place + len(data)] = data
    assert namespaces(bytes(whole)) == namespaces(database)


def test_a_transaction_that_was_being_written_does_not_count(database):
    (last, _), (before, root) = transactions(database)
    torn = bytearray(meta(PAGE, 1 << 40, last + 1))
    torn[-1] ^= 1
    data = (meta(PAGE, root, before).ljust(PAGE, b"\0") + torn.ljust(PAGE, b"\0")) + database[2 * PAGE :]
    assert last > before
    assert set(namespaces(data)) <= set(namespaces(database))


def page(number: int, kind: int, elements: bytes, count: int, further: int = 0) -> bytes:
    return (struct.pack("<QHHI", number, kind, count, further) + elements).ljust((1 + further) * PAGE, b"\0")


def hostile(root: bytes) -> bytes:
    return (meta(PAGE, 2, 1).ljust(PAGE, b"\0") * 2) + root


@pytest.mark.parametrize(
    "root",
    [
        page(2, 1, struct.pack("<IIQ", 0, 0, 2) * 200, 200),  # leads back to itself
        page(2, 2, struct.pack("<IIII", 0, 1600, 1000, 1000) * 100, 100, further=1),  # all say the same bytes
        page(2, 2, struct.pack("<IIII", 0, 16, 1 << 31, 1), 1),
        page(2, 3 << 4, b"", 0),
        page(2, 1, struct.pack("<IIQ", 0, 0, 1 << 60), 1),
    ],
)
def test_hostile_pages_are_one_error(root):
    with pytest.raises(Damaged):
        list(Bolt(Held(hostile(root))).items(b"v1"))


def test_pages_that_are_named_often_cost_no_memory(tmp_path: Path):
    """Each of many branches is the same page of many megabytes."""
    import tracemalloc

    from sbomctl.filesystems.blob import FileBlob

    path = tmp_path / "meta.db"
    path.write_bytes(hostile(page(2, 1, struct.pack("<IIQ", 0, 0, 18) * 3000, 3000, further=15)))
    with path.open("r+b") as file:
        file.seek(18 * PAGE)
        file.write(struct.pack("<QHHI", 18, 2, 0, (8 << 20) // PAGE - 1))
        file.truncate(16 << 20)
        tracemalloc.start()
        with pytest.raises(Damaged, match="too many pages"):
            list(Bolt(FileBlob(file.fileno())).items(b"v1"))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 64 << 20

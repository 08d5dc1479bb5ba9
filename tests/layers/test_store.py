"""The cache on disk: what comes out is what went in, or nothing."""

from __future__ import annotations

import hashlib
import logging
import os
import tarfile
from pathlib import Path

import msgspec
import pytest
from conftest import layer, tar_of
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.errors import OutputError
from sbomctl.layers import store as store_module
from sbomctl.layers.harvest import HARVEST_VERSION, Harvest, harvest
from sbomctl.layers.packed import Damaged, _zstd, pack, unpack
from sbomctl.layers.store import Store, key_of
from sbomctl.model import Content, FileEntry, FileType
from sbomctl.sources.base import Limits

zstd = _zstd()
KEY, OTHER = "a" * 64, "b" * 64
GO, RUST = b"\x7fELF" + bytes(9000) + b".go.buildinfo\0", b"\x7fELF" + bytes(9000) + b".dep-v0\0"
TAR = tar_of(
    {
        "etc": None, "etc/wanted": "kept", "etc/empty": "", "etc/link": ("sym", "wanted"), "usr/lib/a.so": b"\x7fELF",
        "bin/go": GO, "bin/rust": RUST, "bin/tool": "#!/bin/sh\n# license\n", "bin/same": ("hard", "bin/tool"),
        "lib.a": b"!<arch>\n", "x.pyc": "x", "b\udcff\\x41": "odd", "../up": "climbs",
        "etc/.wh.gone": "", "etc/.wh..wh..opq": "",
        "dir": None, "dir/lost": "replaced", "big/plain": b"x" * (3 << 20), "twice": "1", "dir/": ("sym", "etc"),
        "none": ("hard", "not/here"),
    },
    fmt=tarfile.GNU_FORMAT,
)  # fmt: skip


def wanted(path: str) -> bool:
    return path.startswith("etc/")


def sample(data: bytes = TAR) -> Harvest:
    return harvest(layer(data), wanted, Limits())


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "cache") as opened:
        yield opened


def file_of(store: Store, key: str = KEY) -> Path:
    return store.place / "harvests" / f"{key}.harvest"


def same(one: Harvest | None, other: Harvest) -> bool:
    """Equal, in the same order."""
    return one == other and list(one.entries) == list(other.entries) and list(one.blobs) == list(other.blobs)


def test_what_is_saved_is_loaded(store):
    before = sample()
    assert before.faults
    assert before.links == ("etc/link",)
    assert len(before.heads) == 1
    assert {entry.content for entry in before.entries.values()} == set(Content)
    assert store.load(KEY) is None
    store.save(KEY, before)
    assert same(store.load(KEY), before)
    assert store.load(OTHER) is None


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ENTRIES = st.builds(
    FileEntry,
    TEXT,
    st.sampled_from(FileType),
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**63 - 1),
    TEXT,
    TEXT,
    st.sampled_from(Content),
)
HARVESTS = st.builds(
    Harvest,
    TEXT,
    st.integers(0, 2**63 - 1),
    st.booleans(),
    st.lists(ENTRIES, max_size=20).map(lambda entries: {entry.path: entry for entry in entries}),
    st.dictionaries(TEXT, st.binary(max_size=2000), max_size=5),
    st.lists(TEXT, max_size=3).map(tuple),
    st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    st.dictionaries(TEXT, st.binary(max_size=2000), max_size=5),
)


@given(HARVESTS)
def test_packing_loses_nothing(tmp_path_factory, before):
    file = tmp_path_factory.getbasetemp() / f"packed-{os.getpid()}"
    file.write_bytes(b"".join(pack(before)))
    with file.open("rb") as packed:
        assert same(unpack(packed), before)


def test_more_entries_than_a_record_holds(store):
    entries = {str(number): FileEntry(str(number), FileType.REGULAR) for number in range(10_000)}
    store.save(KEY, sample := Harvest("sha256:x", 1, True, entries, {}))
    assert same(store.load(KEY), sample)


def test_a_harvest_that_is_too_large_is_not_kept(store, monkeypatch):
    monkeypatch.setattr("sbomctl.layers.packed._MAX_RECORD", 1000)
    store.save(KEY, sample())
    assert store.kept() == []


def test_without_zstd_nothing_is_kept(store, monkeypatch):
    def missing():
        raise ImportError("no zstd")

    store.save(OTHER, sample())
    monkeypatch.setattr("sbomctl.layers.packed._zstd", missing)
    store.save(KEY, sample())
    assert store.load(OTHER) is None
    assert [one.name for one in store.kept()] == [f"{OTHER}.harvest"]


# ---------------------------------------------------------------------- what decides a harvest


def test_everything_that_decides_a_harvest_is_in_its_name(monkeypatch):
    changeset, limits = layer(TAR), Limits()
    keys = [
        key_of(changeset, "sha256:1", ("a", "b"), limits),
        key_of(changeset, "sha256:2", ("a", "b"), limits),
        key_of(changeset, "sha256:1", ("a",), limits),
        key_of(changeset, "sha256:1", ("a b",), limits),
        key_of(changeset, "sha256:1", ("a", "b"), Limits(layer_bytes=1)),
        key_of(changeset, "sha256:1", ("a", "b"), Limits(members=1)),
        key_of(layer(TAR, changeset=False), "sha256:1", ("a", "b"), limits),
    ]
    for name, value in (("_FORMAT", 0), ("HARVEST_VERSION", 0), ("MAX_FILE", 1), ("__version__", "0")):
        with monkeypatch.context() as patch:
            patch.setattr(store_module, name, value)
            keys.append(key_of(changeset, "sha256:1", ("a", "b"), limits))
    assert len(set(keys)) == len(keys)
    assert key_of(layer(b""), "sha256:1", ["a", "b"], Limits(document_bytes=1)) == keys[0]


def test_a_harvest_that_differs_needs_a_new_version():
    """When this fails, add one to HARVEST_VERSION and write the new pair here: kept harvests are outdated."""
    digest = hashlib.sha256(msgspec.json.encode(sample())).hexdigest()
    assert (HARVEST_VERSION, digest) == (3, "b71de2fcc7161e158491629cc3b5e148e30c2a2f3094a6e74a90cfd67176b10d")


# ---------------------------------------------------------------------- damage


def test_a_damaged_file_is_not_used_and_is_written_anew(store):
    store.save(KEY, sample())
    sound = file_of(store).read_bytes()
    for at in {*range(60), *range(60, len(sound), 37), len(sound) - 1}:
        damaged = bytearray(sound)
        damaged[at] ^= 0x40
        file_of(store).write_bytes(damaged)
        assert store.load(KEY) is None, at
    for size in {*range(60), *range(60, len(sound), 37), len(sound) - 1}:
        file_of(store).write_bytes(sound[:size])
        assert store.load(KEY) is None, size
    file_of(store).write_bytes(sound + b"\0")
    assert store.load(KEY) is None
    store.save(KEY, sample())
    assert same(store.load(KEY), sample())


def test_a_file_under_the_name_of_another_is_not_used(store, caplog):
    caplog.set_level(logging.DEBUG)
    store.save(KEY, sample())
    file_of(store).rename(file_of(store, OTHER))
    assert store.load(OTHER) is None
    assert "checksum" in caplog.text


def record(value: object) -> bytes:
    data = msgspec.msgpack.encode(value)
    return len(data).to_bytes(4, "big") + data


HEAD = ("sha256:x", 1, True, (), (), 1, 0, 0)
ENTRY = ("a", "regular")


@pytest.mark.parametrize(
    "records",
    [
        [],
        [record(HEAD)],
        [record(HEAD)[:-1]],
        [record((*HEAD, 1)), record([ENTRY])],
        [record(("sha256:x", "1", True, (), (), 1, 0, 0)), record([ENTRY])],
        [record(HEAD), record([("a", "socket")])],
        [record(HEAD), record([("a", "regular", 1.5)])],
        [record(HEAD), record([ENTRY]), b"\0"],
        [record(HEAD), record([ENTRY, ENTRY]) + record([ENTRY])],
        [record(HEAD), b"\xff\xff\xff\xff"],
        [record((*HEAD[:5], 10**18, 0, 0)), record([ENTRY])],
        [record((*HEAD[:6], 1, 0)), record([ENTRY]), record(("x", "text"))],
        [record((*HEAD[:7], 1)), record([ENTRY]), record(("x", "text"))],
        [record((*HEAD[:7], 1)), record([ENTRY])],
        [record(HEAD), b"\0\0\0\2\x91\xc1"],
    ],
)
def test_a_file_that_says_anything_else_is_not_used(store, records):
    """Even with the right checksum, as another version or another program might write it."""
    for packed in (zstd.compress(b"".join(records)), zstd.compress(b"".join(records))[:-1], b"".join(records)):
        digest = hashlib.sha256(KEY.encode() + packed).digest()
        file_of(store).write_bytes(store_module._MAGIC + digest + packed)
        assert store.load(KEY) is None
    good = zstd.compress(record(HEAD) + record([ENTRY]))
    file_of(store).write_bytes(store_module._MAGIC + hashlib.sha256(KEY.encode() + good).digest() + good)
    assert store.load(KEY) == Harvest("sha256:x", 1, True, {"a": FileEntry("a", FileType.REGULAR)}, {})


def test_unpacking_tells_damage_from_trouble(tmp_path):
    (tmp_path / "x").write_bytes(b"no zstd")
    with (tmp_path / "x").open("rb") as file, pytest.raises(Damaged):
        unpack(file)


# ---------------------------------------------------------------------- who may write


def test_only_this_user_may_read_and_write(tmp_path):
    before = os.umask(0)
    try:
        with Store(tmp_path / "new" / "cache") as store:
            store.save(KEY, sample())
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert store.place.stat().st_mode & 0o777 == 0o700
    assert file_of(store).parent.stat().st_mode & 0o777 == 0o700
    assert file_of(store).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o777, 0o707, 0o770, 0o1777])
@pytest.mark.parametrize("which", [".", "harvests"])
def test_a_directory_that_others_may_write_to_is_refused(tmp_path, which, mode):
    Store(tmp_path).close()
    (tmp_path / which).chmod(mode)
    with pytest.raises(OutputError, match="other users may write"):
        Store(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("which", [".", "harvests"])
def test_a_directory_of_another_user_is_refused(tmp_path, which):
    Store(tmp_path).close()
    os.chown(tmp_path / which, 65534, -1)
    with pytest.raises(OutputError, match="belongs to another user"):
        Store(tmp_path)


def test_what_is_no_directory_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "harvests").symlink_to(tmp_path / "elsewhere")
    for name in ("file", "file/below", "linked", "nul\0name", "/proc/none"):
        with pytest.raises(OutputError, match="cannot be used"):
            Store(tmp_path / name)


def test_planted_files_are_not_followed_nor_waited_for(store, tmp_path):
    store.save(OTHER, sample())
    file_of(store, OTHER).rename(tmp_path / "elsewhere")
    file_of(store).symlink_to(tmp_path / "elsewhere")
    assert store.load(KEY) is None
    file_of(store).unlink()
    os.mkfifo(file_of(store))
    assert store.load(KEY) is None
    store.save(KEY, sample())
    assert same(store.load(KEY), sample())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_not_used(store):
    store.save(KEY, sample())
    os.chown(file_of(store), 65534, -1)
    assert store.load(KEY) is None


def test_what_cannot_be_written_leaves_nothing_behind(store, caplog):
    caplog.set_level(logging.DEBUG)
    file_of(store).mkdir()
    store.save(KEY, sample())
    assert "is not kept" in caplog.text
    assert [path.name for path in file_of(store).parent.iterdir()] == [f"{KEY}.harvest"]


def test_a_directory_that_became_read_only_is_no_error(store):
    store.save(OTHER, sample())
    directory, mine = file_of(store).parent, os.geteuid()
    directory.chmod(0o500)
    if mine == 0:
        os.seteuid(65534)  # root may write whatever the mode says
    try:
        store.save(KEY, sample())
        assert store.load(KEY) is None
    finally:
        os.seteuid(mine)
        directory.chmod(0o700)
    assert [one.name for one in store.kept()] == [f"{OTHER}.harvest"]


def test_an_interrupt_while_writing_leaves_nothing_behind(store, monkeypatch):
    def interrupted(_):
        yield b"x"
        raise KeyboardInterrupt

    monkeypatch.setattr(store_module, "pack", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.save(KEY, sample())
    assert store.kept() == []


# ---------------------------------------------------------------------- room


def aged(store: Store, *keys: str) -> list[str]:
    """Keep a harvest under each key, the first one used longest ago; the names of the files."""
    for age, key in enumerate(keys):
        store.save(key, sample())
        os.utime(file_of(store, key), (1_000_000 + age, 1_000_000 + age))
    return [f"{key}.harvest" for key in keys]


def test_what_was_not_used_for_longest_goes_first(store):
    one, two, three = aged(store, "1" * 64, "2" * 64, "3" * 64)
    size = file_of(store, "1" * 64).stat().st_size
    assert store.load("1" * 64)
    assert [kept.name for kept in store.kept()] == [two, three, one]
    assert store.prune(max_bytes=3 * size) == []
    assert [kept.name for kept in store.prune(max_bytes=3 * size - 1)] == [two]
    assert [kept.name for kept in store.prune(before=1_000_003)] == [three]
    assert [kept.name for kept in store.kept()] == [one]


def test_unfinished_files_count_and_those_of_others_do_not(store):
    aged(store, KEY)
    mine = file_of(store).parent / f"{OTHER}.0123456789abcdef.tmp"
    for path in (mine, file_of(store).parent / "notes.txt", store.place / "notes.txt"):
        path.write_text("x")
    assert [one.name for one in store.prune(max_bytes=-1)] == [f"{KEY}.harvest", mine.name]
    assert sorted(path.name for path in store.place.rglob("*")) == ["harvests", "notes.txt", "notes.txt"]


def test_closing_brings_it_down_to_its_bound(tmp_path):
    with Store(tmp_path) as store:
        aged(store, "1" * 64, "2" * 64)
        size = file_of(store, "1" * 64).stat().st_size
    with Store(tmp_path, max_bytes=2 * size) as store:
        assert store.load("1" * 64)
    assert len(list((tmp_path / "harvests").iterdir())) == 2
    with Store(tmp_path, max_bytes=2 * size) as store:
        store.save("3" * 64, sample())
    assert sorted(path.name[0] for path in (tmp_path / "harvests").iterdir()) == ["1", "3"]

"""Damaged and malicious rpm databases: never an exception, bounded work, nothing lost in silence."""

import random
import sqlite3
import struct

import pytest
from conftest import shared, tool
from dict_view import DictView
from hypothesis import given, settings
from hypothesis import strategies as st
from rpm_databases import (
    BINARY,
    INT16,
    INT32,
    INT64,
    STRING,
    STRINGS,
    TRANSLATED,
    berkeley,
    header,
    ndb,
    package_header,
    sqlite_database,
    sqlite_with_log,
)

from sbomctl.catalogers._rpm_berkeley import read_berkeley
from sbomctl.catalogers._rpm_header import Header
from sbomctl.catalogers._rpm_ndb import read_ndb
from sbomctl.catalogers._rpm_record import Record, alternatives, read_header
from sbomctl.catalogers._rpm_sqlite import read_sqlite
from sbomctl.catalogers._rpm_wal import BrokenLogError, merged
from sbomctl.catalogers.rpm import RpmCataloger
from sbomctl.model import Package, Problem

FILES = {
    1116: (INT32, [0, 1, 1]),
    1117: (STRINGS, ["passwd", "a", "b"]),
    1118: (STRINGS, ["/etc/", "/usr/bin/"]),
}


def sample(name="sample", **more):
    return package_header(
        name,
        t1003=(INT32, 3),
        t1004=(TRANSLATED, ["Summary", "Zusammenfassung"]),
        t1014=(STRING, "MIT"),
        t1048=(INT32, [0, 1 << 19]),
        t1049=(STRINGS, ["needed", "wished"]),
        **{f"t{tag}": value for tag, value in FILES.items()},
        **more,
    )


def catalog(files):
    found = list(RpmCataloger().catalog(DictView(files, RpmCataloger.wants.paths)))
    assert all(isinstance(f, Package | Problem) for f in found)
    return found


def changed(data, edits):
    out = bytearray(data)
    for position, value in edits:
        out[position % len(out)] = value
    return bytes(out)


EDITS = st.lists(st.tuples(st.integers(0, 1 << 32), st.integers(0, 255)), min_size=1, max_size=40)


def test_every_type_of_tag_is_read():
    tags = {
        1000: (STRING, "name"),
        1001: (INT16, [1, 65535]),
        1002: (INT64, [1 << 40]),
        1003: (TRANSLATED, ["first", "second"]),
        1004: (STRINGS, ["a", "", "ü"]),
        1005: (BINARY, b"\0\1"),
        1006: (STRINGS, [b"latin \xe9", "plain"]),
    }
    read = Header(header(tags))
    assert (read.text(1000), read.text(1003)) == ("name", "first")
    assert (list(read.numbers(1001)), list(read.numbers(1002))) == ([1, 65535], [1 << 40])
    assert read.texts(1004) == ["a", "", "ü"]
    assert read.texts(1006) == [r"latin \xe9", "plain"]
    assert read.texts(1000) == ["name"]
    assert (read.text(9), read.texts(9), list(read.numbers(9))) == ("", [], [])
    assert read.faults == []
    assert (read.text(1005), list(read.numbers(1000)), read.texts(1001)) == ("", [], [])
    assert len(read.faults) == 3


def test_entries_added_at_installation_replace_those_of_the_package():
    blob = header({1000: (STRING, "a"), 1014: (STRING, "MIT")}, [(1014, (STRING, "BSD"))])
    assert Header(blob).text(1014) == "BSD"


def test_the_untranslated_summary_and_only_true_requirements_count():
    record = read_header(sample())
    assert isinstance(record, Record)
    assert (record.description, record.depends_on, record.evr) == ("Summary", ("needed",), "3:1-2")
    assert record.files == ("etc/passwd", "usr/bin/a", "usr/bin/b")


@pytest.mark.parametrize(
    "broken",
    [
        {1116: (INT32, [0, 1])},
        {1116: (INT32, [0, 1, 2])},
        {1118: (STRINGS, ["/" + "x" * 100_000, "/"]), 1117: (STRINGS, ["a"] * 100_000), 1116: (INT32, [0] * 100_000)},
        {1117: (INT32, [1])},
    ],
)
def test_an_impossible_file_list_is_a_fault_of_its_package_only(broken):
    blob = package_header("a", **{f"t{tag}": value for tag, value in {**FILES, **broken}.items()})
    found = catalog({"var/lib/rpm/Packages.db": ndb([blob])})
    (package,) = (f for f in found if isinstance(f, Package))
    (problem,) = (f for f in found if isinstance(f, Problem))
    assert package.files == ()
    assert problem.reason.startswith("1 unreadable fact: a: ")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("(a or b)", "a|b"),
        ("(a >= 1 or b(x86-64) < 2 or c)", "a|b(x86-64)|c"),
        ("(a if b)", "(a if b)"),
        ("((a or b) and c)", "((a or b) and c)"),
        ("(a or (b and c))", "(a or (b and c))"),
        ("(a with b)", "(a with b)"),
    ],
)
def test_alternatives(written, read):
    assert alternatives(written) == read


@given(st.text(alphabet=" ()aor|", max_size=30))
def test_any_text_may_stand_in_a_requirement(text):
    blob = package_header("a", t1049=(STRINGS, ["(" + text]))
    assert isinstance(read_header(blob), Record)


@given(st.binary(max_size=300))
def test_any_bytes_may_stand_for_a_header(data):
    assert isinstance(read_header(data), Record | str)


@settings(max_examples=300)
@given(EDITS, st.integers(0, 2000))
def test_a_changed_header_is_a_record_or_a_reason(edits, cut):
    blob = changed(sample(), edits)[: -cut or None]
    assert isinstance(read_header(blob), Record | str)


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@given(NAMES, NAMES, NAMES, NAMES)
def test_any_text_may_stand_in_names_and_versions(name, version, arch, source):
    blob = package_header(
        "x", t1000=(STRING, name), t1001=(STRING, version), t1022=(STRING, arch), t1044=(STRING, source)
    )
    line = f"{name}\t{version}\t1\t1\tv\t{arch}\t1\t{arch}\t0\t{source}".encode()
    found = catalog({"var/lib/rpm/Packages.db": ndb([blob]), "var/lib/rpmmanifest/container-manifest-2": line})
    assert found or name == "gpg-pubkey"


@settings(max_examples=200)
@given(EDITS, st.integers(0, 3000))
def test_a_changed_ndb_database(edits, cut):
    data = ndb([sample("a"), sample("b"), sample("c")])
    damaged = changed(data, edits)[: -cut or None]
    found = catalog({"var/lib/rpm/Packages.db": damaged})
    assert len([f for f in found if isinstance(f, Package)]) <= 3


@settings(max_examples=200)
@given(EDITS, st.integers(0, 3000))
def test_a_changed_sqlite_database(edits, cut):
    data = sqlite_database([sample("a"), sample("b"), sample("c")], page_size=512)
    damaged = changed(data, edits)[: -cut or None]
    catalog({"var/lib/rpm/rpmdb.sqlite": b"SQLite format 3\0" + damaged[16:]})


@settings(max_examples=100)
@given(EDITS, st.integers(0, 3000))
def test_a_changed_log(edits, cut):
    before, log = sqlite_with_log([sample("a")], [sample("b")])
    damaged = changed(log, edits)[: -cut or None]
    found = catalog({"var/lib/rpm/rpmdb.sqlite": before, "var/lib/rpm/rpmdb.sqlite-wal": damaged})
    (package,) = (f for f in found if isinstance(f, Package))
    assert package.name in ("a", "b")  # the transaction counts whole or not at all


@pytest.fixture(scope="module")
def berkeley_files():
    load = tool("db5.3_load")
    blobs = [sample("a"), sample("b", t1005=(STRING, "x" * 5000)), package_header("c")]
    return [berkeley(blobs, form, load=load, db_pagesize=512) for form in ("hash", "btree")]


@pytest.mark.parametrize("form", [0, 1])
@settings(max_examples=200)
@given(edits=EDITS, cut=st.integers(0, 3000))
def test_a_changed_berkeley_database(berkeley_files, form, edits, cut):
    damaged = changed(berkeley_files[form], edits)[: -cut or None]
    catalog({"var/lib/rpm/Packages": damaged, "usr/lib/sysimage/rpm/Name": damaged})


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("real/pkgdb/rpm-ndb-sle15-bci/Packages.db", "Packages.db"),
        ("real/pkgdb/rpm-sqlite-2pkgs/rpmdb.sqlite", "rpmdb.sqlite"),
        ("real/pkgdb/rpm-bdb-libuuid/Packages", "Packages"),
        ("real/pkgdb/syft-redhat/testdata/Packages", "Packages"),
    ],
)
def test_real_databases_with_random_damage(path, place):
    data, chance = shared(path).read_bytes(), random.Random(7)
    whole = len([f for f in catalog({f"var/lib/rpm/{place}": data}) if isinstance(f, Package)])
    for _ in range(40):
        edits = [(chance.randrange(len(data)), chance.randrange(256)) for _ in range(chance.randrange(1, 200))]
        found = catalog({f"var/lib/rpm/{place}": changed(data, edits)[: chance.randrange(len(data) // 2, len(data))]})
        packages = [f for f in found if isinstance(f, Package)]
        assert len(packages) <= whole
        assert len(packages) == whole or any(isinstance(f, Problem) for f in found)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("ALTER TABLE Packages RENAME TO Other", "no plain table"),
        ("ALTER TABLE Packages RENAME TO Other; CREATE VIEW Packages AS SELECT * FROM Other", "no plain table"),
        ("DROP TABLE Packages; CREATE VIRTUAL TABLE Packages USING fts5(hnum, blob)", "no plain table"),
        ("DROP TABLE Packages; CREATE TABLE Packages(hnum, blob AS (zeroblob(1000000000)))", "computed"),
        ("ALTER TABLE Packages ADD COLUMN more AS (hex(zeroblob(1000000)))", "computed"),
        ("DROP TABLE Packages; CREATE TABLE Packages(hnum, other)", "no such column"),
        ("DROP TABLE Packages; CREATE TABLE Packages(hnum, blob); INSERT INTO Packages VALUES(1, 'text')", "no blob"),
        ("DROP TABLE Packages; CREATE TABLE Packages(hnum, blob); INSERT INTO Packages VALUES(1, NULL)", "no blob"),
    ],
)
def test_a_table_that_is_not_rpms_is_not_run(sql, reason):
    contents = read_sqlite(sqlite_database([sample()], sql))
    assert contents.headers == ()
    assert reason in contents.faults[0]


def test_triggers_indexes_and_checks_beside_the_table_change_nothing():
    sql = (
        "CREATE INDEX evil ON Packages(blob);"
        "CREATE TRIGGER t AFTER INSERT ON Packages BEGIN DELETE FROM Packages; END;"
        "CREATE VIEW v AS SELECT * FROM Packages"
    )
    assert read_sqlite(sqlite_database([sample()], sql)) == read_sqlite(sqlite_database([sample()]))


def test_rows_that_share_pages_end_the_reading():
    """A b-tree whose root lists one leaf again and again has as many rows as it likes."""
    data = bytearray(sqlite_database([b"x" * 400] * 40, page_size=512))
    page = 512 * (_root(bytes(data)) - 1)
    assert data[page] == 5  # interior page of a table
    cells = struct.unpack_from(">H", data, page + 3)[0]
    first = struct.unpack_from(">H", data, page + 12)[0]
    for number in range(cells):
        struct.pack_into(">H", data, page + 12 + 2 * number, first)
    contents = read_sqlite(bytes(data))
    assert sum(map(len, contents.headers)) <= len(data)


def _root(data):
    connection = sqlite3.connect(":memory:")
    connection.deserialize(data[:18] + b"\1\1" + data[20:])
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name='Packages'").fetchone()
    connection.close()
    return root


def test_a_ring_of_overflow_pages_ends():
    blobs = [package_header("a", t1004=(STRING, "x" * 20_000))]
    data = bytearray(berkeley(blobs, "hash", load=tool("db5.3_load"), db_pagesize=512))
    pages = [start for start in range(0, len(data), 512) if data[start + 25] == 7]
    for start in pages:
        struct.pack_into("<I", data, start + 16, start // 512)  # next page: itself
    contents = read_berkeley(bytes(data))
    assert all(len(blob) <= len(data) for blob in contents.headers)
    for reference in (i for i in range(len(data) - 4) if data[i : i + 4] == struct.pack("<I", len(blobs[0]))):
        struct.pack_into("<I", data, reference, 0xFFFFFFF0)
    assert read_berkeley(bytes(data)).faults


def test_slots_that_share_blocks_end_the_reading():
    data = bytearray(ndb([package_header("a", t1004=(STRING, "x" * 3000))]))
    slot = bytes(data[32:48])
    for position in range(48, 4096, 16):
        data[position : position + 16] = slot
    contents = read_ndb(bytes(data))
    assert len(contents.headers) <= 1
    assert "overlaps others" in contents.faults[0]


@pytest.mark.parametrize(
    "data", [b"", b"RpmP", b"RpmP" + bytes(5000), b"RpmP" + struct.pack("<3I", 0, 0, 1 << 31) + bytes(5000)]
)
def test_no_ndb_database(data):
    assert read_ndb(data).faults


@pytest.mark.parametrize("log", [b"", bytes(32), bytes(100)])
def test_no_log(log):
    with pytest.raises(BrokenLogError):
        merged(b"", log)

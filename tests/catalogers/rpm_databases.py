"""Writers of every form of the rpm database; run as a program it builds ``fixtures/catalogers/rpm`` anew.

The package headers are real: rpmbuild makes three tiny packages, rpm installs them. Only the
boxes around them are ours (ndb, which no Debian tool writes) or of the form's own tool
(SQLite, db5.3_load), so that one set of headers is seen through all of them.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

SPEC = r"""
%global debug_package %{nil}
%global __os_install_post %{nil}
Name: edge-base
Epoch: 1
Version: %{edge_version}
Release: 3
Summary: Base files of an edge device
License: GPLv2+ and MIT
Vendor: Edge Works
URL: https://edge.example/base
VCS: git+https://edge.example/base.git#0123abc
ModularityLabel: edge:2:20260101:abcdef01
Requires: edge-tools = 1:%{edge_version}-3
Requires: (editor >= 1 or edge-tools)
Provides: editor = 1
%description
Base files.
%package -n edge-tools
Summary: Tools of an edge device
License: Apache-2.0
Requires: /bin/sh
%description -n edge-tools
Tools.
%package -n edge-data
Summary: Data
License: CC0-1.0
BuildArch: noarch
%description -n edge-data
Data.
%install
mkdir -p %{buildroot}/etc/edge %{buildroot}/usr/bin %{buildroot}/usr/share/edge
echo a > %{buildroot}/etc/edge/base.conf
echo a > "%{buildroot}/etc/edge/ümlaut name"
echo '#!/bin/sh' > %{buildroot}/usr/bin/edge
echo a > %{buildroot}/usr/share/edge/data+1
%files
%dir /etc/edge
%config /etc/edge/base.conf
"/etc/edge/ümlaut name"
%files -n edge-tools
%attr(755,root,root) /usr/bin/edge
%files -n edge-data
/usr/share/edge
"""

INT16, INT32, INT64, STRING, BINARY, STRINGS, TRANSLATED = 3, 4, 5, 6, 7, 8, 9
_CODES = {INT16: "H", INT32: "I", INT64: "Q"}
Value = tuple[int, object]  # type and what it holds


def header(tags: Mapping[int, Value], extra: Sequence[tuple[int, Value]] = (), *, region: bool = True) -> bytes:
    """A header as rpm stores it: a region with ``tags``, and ``extra`` behind it, as added at install time."""
    index, store = [], bytearray()
    for tag, (kind, value) in sorted(tags.items()):
        _add(index, store, tag, kind, value)
    if region:
        size = len(index) + 1
        index.insert(0, (63, BINARY, len(store), 16))
        store += struct.pack(">IIiI", 63, BINARY, -16 * size, 16)
    for tag, (kind, value) in extra:
        _add(index, store, tag, kind, value)
    entries = b"".join(struct.pack(">IIiI", *entry) for entry in index)
    return struct.pack(">II", len(index), len(store)) + entries + bytes(store)


def _add(index, store, tag, kind, value):
    if kind in _CODES:
        numbers = value if isinstance(value, list | tuple) else [value]
        data = struct.pack(f">{len(numbers)}{_CODES[kind]}", *numbers)
        store += bytes(-len(store) % struct.calcsize(_CODES[kind]))
        count = len(numbers)
    elif kind == BINARY:
        data, count = value, len(value)
    else:
        strings = [value] if isinstance(value, str | bytes) else value
        data = b"".join((s if isinstance(s, bytes) else s.encode()) + b"\0" for s in strings)
        count = len(strings)
    index.append((tag, kind, len(store), count))
    store += data


def package_header(name: str, **tags: Value) -> bytes:
    """A header with only what every package has; keywords are ``t<number>``."""
    facts = {1000: (STRING, name), 1001: (STRING, "1"), 1002: (STRING, "2"), 1022: (STRING, "noarch")}
    return header({**facts, **{int(tag[1:]): value for tag, value in tags.items()}})


def ndb(blobs: Sequence[bytes]) -> bytes:
    """``Packages.db``."""
    slots, body = bytearray(struct.pack("<4sIII16x", b"RpmP", 0, 7, 1)), bytearray()
    for number, blob in enumerate(blobs, start=1):
        padded = blob + bytes(-(16 + len(blob) + 12) % 16)
        framed = struct.pack("<4sIII", b"BlbS", number, 7, len(blob)) + padded
        framed += struct.pack("<II4s", zlib.adler32(framed), len(blob), b"BlbE")
        slots += struct.pack("<4sIII", b"Slot", number, (4096 + len(body)) // 16, len(framed) // 16)
        body += framed
    while len(slots) < 4096:
        slots += struct.pack("<4sIII", b"Slot", 0, 0, 0)
    return bytes(slots + body)


def sqlite_database(blobs: Sequence[bytes], sql: str = "", page_size: int = 1024) -> bytes:
    """``rpmdb.sqlite`` with its main table only; ``sql`` is run at the end."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rpmdb.sqlite"
        with closing(_open_sqlite(path, page_size)) as connection:
            _insert(connection, blobs)
            connection.executescript(sql)
        return path.read_bytes()


def sqlite_with_log(before: Sequence[bytes], after: Sequence[bytes]) -> tuple[bytes, bytes]:
    """A database of ``before`` and the write-ahead log that makes it one of ``after``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rpmdb.sqlite"
        with closing(_open_sqlite(path, 1024)) as connection:
            _insert(connection, before)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA wal_autocheckpoint=0")
            database = path.read_bytes()
            connection.execute("BEGIN")
            connection.execute("DELETE FROM Packages")
            _insert(connection, after)
            connection.execute("COMMIT")
            return database, path.with_name("rpmdb.sqlite-wal").read_bytes()


def _open_sqlite(path: Path, page_size: int) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA page_size={page_size}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)")
    return connection


def _insert(connection: sqlite3.Connection, blobs: Sequence[bytes]) -> None:
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])


def berkeley(blobs: Sequence[bytes], form: str, *, load: str, order: str = "little", **options: int) -> bytes:
    """``Packages`` by ``db5.3_load``; keys as rpm 4 (hash) and rpm 5 (btree) write them."""
    keys = "little" if form == "hash" and order == "little" else "big"
    records = [(number.to_bytes(4, keys), blob) for number, blob in enumerate((len(blobs).to_bytes(4), *blobs))]
    settings = {"db_lorder": 1234 if order == "little" else 4321, **options}
    return berkeley_file(records, form, load, settings)


def berkeley_file(records: Sequence[tuple[bytes, bytes]], form: str, load: str, settings: Mapping[str, int]) -> bytes:
    """A Berkeley DB file of any records."""
    lines = ["VERSION=3", "format=bytevalue", f"type={form}"]
    lines += [f"{key}={value}" for key, value in settings.items()]
    lines += ["HEADER=END", *(f" {item.hex()}" for record in records for item in record), "DATA=END", ""]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        subprocess.run([load, str(path)], input="\n".join(lines).encode(), check=True, capture_output=True)
        return path.read_bytes()


def installed(folder: Path, rpmbuild: str, rpm: str, version: str = "2.0") -> Path:
    """A database directory of rpm's own with the three packages of ``SPEC``."""
    spec, top, database = folder / "edge.spec", folder / "top", folder / "db"
    spec.write_text(SPEC, encoding="utf-8")
    defines = [
        "--define",
        f"_topdir {top}",
        "--define",
        f"edge_version {version}",
        "--define",
        "_buildhost edge.example",
    ]
    build = [rpmbuild, "-bb", "--target", "x86_64", *defines, str(spec)]
    subprocess.run(build, check=True, capture_output=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    database.mkdir()
    packages = sorted(str(path) for path in top.rglob("*.rpm"))
    install = [rpm, "--dbpath", str(database), "--justdb", "--nodeps", "-i", *packages]
    subprocess.run(install, check=True, capture_output=True)
    return database


def blobs_of(database: Path) -> list[bytes]:
    """The headers in an ``rpmdb.sqlite``."""
    with closing(sqlite3.connect(database / "rpmdb.sqlite")) as connection:
        return [row[0] for row in connection.execute("SELECT blob FROM Packages ORDER BY hnum")]


def main() -> None:
    """Write the binary files of the fixtures; texts in them are kept by hand."""
    out = Path(__file__).resolve().parents[2] / "fixtures" / "catalogers" / "rpm"
    load, rpmbuild, rpm = (str(shutil.which(name)) for name in ("db5.3_load", "rpmbuild", "rpm"))
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        old = blobs_of(installed(Path(one), rpmbuild, rpm))
        new = blobs_of(installed(Path(two), rpmbuild, rpm, "2.1"))
    upgraded = [blob for blob in new if b"edge-data\0" not in blob]
    before, log = sqlite_with_log(old, upgraded)
    name_index = [(name, struct.pack("<2I", number, 0)) for number, name in enumerate((b"edge-base", b"edge-data"), 1)]
    small = {"db_pagesize": 1024}
    files = {
        "sqlite/layer-0/usr/lib/sysimage/rpm/rpmdb.sqlite": before,
        "sqlite/layer-1/usr/lib/sysimage/rpm/rpmdb.sqlite": sqlite_database(upgraded),
        "sqlite-log/layer-0/var/lib/rpm/rpmdb.sqlite": before,
        "sqlite-log/layer-1/var/lib/rpm/rpmdb.sqlite-wal": log,
        "ndb/layer-0/usr/lib/sysimage/rpm/Packages.db": ndb(old),
        "berkeley-hash/layer-0/var/lib/rpm/Packages": berkeley(old, "hash", load=load, **small),
        "berkeley-btree/layer-0/var/lib/rpm/Packages": berkeley(old, "btree", load=load, **small),
        "lost-table/layer-0/var/lib/rpm/Name": berkeley_file(name_index, "hash", load, small),
        "two-databases/layer-0/var/lib/rpm/Packages": berkeley(old, "hash", load=load, **small),
        "two-databases/layer-0/var/lib/rpm/rpmdb.sqlite": sqlite_database(upgraded),
        "damaged/layer-0/usr/share/rpm/Packages.db": ndb([old[0], old[1][:40], old[2]]),
    }
    for name, data in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        sys.stdout.write(f"{len(data):7} {name}\n")


if __name__ == "__main__":
    main()

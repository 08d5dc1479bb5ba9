"""``rpmdb.sqlite``: the SQLite form of the rpm database (rpm 4.16 and later).

The file is attacker-controlled, so SQLite runs fenced in: in memory only, one plain table
read by one statement, no views, triggers, functions or indexes, bounded work and lengths
(SQLite, "Defense Against The Dark Arts").
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from sbomctl.catalogers._rpm_database import Contents, summary

if TYPE_CHECKING:
    import sqlite3

MAGIC = b"SQLite format 3\0"
_STEPS = 1000  # virtual machine instructions between two looks at the budget


def read_sqlite(data: bytes) -> Contents:
    """Every header blob, by record number. Bytes of a write-ahead log must have been merged before."""
    if not data.startswith(MAGIC):
        return Contents(faults=("it is no SQLite database",))
    import sqlite3

    headers: list[bytes] = []
    faults: list[str] = []
    broken: tuple[str, ...] = ()
    try:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            _load(connection, data)
            for number, blob in _rows(connection, len(data)):
                if isinstance(blob, bytes):
                    headers.append(blob)
                else:
                    faults.append(f"record {number!r} holds no blob")
    except (sqlite3.Error, ValueError, OverflowError) as error:
        broken = (f"SQLite stopped after {len(headers)} records: {error}",)
    return Contents(tuple(headers), summary(faults, "record") + broken)


def _load(connection: sqlite3.Connection, data: bytes) -> None:
    import sqlite3

    # Bytes 18 and 19 say "write-ahead log", which a database in memory cannot have (SQLite file format, 1.3).
    connection.deserialize(data[:18] + b"\1\1" + data[20:])
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max(len(data), 1 << 20))
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    allowed = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA}
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY)
    budget = iter(range((1 << 20) // _STEPS + len(data) // _STEPS))
    connection.set_progress_handler(lambda: next(budget, None) is None, _STEPS)


def _rows(connection: sqlite3.Connection, size: int) -> Iterator[tuple[object, object]]:
    """Number and blob of every row, no more bytes than the file has."""
    kinds = connection.execute("SELECT type, sql FROM sqlite_master WHERE name = 'Packages'").fetchall()
    if len(kinds) != 1 or kinds[0][0] != "table" or not str(kinds[0][1]).upper().startswith("CREATE TABLE"):
        raise ValueError("it has no plain table named Packages")
    if any(column[-1] for column in connection.execute("PRAGMA table_xinfo(Packages)")):
        raise ValueError("its table Packages has computed columns")
    for number, blob in connection.execute("SELECT hnum, blob FROM Packages NOT INDEXED ORDER BY hnum"):
        size -= len(blob) if isinstance(blob, bytes | str) else 0
        if size < 0:
            raise ValueError("its records are together longer than the file")
        yield number, blob

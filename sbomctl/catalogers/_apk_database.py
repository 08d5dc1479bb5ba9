"""The database of installed packages of apk (apk-tools, ``lib/apk/db/installed``), split into records."""

from __future__ import annotations

from typing import NamedTuple

from sbomctl.catalogers._assignments import Fault
from sbomctl.model import path_text

_IGNORED = frozenset((b"a", b"M", b"Z"))  # owner, mode and checksum of files and directories: most of the lines
_MAX_FAULTS = 20  # per database; a binary file under this name is some problems, not a million


class Field(NamedTuple):
    """A value as written and its 1-based line."""

    line: int
    value: str


class Record(NamedTuple):
    """One package: its fields by letter and the paths of its files, without leading slash."""

    line: int  # of its first line
    fields: dict[str, Field]
    files: tuple[str, ...]

    def get(self, letter: str) -> str:
        """The value of a field; "" when the record has none."""
        field = self.fields.get(letter)
        return field.value if field else ""


class Database(NamedTuple):
    """The records in stored order, and the lines that are none."""

    records: tuple[Record, ...]
    faults: tuple[Fault, ...]


def read_database(data: bytes) -> Database:
    """Every record; an empty line ends one, and so does a second name (``P:``).

    Letters that are not known are kept, as apk itself passes over those of newer versions.
    """
    reader = _Reader()
    number = 0
    for number, line in enumerate(data.replace(b"\r\n", b"\n").split(b"\n"), start=1):
        reader.feed(number, line)
    reader.finish()
    if data and not data.endswith(b"\n"):
        reader.fault(number, "the database ends in the middle of a line: it is cut off")
    return Database(tuple(reader.records), reader.all_faults())


class _Reader:
    """Collects the lines of one record after the other."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._faults: list[Fault] = []
        self._more_faults = 0
        self._start = 0
        self._fields: dict[str, Field] = {}
        self._files: list[str] = []
        self._directory: bytes | None = None

    def feed(self, number: int, line: bytes) -> None:
        letter, colon, value = line[:1], line[1:2], line[2:]
        if not line:
            self.finish()
        elif colon != b":":
            self.fault(number, "not a field: no colon after the first letter")
        elif letter == b"R":
            self._add_file(number, value)
        elif letter == b"F":
            self._directory = value
        elif letter not in _IGNORED:
            self._add_field(number, letter, value)

    def _add_file(self, number: int, name: bytes) -> None:
        if self._directory is None:
            self.fault(number, "a file (R:) before any directory (F:)")
        self._files.append(path_text(b"%b/%b" % (self._directory or b"", name)).lstrip("/"))

    def _add_field(self, number: int, letter: bytes, value: bytes) -> None:
        key = letter.decode("latin-1")
        if key == "P" and "P" in self._fields:
            self.fault(number, "a second name (P:) in one record; taken as the start of the next")
            self.finish()
        self._start = self._start or number
        self._fields.setdefault(key, Field(number, value.decode("utf-8", "backslashreplace").strip()))

    def finish(self) -> None:
        """End the record, if there is one."""
        if self._fields or self._files:
            self.records.append(Record(self._start, self._fields, tuple(self._files)))
        self._start, self._fields, self._files, self._directory = 0, {}, [], None

    def fault(self, number: int, reason: str) -> None:
        if len(self._faults) < _MAX_FAULTS:
            self._faults.append(Fault(number, reason))
        else:
            self._more_faults += 1

    def all_faults(self) -> tuple[Fault, ...]:
        more = (Fault(0, f"{self._more_faults} more lines cannot be read"),) if self._more_faults else ()
        return (*self._faults, *more)

"""Documents written whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from sbomctl.cli.values import Wish
from sbomctl.errors import ConfigError, OutputError

if TYPE_CHECKING:
    from sbomctl.model import Bom

TABLE = Wish("table", "", "")
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class Output(NamedTuple):
    """A wish whose place has been found fit to write to; ``file`` None is standard output."""

    wish: Wish
    file: Path | None


def prepared(wishes: Sequence[Wish]) -> tuple[Output, ...]:
    """The places of all wishes, checked before the long work starts; the table when there is no wish.

    Raises ``ConfigError`` when two go to one place, ``OutputError`` when a place cannot be
    written to.
    """
    outputs = tuple(Output(wish, _place(wish.file)) for wish in wishes or (TABLE,))
    for index, output in enumerate(outputs):
        if output.file in [other.file for other in outputs[:index]]:
            place = output.file or "standard output"
            raise ConfigError(f"two outputs go to {place}", "give each a file of its own: -o FORMAT=FILE")
    return outputs


def _place(name: str) -> Path | None:
    try:
        return _checked(name) if name else None
    except OSError as error:  # a name that is too long, a disk that fails
        raise OutputError(f"cannot write {name}: {error.strerror}") from error


def _checked(name: str) -> Path:
    file = Path(os.path.realpath(name))  # writing through a link replaces the file, not the link
    if file.is_dir() or name.endswith("/"):
        raise OutputError(f"cannot write {name}: it is a directory")
    if file.exists() and not os.access(file, os.W_OK):
        raise OutputError(f"cannot write {name}: permission denied")
    if not file.parent.is_dir():
        raise OutputError(f"cannot write {name}: there is no directory {file.parent}")
    if not os.access(file.parent, os.W_OK | os.X_OK) and not _is_stream(file):
        raise OutputError(f"cannot write {name}: the directory {file.parent} is not writable")
    return file


def _is_stream(file: Path) -> bool:
    """Whether it is a device or pipe, which cannot be replaced by a finished file."""
    return file.exists() and not file.is_file()


def write_all(outputs: Sequence[Output], write: Callable[[Wish, BinaryIO], None]) -> None:
    """Have ``write`` fill every output; files appear only once all of them are complete."""
    drafts: list[tuple[Path, Path]] = []
    try:
        for output in outputs:
            if output.file is not None and not _is_stream(output.file):
                with _told(output.file):
                    drafts.append((_draft(output.file), output.file))
                    _fill(drafts[-1][0], output, write)
        for draft, file in drafts:
            with _told(file):
                draft.replace(file)
    finally:
        for draft, _ in drafts:
            with suppress(OSError):
                draft.unlink()
    for output in outputs:
        if output.file is None or _is_stream(output.file):
            _stream(output, write)


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Errors of writing name the file that was asked for: neither a draft of it nor nothing."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write {file}: {error.strerror}") from error


def write_bom(bom: Bom, outputs: Sequence[Output], created: datetime) -> None:
    """Write ``bom`` to every output, each in its own format."""
    from sbomctl import api

    def write(wish: Wish, out: BinaryIO) -> None:
        api.write(bom, wish.format, out, created=created, version=wish.version)

    write_all(outputs, write)


def _draft(file: Path) -> Path:
    """A new empty file beside ``file``, with the permissions ``file`` has or would get."""
    draft = file.with_name(f".{file.name[:200]}.{os.getpid()}.part")
    with suppress(FileNotFoundError):
        draft.unlink()  # of a process that had our number and was killed
    handle = os.open(draft, _NEW_FILE, 0o666)
    try:
        if file.exists():
            os.fchmod(handle, file.stat().st_mode & 0o7777)
    finally:
        os.close(handle)
    return draft


def _fill(draft: Path, output: Output, write: Callable[[Wish, BinaryIO], None]) -> None:
    with draft.open("wb") as out:
        write(output.wish, out)
        out.flush()
        os.fsync(out.fileno())


def _stream(output: Output, write: Callable[[Wish, BinaryIO], None]) -> None:
    try:
        if output.file is None:
            out = sys.stdout.buffer
            write(output.wish, out)
            out.flush()
        else:
            with output.file.open("wb") as out:
                write(output.wish, out)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write {output.file or 'to standard output'}: {error.strerror}") from error

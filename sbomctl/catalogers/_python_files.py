"""The files beside a Python distribution's metadata that say what it installed, needs and came from."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

import msgspec

from sbomctl.catalogers._python_metadata import requirement_names
from sbomctl.model import path_text, well_formed

_QUOTED = re.compile(rb'"((?:[^"]|"")*)"')


def read_record(data: bytes) -> tuple[str, ...]:
    """The paths of a ``RECORD``, as written: relative to the directory of the dist-info, or absolute.

    It is CSV of path, hash and size (PEP 376, PEP 427); a quoted path may hold commas.
    """
    return tuple([path_text(path) for path in map(_first_column, data.splitlines()) if path])


def _first_column(row: bytes) -> bytes:
    if not row.startswith(b'"'):
        return row.partition(b",")[0]
    quoted = _QUOTED.match(row)
    return quoted[1].replace(b'""', b'"') if quoted else row


def read_lines(data: bytes) -> tuple[str, ...]:
    """The lines of ``installed-files.txt`` and ``top_level.txt``, without empty ones."""
    return tuple(path_text(line) for line in map(bytes.strip, data.splitlines()) if line)


def read_requires(data: bytes) -> tuple[str, ...]:
    """The names in a setuptools ``requires.txt``; ``[extra]`` sections are left out, ``[:marker]`` ones are not."""
    wanted: list[str] = []
    taken = True
    for line in data.decode("utf-8", "backslashreplace").splitlines():
        if line.startswith("["):
            taken = line.startswith("[:")
        elif taken:
            wanted.append(line)
    return requirement_names(wanted)


class _Repository(msgspec.Struct):
    vcs: str
    commit_id: str


class _DirectUrl(msgspec.Struct):
    url: str
    vcs_info: _Repository | None = None


def read_direct_url(data: bytes) -> str:
    """Where pip was told to take the distribution from (PEP 610), in SPDX's form for a repository.

    "" for a directory of the build machine and for what cannot be read.
    """
    try:
        direct = msgspec.json.decode(well_formed(data), type=_DirectUrl)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""
    if direct.url.startswith("file:"):
        return ""
    vcs = direct.vcs_info
    return f"{vcs.vcs}+{direct.url}@{vcs.commit_id}" if vcs else direct.url


def below(directory: str, paths: Iterable[str]) -> tuple[str, ...]:
    """The paths, joined to ``directory`` and freed of ``..``; an absolute one counts from the image's root."""
    return tuple(dict.fromkeys(_joined(directory, path) for path in paths))


def _joined(directory: str, path: str) -> str:
    if ".." in path or "//" in path or "./" in path or path.startswith("/"):
        return posixpath.normpath("/" + posixpath.join(directory, path)).lstrip("/")
    return f"{directory}/{path}" if directory else path

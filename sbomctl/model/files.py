"""Files of an image and places in them."""

from __future__ import annotations

import re
from enum import Enum

import msgspec

_ESCAPE_LOOKALIKE = re.compile(rb"\\x[0-9a-f]{2}")
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")


def path_text(raw: bytes) -> str:
    r"""The printable form of a file name that may be any bytes.

    UTF-8 names stay as they are. In all others every undecodable byte becomes ``\xNN``
    and a backslash ``\x5c``, so two different names never look the same and
    :func:`path_bytes` gives the original back.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if "\\x" not in text or not _ESCAPE_LOOKALIKE.search(raw):
            return text
    return raw.replace(b"\\", b"\\x5c").decode("utf-8", "backslashreplace")


def path_bytes(text: str) -> bytes:
    """The bytes of the name that :func:`path_text` made printable."""
    pieces = _ESCAPED.split(text)
    out = bytearray(pieces[0].encode())
    for code, rest in zip(pieces[1::2], pieces[2::2], strict=True):
        out.append(int(code, 16))
        out += rest.encode()
    return bytes(out)


class FileType(Enum):
    """What kind of entry a path is."""

    REGULAR = "regular"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    OTHER = "other"  # device, fifo, socket


class Content(Enum):
    """What a regular file holds, judged by its first bytes and its name."""

    PLAIN = ""
    ELF = "elf"
    GO = "go"  # an ELF file that carries Go build information
    RUST = "rust"  # an ELF file that carries a cargo-auditable dependency list
    SCRIPT = "script"  # starts with #! or is source code of an interpreted language
    LIBRARY = "library"  # ar archive, jar, wasm, PE, compressed kernel module: code that is not ELF


class FileEntry(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, array_like=True):
    """One entry of one layer, as stored.

    ``path`` is POSIX, relative to the image root, without leading slash, in the form of
    :func:`path_text`. ``size`` is in bytes, ``mode`` the permission bits, ``sha256`` hex; ""
    for files that are neither code nor wanted, which the digest of their layer covers.
    ``link_target`` is as stored; for a hard link the path of the entry that holds the bytes.
    """

    path: str
    type: FileType
    size: int = 0
    mode: int = 0
    link_target: str = ""
    sha256: str = ""
    content: Content = Content.PLAIN


class Location(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """Where a fact was seen: image name, layer, path and line.

    ``layer`` counts from 0, the lowest; -1 means the image as a whole. ``line`` is 1-based,
    0 means the whole file. ``path`` is as in :class:`FileEntry`.
    """

    image: str
    layer: int
    path: str
    line: int = 0

    def __str__(self) -> str:
        layer = f" layer {self.layer}" if self.layer >= 0 else ""
        line = f":{self.line}" if self.line else ""
        return f"{self.image}{layer} {self.path}{line}".strip()

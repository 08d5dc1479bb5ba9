"""Bytes of any file as text, or why they are none."""

from __future__ import annotations

import codecs
import zlib

_MOST = 16 * 1024 * 1024  # bytes that a compressed file may come to
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class NoText(ValueError):
    """The bytes are no text; the message says why."""


def text_of(data: bytes) -> str:
    """``data`` as text with ``\\n`` between its lines: in the encoding of its mark, else UTF-8, else Latin-1.

    gzip (RFC 1952) is unpacked up to a bound. Raises ``NoText`` for anything binary.
    """
    if data.startswith(b"\x1f\x8b"):
        data = _unpacked(data)
    return _decoded(data).replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n" if b"\n" not in data else " ")


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if b"\0" in data:
        raise NoText("it is binary")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, _MOST)
    except zlib.error as error:
        raise NoText("it is damaged gzip") from error
    if unpacker.unconsumed_tail:
        raise NoText(f"it is more than {_MOST >> 20} MiB of text")
    if not unpacker.eof:
        raise NoText("it is cut off gzip")
    return plain

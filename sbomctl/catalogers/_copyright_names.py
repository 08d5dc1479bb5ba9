"""The license names in a machine-readable debian/copyright file (DEP-5); its texts are read elsewhere."""

from __future__ import annotations

_FIELD = b"\nlicense:"
_FORMATS = (b"format:", b"format-specification:")


def license_names(data: bytes) -> tuple[tuple[int, str], ...]:
    """Each distinct license name with the 1-based line it first stands on; () when the file is not DEP-5.

    A name is the first line of a License field, complete and as written (copyright-format
    1.0, "License": alternatives and exceptions are part of it).
    """
    lower = b"\n" + data.lower()
    header = lower.lstrip(b"\n\r\t \xef\xbb\xbf").partition(b"\n\n")[0]
    if not any(line.startswith(_FORMATS) for line in header.split(b"\n")):
        return ()
    names: dict[str, int] = {}
    line, counted = 1, 1  # ``lower`` is one byte longer at its front
    found = lower.find(_FIELD)
    while found >= 0:
        line += lower.count(b"\n", counted, found + 1)
        counted = found + 1
        end = lower.find(b"\n", counted)
        start = found + len(_FIELD) - 1
        raw = data[start : end - 1 if end >= 0 else None].decode("utf-8", "backslashreplace").strip()
        if raw:
            names.setdefault(raw, line)
        found = lower.find(_FIELD, counted)
    return tuple((line, name) for name, line in names.items())

"""JSON that is not quite text."""

from __future__ import annotations

import re

# A pair of escapes is one character; a lone half of one is none. Every other escape is passed
# over whole, so that the backslash of "\\ud800" is not taken for the start of an escape.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def well_formed(document: bytes) -> bytes:
    """``document`` with U+FFFD for bytes that are not UTF-8 and for escapes of half a character.

    Go and JavaScript read such documents so; strict decoders refuse them.
    """
    valid = document.decode("utf-8", "replace").encode()
    return _ESCAPE.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], valid)

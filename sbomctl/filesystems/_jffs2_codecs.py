"""The codecs of JFFS2 (see ``jffs2``)."""

from __future__ import annotations

from sbomctl.filesystems._codecs import Decode, decoder
from sbomctl.filesystems.base import Damaged, Unreadable

_PLAIN, _ZERO, _RTIME = 0, 1, 2
_NAMES = {6: "gzip", 7: "lzo"}
_UNREAD = {3: "rubinmips", 5: "dynrubin"}
_made: dict[int, Decode] = {}


def content(codec: int, data: bytes, size: int) -> bytes:
    """The ``size`` bytes that a node holds; raises ``Damaged``."""
    if codec in (_PLAIN, 4):
        found = data[:size]
    elif codec == _ZERO:
        return bytes(size)
    elif codec == _RTIME:
        found = _rtime(data, size)
    elif codec in _NAMES:
        if codec not in _made:
            _made[codec] = decoder(_NAMES[codec])
        found = _made[codec](data, size)
    else:
        raise Unreadable(f"it is compressed with {_UNREAD.get(codec, f'the unknown codec {codec}')}")
    if len(found) != size:
        raise Damaged(f"one of its nodes holds {len(found):,} bytes of {size:,}")
    return found


def _rtime(data: bytes, size: int) -> bytes:
    """Bytes, each with how many are to be repeated from behind where the same byte stood last."""
    last = [0] * 256
    out = bytearray()
    for at in range(0, len(data) - 1, 2):
        value, count = data[at], data[at + 1]
        out.append(value)
        start, last[value] = last[value], len(out)
        if start + count <= len(out):
            out += out[start : start + count]
        else:  # what is repeated grows while it is
            pattern = bytes(out[start:])
            out += (pattern * (count // len(pattern) + 1))[:count] if pattern else b""
        if len(out) >= size:
            break
    return bytes(out[:size])

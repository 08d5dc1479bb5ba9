"""Extended attributes of JFFS2: nodes with a name and a value, and nodes that give them to inodes (see ``jffs2``)."""

from __future__ import annotations

from sbomctl.filesystems._jffs2_nodes import ATTRIBUTE, ATTRIBUTE_USE, Form, crc

_PREFIXES = {
    1: b"user.",
    2: b"security.",
    3: b"system.posix_acl_access",
    4: b"system.posix_acl_default",
    5: b"trusted.",
}
_DELETED = 0xFFFFFFFF  # the version of an attribute that is no more


class Attributes:
    """What inodes have, the newest of everything."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._values: dict[int, tuple[int, bytes, bytes]] = {}  # number → version, name, value
        self._uses: dict[int, dict[int, int]] = {}  # inode → number → sequence; an odd one takes it away

    def take(self, kind: int, window: bytes, start: int, end: int) -> bool:
        """Take in a node; False when it is damaged."""
        if kind == ATTRIBUTE_USE and end - start >= 28:
            inode, number, sequence, node_sum = self._form.use.unpack_from(window, start)
            if crc(window[start : start + 24]) != node_sum:
                return False
            uses = self._uses.setdefault(inode, {})
            uses[number] = max(sequence, uses.get(number, 0))
            return True
        if kind != ATTRIBUTE or end - start < 32:
            return False
        number, version, prefix, length, size, data_sum, node_sum = self._form.attribute.unpack_from(window, start)
        data = window[start + 32 : min(start + 33 + length + size, end)]
        if crc(window[start : start + 28]) != node_sum or crc(data) != data_sum:
            return False
        if version >= self._values.get(number, (0, b"", b""))[0]:
            self._values[number] = version, _PREFIXES.get(prefix, b"") + data[:length], data[length + 1 :]
        return True

    def value(self, inode: int, name: bytes) -> bytes | None:
        """The value of one; None when the inode has none of that name."""
        for number, sequence in self._uses.get(inode, {}).items():
            version, known, value = self._values.get(number, (_DELETED, b"", b""))
            if known == name and version != _DELETED and not sequence & 1:
                return value
        return None

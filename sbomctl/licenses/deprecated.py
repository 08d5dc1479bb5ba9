"""What the SPDX list wants written instead of identifiers that it deprecates.

The list's own ``obsoletedBy`` values name deprecated identifiers again and one that never
was; these are the valid ones (SPDX license list 3.29, deprecated identifiers).
"""

from __future__ import annotations

_VERSIONS = ("AGPL-1.0", "AGPL-3.0", "GFDL-1.1", "GFDL-1.2", "GFDL-1.3", "GPL-1.0", "GPL-2.0", "GPL-3.0",
             "LGPL-2.0", "LGPL-2.1", "LGPL-3.0")  # fmt: skip
_EXCEPTIONS = {
    "GPL-2.0-with-autoconf-exception": ("GPL-2.0", "Autoconf-exception-2.0"),
    "GPL-2.0-with-bison-exception": ("GPL-2.0", "Bison-exception-2.2"),
    "GPL-2.0-with-classpath-exception": ("GPL-2.0", "Classpath-exception-2.0"),
    "GPL-2.0-with-font-exception": ("GPL-2.0", "Font-exception-2.0"),
    "GPL-2.0-with-GCC-exception": ("GPL-2.0", "GCC-exception-2.0"),
    "GPL-3.0-with-autoconf-exception": ("GPL-3.0", "Autoconf-exception-3.0"),
    "GPL-3.0-with-GCC-exception": ("GPL-3.0", "GCC-exception-3.1"),
}
_OTHERS = {
    "BSD-2-Clause-NetBSD": "BSD-2-Clause",
    "bzip2-1.0.5": "bzip2-1.0.6",
    "eCos-2.0": "GPL-2.0-or-later WITH eCos-exception-2.0",
    "Nokia-Qt-exception-1.1": "Qt-LGPL-exception-1.1",
    "Nunit": "zlib-acknowledgement",
    "StandardML-NJ": "SMLNJ",
    "wxWindows": "GPL-2.0-or-later WITH WxWindows-exception-3.1",
}
_OPEN = {
    # The text that this stood for ends with the sentence on views; FreeBSD says that it is no part of its license.
    # The list names no successor, so both are possible and the text decides.
    "BSD-2-Clause-FreeBSD": ("BSD-2-Clause", "BSD-2-Clause-Views"),
    "Net-SNMP": (),  # a stack of licenses, each of which is to be named
}


def _table() -> dict[str, str]:
    table = dict(_OTHERS)
    for name in _VERSIONS:
        table |= {name: f"{name}-only", f"{name}+": f"{name}-or-later"}
    for name, (license_id, exception) in _EXCEPTIONS.items():
        table |= {name: f"{license_id}-only WITH {exception}", f"{name}+": f"{license_id}-or-later WITH {exception}"}
    return {name.lower(): newer for name, newer in table.items()}


_TABLE = _table()
_SUCCESSORS = {name.lower(): newer for name, newer in _OPEN.items()}


def replacement(word: str) -> str:
    """What to write instead of the deprecated identifier ``word``, in whatever case; "" when it is none."""
    return _TABLE.get(word.lower(), "")


def successors(word: str) -> tuple[str, ...]:
    """What may stand instead of a deprecated identifier, in whatever case: one, several where that is open, or none."""
    newer = replacement(word)
    return (newer,) if newer else _SUCCESSORS.get(word.lower(), ())

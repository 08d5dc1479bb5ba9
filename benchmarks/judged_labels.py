"""Labels of debian-copyright that are wrong, as far as the open half was judged; reasons are in README.md.

The labels are ScanCode's own output on whole files. The figure of the set leaves them as they
are; a second one is measured with these corrections.
"""

from __future__ import annotations

from dataclasses import replace

from license_sets import Case

_PREFIX = "debian-2019-11-15/main/"
_SLIM = "debian-slim-2021-04-07/usr/share/doc/"
_LACKS = {
    f"{_PREFIX}c/cups/stable_copyright": "GPL-2.0-only LGPL-2.0-only",
    f"{_PREFIX}g/ghostscript/stable_copyright": "GPL-2.0-only",
    f"{_PREFIX}p/pango1.0/stable_copyright": "Unicode-DFS-2016",
    f"{_SLIM}bash/copyright": "man2html",
    f"{_SLIM}gcc-10-base/copyright": "Unicode-DFS-2015",
}  # what the file grants in so many words
_EXCESS = {
    f"{_PREFIX}f/freeorion/stable_copyright": "LGPL-2.0-or-later LGPL-2.1-only",
    f"{_PREFIX}g/gnome-control-center/stable_copyright": "GPL-2.0-only LGPL-2.1-only",
    f"{_PREFIX}s/subversion/stable_copyright": "GPL-2.0-only GPL-3.0-only",
    "debian-2019-11-15/non-free/f/firmware-nonfree/stable_firmware-linux.copyright": "GPL-2.0-only",
    f"{_SLIM}libgcrypt20/copyright": "GPL-2.0-only",
    f"{_SLIM}libnettle8/copyright": "LGPL-2.1-or-later",
}  # read from "the text is in /usr/share/common-licenses/…" below an or-later grant, or nowhere in the file


def judged(case: Case) -> Case:
    """``case`` with its labels corrected."""
    labels = case.labels | set(_LACKS.get(case.name, "").split())
    return replace(case, labels=labels - set(_EXCESS.get(case.name, "").split()))

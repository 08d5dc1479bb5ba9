"""License expressions and, room by room, the evidence for them. A new detector adds its import and its line here."""

from __future__ import annotations

from sbomctl.licenses.base import LicenseDetector
from sbomctl.licenses.debian_copyright import DebianCopyright
from sbomctl.licenses.license_text import LicenseText
from sbomctl.licenses.notice_file import NoticeFile

# A file is read by the first one that wants it and knows its kind.
DETECTORS: tuple[LicenseDetector, ...] = (
    DebianCopyright(),
    NoticeFile(),
    LicenseText(),
)

# Where no texts are compared: what databases and copyright files state.
STATED: tuple[LicenseDetector, ...] = (DebianCopyright(compare=False),)

"""NOTICE files: what a license obliges to pass on as it is (Apache-2.0 section 4(d))."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from sbomctl.licenses._decoded import decoded
from sbomctl.licenses.base import FileLicenses
from sbomctl.licenses.detected import detected

_ENDINGS = ("", ".txt", ".md", ".rst", ".html")
_NAMES = ("NOTICE", "NOTICES", "Notice", "Notices")
_OF_OTHERS = (
    "THIRD-PARTY-NOTICE", "THIRD_PARTY_NOTICE", "THIRDPARTYNOTICE", "THIRDPARTY-NOTICE", "ThirdPartyNotice",
    "Third-Party-Notice", "third-party-notice", "third_party_notice", "thirdpartynotice", "3rdPartyNotice",
)  # fmt: skip


class NoticeFile:
    """The whole text of a NOTICE file and of notices of third parties, and the copyright statements in it.

    AUTHORS and CREDITS are left to people: they name who has contributed, no license asks to
    pass them on, and whoever is listed need not hold a copyright.
    """

    name: ClassVar[str] = "notice-file"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "NOTICE files and notices of third parties"
    wants: ClassVar[tuple[str, ...]] = (
        *(f"**/{name}{ending}" for name in _NAMES for ending in _ENDINGS),
        "**/notice.txt",
        "**/META-INF/NOTICE*",
        *(f"**/{name}*" for name in _OF_OTHERS),
    )
    max_bytes: ClassVar[int] = 16 << 20  # the notices of a browser have 10 MB

    def read(self, path: str, data: bytes) -> FileLicenses | None:  # noqa: ARG002 - its name has been asked for
        """What the file says; None when it is no text or has none."""
        from sbomctl.licenses.copyrights import copyright_statements  # many patterns: made in the process that reads

        text = decoded(data)
        if text is None or not text.strip():
            return None
        return msgspec.structs.replace(detected(text), notice=text, copyrights=copyright_statements(text))

"""Heads of scripts and sources: what the comments at their top say of license and copyright."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from sbomctl.licenses._comments import head_comments
from sbomctl.licenses._decoded import decoded
from sbomctl.licenses.base import FileLicenses
from sbomctl.licenses.detected import detected

HEAD = 8192  # bytes in which a header stands


class SourceHeader:
    """Evidence for a script that no package owns: nothing else tells what its license is.

    ``wants`` nothing by name. What a script is, its content tells, and the harvest keeps the
    heads of those that speak of a license.
    """

    name: ClassVar[str] = "source-header"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "license tags and notices at the head of scripts"
    wants: ClassVar[tuple[str, ...]] = ()
    max_bytes: ClassVar[int] = HEAD

    def read(self, path: str, data: bytes) -> FileLicenses | None:  # noqa: ARG002 - the language does not matter
        """What the comments in the first ``HEAD`` bytes of ``data`` say; None when it is no text or says nothing."""
        from sbomctl.licenses.copyrights import copyright_statements  # many patterns: made in the process that reads

        text = decoded(data[:HEAD])
        comments = head_comments(text) if text else ""
        found = msgspec.structs.replace(detected(comments), copyrights=copyright_statements(comments))
        return found if found.statements or found.copyrights else None

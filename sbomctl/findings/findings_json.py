"""Everything a check says, as JSON; ``--baseline`` of a later check reads it."""

from __future__ import annotations

from typing import BinaryIO, ClassVar

from sbomctl.model import FINDINGS_FORMAT, CheckResult, FindingsDocument


class FindingsJson:
    """The whole result."""

    kind: ClassVar[str] = "json"
    media_type: ClassVar[str] = "application/json"
    suffix: ClassVar[str] = ".json"
    about: ClassVar[str] = "everything, for programs and as the next baseline"

    def write(self, result: CheckResult, out: BinaryIO) -> None:
        """Write the document to ``out``, which stays open."""
        import msgspec

        document = FindingsDocument(FINDINGS_FORMAT, result)
        out.write(msgspec.json.format(msgspec.json.encode(document, order="deterministic"), indent=1) + b"\n")

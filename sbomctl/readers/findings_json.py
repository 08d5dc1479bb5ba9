"""Findings read back: the JSON of a check, which a later check is compared with."""

from __future__ import annotations

import msgspec

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.model import FINDINGS_FORMAT, CheckResult, FindingsDocument

_HINT = "sbomctl check -o json=FILE writes one"


class _Head(msgspec.Struct):
    sbomctl_check: int | None = None


def is_findings(data: bytes) -> bool:
    """Whether it is the JSON of a check, whatever its version."""
    try:
        return msgspec.json.decode(data, type=_Head).sbomctl_check is not None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def decode_findings(data: bytes, file: str) -> CheckResult:
    """The result in ``data``; raises ``CorruptInput`` and ``UnsupportedInput`` naming ``file``."""
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.sbomctl_check not in (None, FINDINGS_FORMAT):
            raise UnsupportedInput(
                f"{file}: findings of format {head.sbomctl_check}, this sbomctl reads {FINDINGS_FORMAT}",
                "use the sbomctl that wrote it",
            )
        return msgspec.json.decode(data, type=FindingsDocument).result
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptInput(f"{file} holds no findings: {error}", _HINT) from error

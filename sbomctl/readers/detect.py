"""Which reader a document is for, by its own marks."""

from __future__ import annotations

from typing import Any

import msgspec

from sbomctl.model import Bom
from sbomctl.readers import cyclonedx_json, sbomctl_json, spdx_json


class _Marks(msgspec.Struct, rename="camel", gc=False):
    sbomctl: Any = None
    bom_format: Any = None
    spdx_version: Any = None


def decode(data: bytes, file: str) -> Bom:
    """The Bom in a native document, in CycloneDX JSON or in SPDX 2 JSON; raises ``InputError`` naming ``file``."""
    marks = _marks(data)
    if marks.sbomctl is None and marks.bom_format == "CycloneDX":
        return cyclonedx_json.decode(data, file)
    if marks.sbomctl is None and marks.spdx_version is not None:
        return spdx_json.decode(data, file)
    return sbomctl_json.decode(data, file)


def _marks(data: bytes) -> _Marks:
    """The marks at the top; of what is no JSON those that it names anywhere, so that the right reader complains."""
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Marks)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if b'"sbomctl"' in data[:64]:
            return _Marks(sbomctl=True)
        return _Marks(None, "CycloneDX" if b'"bomFormat"' in data else None, b'"spdxVersion"' in data or None)

"""The native document: a Bom with a head that says how to read it."""

from __future__ import annotations

import msgspec

from sbomctl.model.bom import Bom

NATIVE_FORMAT = 1  # goes up when an older reader would misread the document


class NativeHead(msgspec.Struct, frozen=True):
    """What a native document says of itself."""

    format: int
    tool: str  # version of sbomctl that wrote it
    created: str  # RFC 3339, UTC, whole seconds


class NativeDocument(msgspec.Struct, frozen=True):
    """The checkpoint that every later command accepts; nothing of the Bom is lost in it."""

    sbomctl: NativeHead
    bom: Bom

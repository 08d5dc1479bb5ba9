"""What a writer is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import BinaryIO, ClassVar, Protocol

import msgspec

from sbomctl.model import Bom, Tool


class WriteContext(msgspec.Struct, frozen=True):
    """What a document says of its own making, passed in so that writing is reproducible.

    ``version`` is one of the writer's ``versions``, "" when it has none. ``created`` is
    aware, in UTC; documents carry it in whole seconds.
    """

    version: str
    created: datetime
    tool_version: str


class Writer(Protocol):
    """Writes a Bom in one document format.

    Pure: the same Bom and context give the same bytes. ``versions`` are the versions of the
    format it writes, the default first; () when the format has none.
    """

    format: ClassVar[str]
    versions: ClassVar[tuple[str, ...]]
    media_type: ClassVar[str]
    suffix: ClassVar[str]
    about: ClassVar[str]

    def write(self, bom: Bom, out: BinaryIO, context: WriteContext) -> None:
        """Write the whole document to ``out``, which stays open."""
        ...


def tool_name(tool: Tool) -> str:
    """What a document calls a tool: our plugin that reads dpkg's database must not pass for dpkg."""
    return f"{tool.part_of}-{tool.name}-cataloger" if tool.part_of else tool.name


def timestamp(moment: datetime) -> str:
    """``moment`` as ``YYYY-MM-DDThh:mm:ssZ``, the one form that SPDX 2.3 section 6.9 and SPDX 3 allow."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

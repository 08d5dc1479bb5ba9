"""What a product file, or a command, asks of a description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec


class Asked(msgspec.Struct, frozen=True):
    """What is to be read, and how; each kind heeds what it knows."""

    files: Sequence[Path]  # at least one; may be directories
    profiles: Sequence[str] | None = None  # of services that ship; None: all do
    variables: Mapping[str, str] = {}  # they go before ``environment``
    environment: Mapping[str, str] = {}
    env_files: Sequence[Path] = ()  # () = .env beside the first file, if it is there

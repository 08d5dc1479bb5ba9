"""What a bundle is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import msgspec

from sbomctl.model import Bom, CheckResult

SUMS = "SHA256SUMS"
ATTESTATION = "attestation.intoto.jsonl"
README = "README.md"
INVENTORY = "inventory.json"
SBOMS = "sbom/"

SOURCE_OFFER, FINDINGS = "source-offer", "findings"
OPTIONAL = (SOURCE_OFFER, FINDINGS)
"""Parts that may be left out, but only when asked for: a bundle that lacks one by accident looks whole."""


class KeptFile(msgspec.Struct, frozen=True):
    """A file of the user's that decided something: as it was named, where the bundle has it, what it held."""

    name: str
    path: str
    data: bytes


class BundleInput(msgspec.Struct, frozen=True):
    """Everything that a bundle is made of; ``created`` is aware, in UTC."""

    bom: Bom
    result: CheckResult | None  # None only without findings
    created: datetime
    tool_version: str
    templates: str = ""  # a folder of templates that go before those that ship
    kept: tuple[KeptFile, ...] = ()
    images: tuple[str, ...] = ()  # names of images that get a NOTICE of their own
    without: frozenset[str] = frozenset()  # of OPTIONAL
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a bundle: its path, what it is, for whom, and what writes it."""

    path: str
    about: str
    readers: str
    write: Callable[[BinaryIO], None]


@dataclass(frozen=True, slots=True)
class Absent:
    """A file that one would look for, and why it is not there."""

    path: str
    reason: str

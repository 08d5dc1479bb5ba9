"""What a report is: a pure function of what is known, and a template."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO, ClassVar, Protocol

import msgspec

from sbomctl.model import Bom, CheckResult
from sbomctl.reports.templates import Templates


class ReportInput(msgspec.Struct, frozen=True):
    """Everything that reports draw from; ``created`` is aware, in UTC."""

    bom: Bom
    result: CheckResult | None  # None = the product was not checked against a policy
    created: datetime
    tool_version: str
    templates: Templates


class Report(Protocol):
    """One kind of report in one form; the same input gives the same bytes.

    ``form`` is the ending of its file: html, txt, md, csv, xlsx. Raises ``ConfigError`` where
    a fact is missing without which the report would be wrong, and names all of them.
    """

    kind: ClassVar[str]
    form: ClassVar[str]
    about: ClassVar[str]

    def write(self, known: ReportInput, out: BinaryIO) -> None:
        """Write the whole report to ``out``, which stays open."""
        ...

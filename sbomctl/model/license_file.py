"""What one file says of licenses and copyright, before it is known whose file it is."""

from __future__ import annotations

import msgspec

from sbomctl.model.license import Expression, LicenseKind


class Statement(msgspec.Struct, frozen=True, omit_defaults=True):
    """One license statement in one file; the fields are those of ``LicenseFinding``, lines are 1-based."""

    raw: str
    expression: Expression = Expression("")
    line: int = 1
    end_line: int = 0
    kind: LicenseKind = LicenseKind.DETECTED
    coverage: float = 1.0
    files: tuple[str, ...] = ()
    excluded_by: str = ""
    candidates: tuple[str, ...] = ()
    remark: str = ""
    text: str = ""  # the license text as shipped; "" = this is no text but a notice, name or tag
    found_by: str = ""  # who says it, where that is not the detector of the file


class FileLicenses(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything one file says of licenses and copyright.

    ``declared`` and ``detected`` are what its statements come to together, with its own
    connectives; canonical, "" = nothing. Declared is what a machine-readable record
    states, detected what the words of the file show.
    """

    statements: tuple[Statement, ...] = ()
    declared: Expression = Expression("")
    detected: Expression = Expression("")
    copyrights: tuple[tuple[int, str], ...] = ()  # line, statement; in file order
    notice: str = ""  # the whole text where the file is a NOTICE file, to be reproduced as it is
    faults: tuple[tuple[int, str], ...] = ()  # line, what could not be read

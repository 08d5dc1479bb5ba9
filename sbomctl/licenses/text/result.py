"""What the detector says of a text."""

from __future__ import annotations

from dataclasses import dataclass

from sbomctl.licenses.expression import NOTHING
from sbomctl.model import Expression


@dataclass(frozen=True, slots=True)
class Match:
    """One statement of a license.

    ``rule`` is how it was recognised: ``exact-text`` and ``text`` (a whole license),
    ``notice`` (a grant), ``tag``, ``name``, ``reference``, or ``unknown-text``: terms that no
    text of the list comes close enough to; its expression is "" and the caller names it.
    """

    expression: Expression
    line: int  # 1-based
    end_line: int
    rule: str
    coverage: float = 1.0  # 0..1, share of the known text that is there
    raw: str = ""  # its first words as written
    remark: str = ""  # how it differs from the known text, or what is open; for people
    candidates: tuple[str, ...] = ()  # sorted; what it may be where the text does not decide
    is_text: bool = False  # a license text, which must go with what ships


@dataclass(frozen=True, slots=True)
class Detection:
    """All statements of a text in its order, and what they come to together, canonical; "" = nothing."""

    matches: tuple[Match, ...] = ()
    expression: Expression = NOTHING

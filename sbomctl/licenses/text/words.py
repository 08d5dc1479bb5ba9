"""Text as the SPDX matching guidelines see it: words, each with its line (SPDX 2.3 Annex B).

Case, white space, punctuation, quotes, comment marks and bullets fall away because only runs
of letters and digits are words (B.4-B.8); spellings that the guidelines hold equal become one
(B.10, B.12); a scheme is ``http`` (B.14).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

_WORD = re.compile(r"[^\W_\u3040-\u9fff]+(?:\.\d+)*\+?|[\u3040-\u9fff]")  # a character of Chinese or Japanese is a word
_COMMENT_WORD = re.compile(r"^[ \t]*(?:dnl|rem|@rem|@c)\b", re.MULTILINE)
_MARKUP = re.compile(
    r"</?(?:p|br|a|b|i|u|em|strong|div|span|h[1-6]|ul|ol|li|tt|code|pre|font|td|tr|th|table|tbody|html|body|head|title"
    r"|center|hr|blockquote|dl|dt|dd|small|sup|meta|link|para|ulink)(?:\s[^<>]{0,400})?/?>|&(?:nbsp|quot|amp|lt|gt|copy|#\d{1,5});"
)
_ADDRESS = re.compile(r"\b(?:https?|ftp)://[^\s<>\"')\]]+")
_COPYRIGHT = re.compile(
    r"[^\w\n(©]{0,40}(?:(?:portions|parts)(?: of this \w+)? )?"
    r"(?:copyright(?:ed)?[\s:,]{0,9}(?:\(c\)|©|\d{4}|[<\[{]|by\b|c\b|yyyy|year)|\(c\)[\s:,]*(?:copyright|\d{4}|[<\[])|©)"
)
_AFTER_COPYRIGHT = re.compile(
    r"\b(?:permission|redistribution|licensed|this (?:program|file|software|library|work)|everyone|all rights)\b"
)
_SPELLINGS = (
    "acknowledgement acknowledgment|analog analogue|analyze analyse|artifact artefact|authorization authorisation"
    "|authorized authorised|caliber calibre|canceled cancelled|capitalizations capitalisations|catalog catalogue"
    "|categorize categorise|center centre|holder owner|holders owners|emphasized emphasised|favor favour"
    "|favorite favourite|fulfill fulfil|fulfillment fulfilment|initialize initialise|judgment judgement"
    "|labeling labelling|labor labour|license licence|licenses licences|licensed licenced|licensing licencing"
    "|maximize maximise|merchantability merchantibility|modeled modelled|modeling modelling|offense offence"
    "|optimize optimise|organization organisation|organizations organisations|organize organise|practice practise"
    "|program programme|realize realise|recognize recognise|signaling signalling|utilization utilisation|while whilst"
    "|wilfull wilful|http https"
)
_SAME = {other: one for one, *others in map(str.split, _SPELLINGS.split("|")) for other in others}
_JOINED = (
    ("sub-licen", "sublicen"),
    ("sub licen", "sublicen"),
    ("non-commercial", "noncommercial"),
    ("per cent", "percent"),
    (" & ", " and "),
    (">=", " gte "),
    ("≥", " gte "),
)


@dataclass(slots=True)
class Words:
    """The words of a text. Those of one character, which are mostly bullets, are in ``every`` only."""

    every: list[str]
    every_starts: list[int]  # index of the first of ``every`` in each line
    solid: list[str]  # what texts are compared by: without copyright lines and one-character words
    solid_starts: list[int]
    lines: list[str] = field(default_factory=list)  # as written
    _solid_of_line: dict[int, list[int]] = field(default_factory=dict)

    def line(self, index: int) -> int:
        """The 1-based line of ``solid[index]``."""
        return bisect_right(self.solid_starts, index)

    def place(self, index: int) -> int:
        """Where ``solid[index]`` is in ``every``."""
        line = self.line(index)
        if line not in self._solid_of_line:
            self._solid_of_line = {line: self._solid_in(line)}  # the next one is mostly of the same line
        following = self.solid_starts[line] if line < len(self.solid_starts) else len(self.solid)
        # what a line lacks in ``solid`` is at its start, or short
        return self._solid_of_line[line][index - following]

    def _solid_in(self, line: int) -> list[int]:
        start, end = self.every_on(line)
        return [at for at in range(start, end) if _is_solid(self.every[at])]

    def every_on(self, line: int) -> tuple[int, int]:
        """The positions in ``every`` of the words of a line, and after them."""
        end = self.every_starts[line] if line < len(self.every_starts) else len(self.every)
        return self.every_starts[line - 1], end

    def line_of(self, index: int) -> int:
        """The 1-based line of ``every[index]``."""
        return bisect_right(self.every_starts, index)


def words_of(text: str) -> Words:
    """The words of ``text``, in time linear in it."""
    lines = text.split("\n")
    every: list[str] = []
    every_starts: list[int] = []
    solid: list[str] = []
    solid_starts: list[int] = []
    for line in _plain(text).split("\n"):
        every_starts.append(len(every))
        solid_starts.append(len(solid))
        found = [_SAME.get(word, word) for word in _WORD.findall(line)]
        if not found:
            continue
        every += found
        if ("copyright" in line or "(c)" in line or "©" in line) and (start := _COPYRIGHT.match(line)):
            rest = _AFTER_COPYRIGHT.search(line, start.end())
            found = [_SAME.get(word, word) for word in _WORD.findall(line, rest.start())] if rest else []
        solid += [word for word in found if len(word) > 1 or word > "\u3000"]  # as _is_solid, without the calls
    return Words(every, every_starts, solid, solid_starts, lines)


def _is_solid(word: str) -> bool:
    return len(word) > 1 or word > "\u3000"


def _plain(text: str) -> str:
    """``text`` in lower case, markup and comment words blanked; the lines stay where they are."""
    lowered = text.lower()
    if lowered.count("\n") != text.count("\n"):  # never seen, but a line must never move
        lowered = text
    for given, wanted in _JOINED:
        if given in lowered:
            lowered = lowered.replace(given, wanted)
    if "<" in lowered or "&" in lowered:
        lowered = _MARKUP.sub(_blank, lowered)
    if "://" in lowered:  # B.14 makes schemes equal; here addresses are nothing at all
        lowered = _ADDRESS.sub(" ", lowered)
    if "dnl" in lowered or "rem" in lowered or "@c" in lowered:
        lowered = _COMMENT_WORD.sub("", lowered)
    return lowered


def _blank(found: re.Match[str]) -> str:
    return " " + "\n" * found[0].count("\n")

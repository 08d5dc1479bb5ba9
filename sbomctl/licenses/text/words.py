"""Text as the SPDX matching guidelines see it: words, each with its line (SPDX 2.3 Annex B).

Case, white space, punctuation, quotes, comment marks and bullets fall away because only runs
of letters and digits are words (B.4-B.8); spellings that the guidelines hold equal become one
(B.10, B.12); a scheme is ``http`` (B.14).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache

_WORD = r"[^\W_\u3040-\u9fff]+(?:\.\d+)*\+?|[\u3040-\u9fff]"  # a character of Chinese or Japanese is a word
_SUFFIXES = (re.compile(r"\.[0-9]+(?:\.[0-9]+)*\+?"), re.compile(r"\+"))
# what a word may have behind its letters and digits; each begins with one character, and is found far sooner than both
_DOT, _PLUS = "\1", "\2"  # stand for those of suffixes
_ASCII = "".join(map(chr, range(128)))
_SPACES = str.maketrans({one: one if one.isalnum() or one == "\n" else " " for one in _ASCII} | {_DOT: ".", _PLUS: "+"})
_TOKEN = rf"({_WORD})|([.!?]+(?=[\"')\]]*(?:\s|\Z))|;|[:,](?=\s|\Z)|[()\[\]]|\s(?:-{{1,3}}|[\u2013\u2014])\s)"
_NO_END = frozenset(str.split("inc ltd corp co ver vers vs cf mr jr"))
_BEHIND_ADDRESS = re.compile(r"(://[^\s<>\"')\]]{1,400}?)([.,;]?)(?=\s|\Z)")
_BLOCK = re.compile(r"</?(?:p|br|li|td|tr|th|dd|dt|div|title|h[1-6])\b[^<>]{0,400}>", re.IGNORECASE)
_BRACKETS = {"[": "(", "]": ")"}
_REMEMBERED = 200  # characters of a line that is
_COMMENT_WORD = re.compile(r"[ \t]*(?:dnl|rem|@rem|@c)\b")
_TAG = re.compile(
    r"</?(?:p|br|a|b|i|u|em|strong|div|span|h[1-6]|ul|ol|li|tt|code|pre|font|td|tr|th|table|tbody|html|body|head|title"
    r"|center|hr|blockquote|dl|dt|dd|small|sup|meta|link|para|ulink)(?:\s[^<>]{0,400})?/?>"
)
_ENTITY = re.compile(r"&(?:nbsp|quot|amp|lt|gt|copy|#\d{1,5});")
_SCHEME = re.compile(r"(?<!\w)(?:https?|ftp)\Z")
_ADDRESS = re.compile(r"[^\s<>\"')\]]+")  # what follows ://
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
_ODD = frozenset(_SAME) | frozenset(one for one in _ASCII if one.isalnum())  # what is spelled otherwise, or not solid
_COMMENTED = ("dnl", "rem")
_JOINED = (
    ("sub-licen", "sublicen"),
    ("sub licen", "sublicen"),
    ("non-commercial", "noncommercial"),
    ("per cent", "percent"),
    (" & ", " and "),
    ("\\n", " "),  # the end of a line in a string of C or of a shell
    (">=", " gte "),
    ("≥", " gte "),
)
_TOLD_BY = {" & ": "&", "\\n": "\\", ">=": "="}  # a character that few texts have is looked for far sooner


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
        return [at for at, word in enumerate(self.every[start:end], start) if len(word) > 1 or word > "\u3000"]

    def every_on(self, line: int) -> tuple[int, int]:
        """The positions in ``every`` of the words of a line, and after them."""
        end = self.every_starts[line] if line < len(self.every_starts) else len(self.every)
        return self.every_starts[line - 1], end

    def line_of(self, index: int) -> int:
        """The 1-based line of ``every[index]``."""
        return bisect_right(self.every_starts, index)


def words_of(text: str) -> Words:
    """The words of ``text``, in time linear in it."""
    every: list[str] = []
    every_starts: list[int] = []
    solid: list[str] = []
    solid_starts: list[int] = []
    plain = _plain(text)
    is_ascii = plain.isascii()
    lines = plain.split("\n")
    for line, spaced in zip(lines, _spaced(plain, lines), strict=True):
        every_starts.append(len(every))
        solid_starts.append(len(solid))
        found = spaced.split()
        if not found:
            continue
        if (found[0][:3] in _COMMENTED or "@" in line) and (comment := _COMMENT_WORD.match(line)):
            line = line[comment.end() :]  # noqa: PLW2901 - the line without its comment word
            found = _words_in(line)
        odd = not _ODD.isdisjoint(found) or not (is_ascii or line.isascii())
        if odd and not _SAME.keys().isdisjoint(found):
            found = [_SAME.get(word, word) for word in found]
        every += found
        if ("copyright" in line or "(c)" in line or "©" in line) and (start := _COPYRIGHT.match(line)):
            rest = _AFTER_COPYRIGHT.search(line, start.end())
            found = [_SAME.get(word, word) for word in _words_in(line[rest.start() :])] if rest else []
            odd = True
        solid += [word for word in found if len(word) > 1 or word > "\u3000"] if odd else found
    return Words(every, every_starts, solid, solid_starts, text.split("\n"))


def punctuated(line: str) -> tuple[str, ...]:
    """The words of a line and the marks between them: ``.`` where a sentence ends, ``,``, ``:``, ``(`` and ``)``.

    The last words are those of ``Words.every`` on that line; markup across lines may put more in front of them.
    """
    return _punctuated(line) if len(line) <= _REMEMBERED else _punctuated.__wrapped__(line)


@lru_cache(maxsize=1024)  # the lines with names of licenses are the same in many files
def _punctuated(line: str) -> tuple[str, ...]:
    found: list[str] = []
    if "<" in line:
        line = _BLOCK.sub(" ; ", line)
    if "://" in line:
        line = _BEHIND_ADDRESS.sub(r"\1 \2", line)
    for token in re.finditer(_TOKEN, _plain(line)):
        if token[1]:
            found.append(token[1])
        elif token[2] in (",", ":", "(", ")", "[", "]"):
            found.append(_BRACKETS.get(token[2], token[2]))
        elif token[2] != "." or not (found and ((len(found[-1]) == 1 and found[-1].isalpha()) or found[-1] in _NO_END)):
            found.append(".")  # but behind "e.g." and "Inc."
    return tuple(found)


def _words_in(line: str) -> list[str]:
    found: list[str] = re.findall(_WORD, line)  # compiled when needed: that takes some milliseconds
    return found


def _spaced(text: str, lines: list[str]) -> list[str]:
    """The ``lines`` of ``text`` with blanks between their words and nothing else.

    What is no word falls away at once in the whole text, several times as fast as finding the
    words of each line; only the few lines that are not ASCII are searched.
    """
    is_ascii = text.isascii()
    whole = text if is_ascii else "\n".join([line if line.isascii() else "" for line in lines])
    whole = whole.replace(_DOT, " ").replace(_PLUS, " ")
    for suffix in _SUFFIXES:
        whole = suffix.sub(_marked, whole)
    spaced = whole.translate(_SPACES).split("\n")
    for at, line in enumerate(() if is_ascii else lines):
        if not line.isascii():
            spaced[at] = " ".join(_words_in(line))
    return spaced


def _marked(found: re.Match[str]) -> str:
    """A suffix and the end of its word; behind anything else than a word its digits begin one."""
    suffix = found[0].replace(".", _DOT).replace("+", _PLUS)
    if found.string[found.start() - 1 : found.start()].isalnum():
        return f"{suffix} "
    return f" {suffix[1:]} " if not suffix[1:].isdecimal() else f" {suffix[1:]}"


def _plain(text: str) -> str:
    """``text`` in lower case, markup and addresses blanked; the lines stay where they are."""
    lowered = text.lower()
    if not text.isascii() and lowered.count("\n") != text.count("\n"):  # never seen, but a line must never move
        lowered = text
    for given, wanted in _JOINED:
        if _TOLD_BY.get(given, given) in lowered:
            lowered = lowered.replace(given, wanted)
    if "<" in lowered:  # one after the other: what begins with a certain character is found far sooner than both
        lowered = _TAG.sub(_blank, lowered)
    if "&" in lowered:
        lowered = _ENTITY.sub(" ", lowered)
    if "://" in lowered:  # B.14 makes schemes equal; here addresses are nothing at all
        lowered = _without_addresses(lowered)
    return lowered


def _without_addresses(text: str) -> str:
    """``text`` with a blank for each address; what they have in common is looked for, not how they begin."""
    kept = []
    done, at = 0, text.find("://")
    while at >= 0:
        scheme = _SCHEME.search(text, max(done, at - 6), at)
        address = _ADDRESS.match(text, at + 3)
        at += 3
        if scheme and address:
            kept.append(text[done : scheme.start()])
            done = at = address.end()
        at = text.find("://", at)
    return " ".join([*kept, text[done:]])


def _blank(found: re.Match[str]) -> str:
    return " " + "\n" * found[0].count("\n")

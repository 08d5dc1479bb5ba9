"""Where a copyright statement ends, and whether anything is left of it when the places to fill in are taken out."""

from __future__ import annotations

import re
from html import unescape

from sbomctl.licenses._copyright_words import YEAR

_BLANKS = re.compile(
    r"\$?\{\{?[^{}@]{0,60}\}?\}|\[[^\]@]{0,60}\]|<(?![^<>]{0,80}(?:@|://|\bat\b))[^<>]{0,60}>|%\w{1,30}%|@[A-Z_]{1,30}@|"
    r"\$\w{1,20}|(?<!\w)(?:y{2,4}|(?:19|20)(?:yy|xx|\?\?)|xxxx)(?!\w)",
    re.IGNORECASE,
)
_PLACE_WORDS = (
    "copyright copyrighted copyrights c by year years date dates name of author authors owner owners holder holders "
    "the fullname organization company your first and last names all rights reserved portions copr "
    "s yoyodyne or as applicable insert here"
)
_BLANK_WORDS = frozenset(_PLACE_WORDS.split())
_WORD = re.compile(r"[^\W\d_]+")
_LICENSE_FOLLOWS = re.compile(
    r"(?:[.,;]\s|\s[-\u2013\u2014|]{1,2}\s|\s\(?)(?:"
    r"(?:permission|redistribution|licen[sc]ed|distributed|released|dual[- ]licensed|published|provided|available|"
    r"made available|covered)\s(?:is|and|under|by|to|in|with|as|the|on|for|subject|at)\b|"
    r"(?:and|which|it|this|that|they|these|(?:the|this)\s\w{1,20})\s(?:is|are|may|can)\s(?:be\s)?(?:hereby\s|also\s)?"
    r"(?:licen[sc]ed|distributed|released|provided|free|made|available|part|subject|governed|covered|redistribut\w{1,9}|"
    r"cop(?:y|ied)|under|used?|modif\w{1,9})\b|"
    r"under\s(?:the|a|an)\s(?:terms|same|gnu|mit|bsd|apache|following|\w{1,20}\s(?:public\s)?licen[sc]e)\b|"
    r"(?:see|read|refer to)\s(?:the\s)?(?:file|accompanying|copying|licen[sc]e|\w{1,20}\.\w|below|above|included|end|"
    r"documentation|top|individual)\b|"
    r"(?:subject to|in accordance with|use of this|the contents of|you (?:may|can|should|must|are)|everyone is|"
    r"unless|provided that|for (?:licensing|more|conditions|terms|details|copyright|license|further|full)|"
    r"this (?:program|software|file|code|library|package|module|work|source|script|product|document|is)|"
    r"these (?:programs|files)|any redistribution|usage of|copying and|may be (?:used|copied|distributed)|may only|"
    r"spdx-license-identifier|licen[sc]e:|(?:the\s)?(?:mit|bsd|apache) licen[sc]e|"
    r"(?:gnu\s)?l?gpl(?:v\d|-\d|\s+version|\slicen[sc]e))\b"
    r")",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"(?:all rights|permission|redistribution|licen[sc]e|this |these |you |your |distributed|released|use |see |any |"
    r"everyone|under |it |provided|subject |copying|authors?\b|written|version|on debian|from |the above|the following|"
    r"the (?:source|code|program|software|contents|full|complete|text|licen\w+)|"
    r"the \w{1,20} (?:is|are|may|can|has|have|was)|"
    r"https?://|www\.|for |if |in (?!the )|is |are |there |unless|except|with |without|as |at |created|modified|"
    r"maintain|contributed by|based on|derived|report|bugs?\b|note|warning|usage|description|"
    r"[A-Za-z][\w-]{0,30}:(?: |$)|[@\\$]\w|#?include|import |package |module |\d{1,2}[.)] )",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"(?:[,&(/\u2013\u2014-]|\b(?:and|by|of|the|for|de|en|in|et|und|with|to|or|from|at|are|is|&amp;))$", re.I
)
_LEADS_ON = re.compile(r"(?:(?:and|of|by|de|or|und|at|et|in the|for the|others|reserved)(?!\w)|[&,<(])", re.I)
_NOBODY = re.compile(
    r"(?:copyrights?|copyrighted|copr|c|by|the|portions?|years?|present|now|and|is|are|of|x|this|these|licen[sc]e|files?|"
    r"code|software|library|program|package)",
    re.IGNORECASE,
)

_ALL_RIGHTS = re.compile(r"[.,;]? all(?: rights)?$", re.IGNORECASE)  # what is left where the line ends in it
_MARK_UP = re.compile(
    r"</?(?:a|b|i|p|s|br|em|strong|span|div|font|td|tr|li|center|small|tt|code|copyright|h\d)(?:\s[^<>]{0,200})?/?>",
    re.I,
)
_PERSON = re.compile(r"[^\W\d_a-z][^<>@:]{1,60} <[^<>@ ]{1,60}@[^<>@ ]{1,60}>$")
_IN_BRACKETS = 150  # characters; a bracket that stays open for longer was forgotten


def blank(statement: str) -> bool:
    """Whether only the places to fill in of a template stand in ``statement``, or nothing at all."""
    if YEAR.search(statement):
        return False
    return all(word.casefold() in _BLANK_WORDS for word in _WORD.findall(_BLANKS.sub(" ", statement)))


def cut(statement: str) -> tuple[str, bool]:
    """``statement`` up to where something else begins, such as its license; and whether something did."""
    head, bar, _ = statement.partition(" | ")
    if bar and not nobody(head):
        return head, True
    match = _LICENSE_FOLLOWS.search(statement, 10)
    return (statement, False) if match is None else (statement[: match.start() + 1], True)


def tidy(statement: str) -> str:
    """``statement`` without mark-up and without what it was separated by."""
    if "<" in statement:
        statement = " ".join(_MARK_UP.sub(" ", statement).split())
    if "&" in statement:
        statement = unescape(statement)
    return _ALL_RIGHTS.sub("", statement).strip(" ,;:|*\"'`@_-\u2013\u2014=\\")


def nobody(statement: str) -> bool:
    """Whether no holder is named in ``statement`` yet."""
    return all(_NOBODY.fullmatch(word) for word in _WORD.findall(statement))


def is_open(statement: str) -> bool:
    """Whether ``statement`` cannot end where it does."""
    bracket = statement.rfind("(")
    is_bracketed = bracket > max(statement.rfind(")"), statement.rfind(">"))
    return bool(_OPEN.search(statement)) or (is_bracketed and len(statement) - bracket < _IN_BRACKETS)


def leads_on(line: str) -> bool:
    """Whether ``line`` begins like the rest of something."""
    return bool(_LEADS_ON.match(line))


def is_prose(line: str) -> bool:
    """Whether ``line`` is a sentence rather than names and years."""
    if line.startswith(("<", "(")) and "@" in line:
        return False
    if _SENTENCE.match(line):
        return True
    words: list[str] = _WORD.findall(line)
    small = sum(word.islower() and len(word) > 3 for word in words)
    return small > 2 and 2 * small > len(words)


def is_heading(line: str) -> bool:
    """Whether ``line`` is rather the title of what comes next."""
    return line.isupper() or "licen" in line.lower() or line.endswith(":")


def goes_on(statement: str, line: str, *, hanging: bool, wrapped: bool) -> bool:
    """Whether ``line``, the next one, is still of ``statement``.

    ``hanging``: it is indented as far as the years of the statement. ``wrapped``: the line before is so long that
    it may have been wrapped.
    """
    if is_prose(line):
        return False
    if nobody(statement):
        return leads_on(line) or not line[:1].islower()
    if is_open(statement) or leads_on(line):
        return True
    if hanging or _PERSON.match(line):
        return not line[:1].islower()
    is_rest = line.count(" ") < 5 and line[:1].isupper() and not is_heading(line)
    return wrapped and is_rest and not statement.endswith(".")

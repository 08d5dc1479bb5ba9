"""By what words the beginning of a copyright statement is told from a sentence about copyright.

When in doubt it is a statement: one that is lost breaks the license, one too many does not.
"""

from __future__ import annotations

import re

SIGNS = ("copyrig", "(c)", "{c}", "©", "copr.", "&copy;", "&#169;", "&#xa9;", "\\(co", "@copyright")
"""Lower case; where none of them stands, no statement begins."""

_MARK = r"(?:©|\([c©]\)|\{c\}|&copy;|&\#169;|&\#xa9;|\\\(co|@copyright\{\})"
KEY = re.compile(
    rf"(?P<word>(?:{_MARK}\s{{0,4}})?(?<![\w/-])[\\@_]{{0,3}}(?:copyrighted|copyrights?|copyrigth|copr\.|\(c\)opyright)"
    rf"(?:\s{{1,2}}holders?(?=:))?(?![\w/-]{{1,2}}\w)(?P<field>_{{0,2}}\s{{0,4}}[:=])?[\s\"'\u201d\u201c\u2019*,.]{{0,40}}"
    rf"(?P<mark>(?:{_MARK}[\s,.:]{{0,4}}){{0,2}}))"
    rf"|(?P<bare>{_MARK})",
    re.IGNORECASE,
)
"""What a statement begins with: the word, with or without a mark, or a mark alone."""

YEAR = re.compile(r"(?<!\d)(?:19[5-9]\d|20\d\d)(?!\d)")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?|spring|summer|autumn|fall|winter"
_DATED = re.compile(
    rf"[\W_]{{0,8}}(?:u['\"])?(?:(?:by|in|from|since|years?|dates?|x|{_MONTH}|\d{{1,2}}),?[\s:]{{1,3}}){{0,3}}[\W_]{{0,3}}"
    r"(?:19[5-9]|20\d)\d(?!\d)"
    r"|'?\d\d(?:\s?[,-]\s?'?\d\d){0,9}\s(?-i:[A-Z])",
    re.IGNORECASE,
)
_YEARS_BEFORE = re.compile(r"(?<!\d)(?:19[5-9]|20\d)\d(?:[\s,\u2013-]{1,3}(?:19|20)?\d\d){0,30}\s?$")
_ABOUT_WORDS = (
    "a above act acts actual all also an and any applicable applies are as assignment assignments at attribution "
    "author authorities authority based be been being belongs below block blocks but can cannot catalog claim "
    "claims clause clauses code comment comments control convention data date declaration details disclaimer "
    "disclaimers do documentation does doesn each either except exception exceptions expires faq file files for "
    "format from grant granted grants has have he header headers holder holders however i if in info information "
    "infringement infringements infringes interest interests into is issue issues it its law laws legend legends "
    "legislation licence licences license licensed licensee licenses licensing line lines list management "
    "material materials may message messages might must name names no nor not note notes notice notices "
    "notification of on only or other otherwise our owner owners ownership page patent patents permission "
    "permissions policy portion protected protection provisions registration related remains restrictions right "
    "rights rules section see shall should software statement statements status string such symbol template term "
    "terms text texts than that their then there these they this those to trade trademark trademarks transfer "
    "treaties treaty under unless upon url use violation violations was we were when where which while who "
    "with within without work works would year years you your"
)
_ABOUT = frozenset(_ABOUT_WORDS.split())
_DETERMINED = re.compile(
    r"(?:^|[^\w.])(?:a|an|the|this|that|such|any|every|each|no|its|their|his|her|your|our|my|all|above|owns?|under|of|"
    r"for|applicable|international|national|to|which|not|holds?|claims?|without|from|as|on|or|who|shows?)[\s\"'(]{0,4}$",
    re.IGNORECASE,
)
_ROLES = r"(?:Law|Notice|Holder|Licen[sc]|Act|Contributor|You|Original|Software|Work|Covered)"
_HELD = re.compile(
    r"(?:notice |in \w+ |(?:for|on|of|in) .{2,80}? )?"
    r"(?:(?:is|are|was|(?:also )?held|owned|claimed|retained|remains|belongs|holder is|holders are|assigned)\s){1,3}"
    rf"(?:with |by |to |of )?(?:the )?(?!{_ROLES})[A-Z]\w"
    rf"|of (?:the )?(?!{_ROLES})[A-Z]\w"
)
_BY = re.compile(r"by:? (?:the |its |his |her |their |various |individual |many )?[\w<\"'(]", re.IGNORECASE)
_BY_WHOM = re.compile(r"by:? (?:the )?[A-Z<]|by (?:the |its )?(?:author|contributor)")
_NOT_THIS = ("which is ", "that is ", "that are ", "which are ", "not ", "be ")
_THE_NAMED = re.compile(r"the (?:[a-z]+ )?(?:[A-Z]|(?:authors|contributors)\b)")
_NAME_AND_YEAR = re.compile(r"(?:by |the )?(?:[A-Z][\w.&'-]{0,30},? (?:of |and |the )?){1,6}(?:19[5-9]|20\d)\d(?!\d)")
_COMPANY = re.compile(
    r"\b(?:inc|ltd|llc|gmbh|corp|corporation|co|company|ag|foundation|project|team|authors|society|university|institute|contributors)\b",
    re.I,
)
_PORTION = re.compile(
    r"(?:^|[\s(\"'])((?:(?:some|other|small|major|all|original|additional|significant|certain|most|minor|this|the|"
    r"these|large|new|initial|further)\s)*"
    r"(?:portions?|parts?|pieces|modifications?|changes|additions?|extensions?|enhancements?|improvements|"
    r"adaptations?|code|documentation|contributions|patches|implementation|translations?)"
    r"(?:\s(?:of|to|from|in|for|this|the|these|that|it|and|files?|code|software|program|library|module|work)){0,6}"
    r"(?:\s(?:are|is|were|was|also|have|been)){0,3}[\s:,]{0,4})$",
    re.IGNORECASE,
)
_THIS_IS = re.compile(r"(?:^|\s)((?:this|these|the) (?:[\w.-]{1,20} ){1,4}(?:is|are) (?:also )?)$", re.IGNORECASE)


def begins(key: re.Match[str], before: str, after: str) -> bool:
    """Whether a statement begins at ``key``; ``before`` and ``after`` are what stands around it."""
    if key["bare"]:
        return _begins_at_mark(key["bare"], before, after)
    return bool(_DATED.match(after)) or _begins_undated(key, before, after)


def _begins_undated(key: re.Match[str], before: str, after: str) -> bool:
    word, field, first = key[0].rstrip(), key["field"] or "", _first_word(after)
    if not first or field.endswith("=") or word.lower().endswith("copyrights."):  # code; a heading
        return False
    if key["mark"]:
        is_name = after[0].isupper() and not after.isupper()
        return is_name or first not in _ABOUT or bool(_HELD.match(after))
    if field:
        return first not in ("you", "this", "if", "see", "it")
    if _BY.match(after):
        is_sentence = before.endswith(_NOT_THIS) or ", write to" in after
        return not is_sentence and bool(word[0].isupper() or _BY_WHOM.match(after))
    return not word.lower().startswith("copyrighted") and _begins_at_word(word, before, after, first)


def _first_word(after: str) -> str:
    first = after.split(" ", 1)[0].casefold()
    return first.partition("(")[0].partition("/")[0].strip("\"'\u201d\u201c\u2019.,;:*_`>-") or first


def _begins_at_word(word: str, before: str, after: str, first: str) -> bool:
    """The word and then neither mark nor year nor "by": a statement when a name follows."""
    if first in _ABOUT:
        is_sentence = after.isupper() or (_DETERMINED.search(before) and not word[0].isupper() and " by " not in after)
        return not is_sentence and bool(_HELD.match(after))
    if after[0].isupper() or after.startswith(("<", '"', "@", "`")) or not after[0].isascii():
        return not _DETERMINED.search(before)
    if word[0].isupper() and not before:  # npm, jQuery
        return bool(_COMPANY.search(after[:60])) or not after.split(" ", 1)[0].islower()
    return bool(_THE_NAMED.match(after)) and not _DETERMINED.search(before)


def _begins_at_mark(mark: str, before: str, after: str) -> bool:
    """A mark without the word; "(c)" is more often the third of a list."""
    if _DATED.match(after) or _NAME_AND_YEAR.match(after) or after[:9].lower() == "copyright":
        return True
    if not mark.startswith("("):
        return bool(re.match(r"\W{0,3}(?:by )?(?:the )?[^\W\d_a-z]", after))
    if after[:1].isupper() and (_YEARS_BEFORE.search(before) or _PORTION.search(before)):
        return True
    if before and before.rstrip()[-1] not in "|:;.-\u2013\u2014":
        return False
    is_name = after[:1].isupper() and (after.count(" ") < 9 or "|" in before) and _COMPANY.search(after)
    return bool(is_name or _BY_WHOM.match(after))


def prefix(before: str) -> str:
    """What of the end of ``before`` belongs to the statement after it: "Portions", or years."""
    match = _PORTION.search(before) or _THIS_IS.search(before)
    if match:
        return match[1]
    years = _YEARS_BEFORE.search(before)
    return years[0] if years else ""

"""Words that say something about a license and do not grant it, and such that make it another one.

What is denied in one sentence may be granted in the next, so each pattern ends directly in front of the name
and no filler in it steps over a mark, a verb or "except": a grant that is taken for a remark is lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sbomctl.licenses.text.mentions import Mention
from sbomctl.licenses.text.sentences import Sentences

_BEFORE, _AFTER = 20, 5  # words that are looked at
_SIGNS = frozenset(
    str.split(
        "not neither never cannot nor longer t no contain contains without unlike non like such e eg example instance "
        "compatible incompatible compatibility incompatibility faq violation violations violating violates variant "
        "formerly previously restrictive contained interaction means derived based successor sections contrary similar "
        "obey consists than equivalent clarification clarifications compliant require cause causes combine combining "
        "link linking embed change converting before commons modified adapted altered customized variation flavor "
        "instead place lieu opposed mean combined combination linked date"
    )
)  # one of these is in each pattern for what is before a name
_SIGNS_AFTER = frozenset(
    str.split(
        "compatible incompatible compatibility incompatibility faq violation violations violating variant with means "
        "instead cover"
    )
)
_ARTICLE = r"(?:the |a |an |any |its |their |this |gnu )*"
_TERMS = rf"(?:the )?(?:(?:terms|provisions)(?: and conditions)? of )?{_ARTICLE}"
_NOT = r"\b(?<!if )(?<!or )(?<!why )(?:not|neither|nor|never|cannot|no longer|(?:is|was|are|were|does|do|did|ca)n t) "
_FILLER = (
    r"(?:(?!(?:except|unless|but|other|otherwise|than|only|just|merely|solely|necessarily|outside|until|when|because|if"
    r"|and|or|is|are|was|were|be|has|have|can|may|will|shall|must|should|falls?|comes?|remains?|which|that|who|it|they"
    r"|we|you|this|in|on|at|from|for|by|under|with|without) )\w+ )"
)  # a word that cannot begin something else
_REMARKS = re.compile(
    rf"(?:{_NOT}(?:be |been |to )?|\b(?:never|nor) (?:was |were |is |are )){_FILLER}{{0,2}}(?:or {_FILLER})?"
    rf"(?:under|(?:covered|governed|protected|bound|affected) by|(?:subject|according) to) {_TERMS}\Z"
    rf"|{_NOT}{_FILLER}{{3,4}}(?:(?:covered|governed|protected|bound|affected) by|subject to) {_TERMS}\Z"
    rf"|(?:{_NOT}|\b(?:contains?|has|have|includes?|uses?|is|are|with) no |\bwithout |\bunlike |\bnon )"
    r"(?:the |a |an |any |copy |be |been |yet |really |strictly |fully |contains? |use |using |include |including "
    r"|require |need |have |of )*(?:gnu )?\Z"
    rf"|\b(?:in)?compatib(?:le|ility) (?:with|to|of|between|under) {_TERMS}(?:above |following )?\Z"
    r"|\b(?:allows?|permits?|permission|exception) (?:\w+ ){0,4}link(?:ing)? (?:\w+ ){0,3}(?:against|with) (?:the )?\Z"
    rf"|\bfaq (?:on|about|for|of) {_ARTICLE}\Z|\bviolat(?:ions?|ing|es) (?:of )?{_TERMS}\Z"
    rf"|\binteractions? (?:with|of|between) {_ARTICLE}\Z|\brestrictive (?:license )?(?:than|as) {_ARTICLE}\Z"
    rf"|\brestrictions contained in {_ARTICLE}\Z"
    r"|\b(?:formerly|previously) (?:been |was |were |licensed |released |distributed |available |published |under "
    r"|terms |of |the |a |an )*\Z"
    r"|\b(?:require|cause|causes) (?:\w+ ){1,8}to (?:be|become) (?:\w+ )?(?:covered|subject|licensed|governed)"
    rf" (?:by|to|under) {_TERMS}\Z"
    r"|\b(?:combine|combining|combination|link|linking|embed|(?:when|where|if) (?:\w+ ){1,5}(?:combined|linked)) "
    r"(?:(?!is |are )\w+ ){0,6}with "
    r"(?:(?!is |are )\w+ ){0,4}(?:code|works?|programs?|software|librar(?:y|ies)|files|products?) "
    r"(?:(?:that|which) (?:is |are )|to be )?"
    rf"(?:licensed|released|distributed|governed|available|covered) (?:under|by) {_TERMS}\Z"
    r"|\b(?:change license|converting to|before that) (?:[:,] )?(?:(?!to )\w+ ){0,4}\Z"
    r"|\bcreative commons public licenses is dedicated (?:\w+ ){0,6}\Z"
    rf"|\b(?:not|doesn t|don t) mean (?:that )?(?:(?!and |but )\w+ ){{1,6}}(?:under|by) {_TERMS}\Z"
    r"|\b(?:means|sections being|contrary to|consists of|clarifications? (?:of|to)|compliant with) "
    r"(?:(?!and |or )\w+ ){0,3}\Z"
)
_LIKENED = re.compile(
    r"\b(?:like|such as|e g|eg|for example|for instance) (?:, )?(?:the |an? )?\Z"
    r"|\b(?:derived from|based on|successor (?:of|to)|similar to|licenses? (?:(?:other|different|rather) than"
    rf"|(?:\w+ly )?equivalent (?:of|to))) {_FILLER}{{0,3}}\Z"
)  # an ancestor, an example: what is granted is something else
_ASIDE = re.compile(r"\b(not|never|neither) , (?:\w+ ){1,4}, ")  # "not, however, under the GPL"
_ONLY_OTHER = re.compile(r"\b(?:no|not|never|any|cannot) (?:\w+ ){0,6}licenses? other than (?:\w+ ){0,3}\Z")
_INSTEAD = re.compile(rf"\b(?:instead of|in place of|in lieu of|as opposed to|rather than) {_ARTICLE}\Z")
_OPTION = re.compile(r"\b(?:may|can|option|choose|choice|alternatively|either) ")
_CHANGED = re.compile(
    r"\b(?:modified|adapted|altered|customi[sz]ed) (?:(?:version|form|copy|text) of )?(?:the |a |an |gnu )*\Z"
    rf"|\b(?:variant|variation|flavor) of {_ARTICLE}\Z"
)
_OF_CODE = frozenset(("licensed", "source", "code", "software", "library", "program", "project"))
_OBEYED = re.compile(r"\bobey (?:the )?(?:gnu )?\Z")  # "obey the GPL for all of the code other than OpenSSL"
_AFTER_REMARK = re.compile(
    r"\A(?:license )?(?:(?:in)?compatib(?:le|ility)|faq|violations?|violating)\b"
    r"|\A(?:(?!it |they |this )\w+ ){0,2}compatible\b"
    r"|\A(?:means|cover the whole|(?:, )?instead of (?:to )?this (?:license|agreement))\b"
)
_AFTER_CHANGED = re.compile(
    r"\A(?:mit |license )?(?:with (?:\w+ )?(?:restrictions?|modifications?|changes)\b|variants?\b|, with restrictions)"
)
_INSTEAD_AFTER = re.compile(r"\A(?:license )?instead\b")
_WISH = re.compile(r"\bif (?:this is what )?(?:you|your)\b|\bother (?:\w+ ){1,3}software is covered by\b")
_GRANTED = frozenset(
    str.split(
        "licensed terms released distributed distributable covered governed redistribute redistributed provided "
        "relicensed published"
    )
)
_OR = re.compile(r"(?:(?:or|nor) )?(?:the |a |an |gnu )*")
_BREATH = 4  # words
_WILL_BE = re.compile(r"\bwill be (?:governed by|available under|licensed under) (?:the )?\Z")
_DATED = "change date"  # of the Business Source License: what holds years later
_SHORT = frozenset(("GPL", "LGPL", "AGPL", "GFDL"))  # that variables and functions are named after
_FROM = re.compile(
    r"\b(?<!\bbe )(?:relicensed|changed|switched|moved|converted|migrated) (?:\w+ ){0,4}from (?:the )?\Z"
)
_TO = re.compile(r"(?:licensed? |version )?to ")
_PRODUCT = ["ghostscript"]  # the program is called "GPL Ghostscript", whatever its license is
GRANT, REMARK, CHANGED = "", "remark", "changed"


def judged(stream: Sequence[str], one: Mention, sentences: Sentences) -> str:
    """``GRANT`` unless the words around a name say that it is no more than a ``REMARK``, or that it is ``CHANGED``."""
    if one.family.name == "GPL" and not one.versions and stream[one.end : one.end + 1] == _PRODUCT:
        return REMARK
    is_short = one.family.name in _SHORT and not one.versions and one.end - one.start == 1
    if is_short and sentences.is_part(one.start, stream[one.start]):
        return REMARK
    if "from" in stream[max(0, one.start - 2) : one.start] and _was(stream, one, sentences):
        return REMARK
    told = not _SIGNS.isdisjoint(stream[max(0, one.start - _BEFORE) : one.start])
    follows = not _SIGNS_AFTER.isdisjoint(stream[one.end : one.end + _AFTER])
    if not (told or follows):
        return GRANT
    before = _ASIDE.sub(r"\1 ", sentences.before(stream, one.start, _BEFORE))
    if _WILL_BE.search(before) and _DATED in " ".join(stream[max(0, one.start - 2 * _BEFORE) : one.start]):
        return REMARK
    return _by_before(stream, one, before) or (_by_after(stream, one, before, sentences) if follows else GRANT)


def _was(stream: Sequence[str], one: Mention, sentences: Sentences) -> bool:
    """Whether it is the license that something had: ``relicensed from MIT to ISC``."""
    if "to" not in stream[one.end : one.end + 3] or not _TO.match(sentences.after(stream, one.end, 3)):
        return False
    return bool(_FROM.search(sentences.before(stream, one.start, _BEFORE)))


def goes_on(stream: Sequence[str], denied: Mention, one: Mention, sentences: Sentences) -> bool:
    """Whether a name is said in one breath with one before it that is a remark: "no GPL or LGPL", "not GPL/LGPL"."""
    if one.start - denied.end > _BREATH or not _REMARKS.search(sentences.before(stream, denied.start, _BEFORE)):
        return False
    last, _, between = sentences.before(stream, one.start, one.start - denied.end + 1).partition(" ")
    return last == stream[denied.end - 1] and bool(_OR.fullmatch(between))


def _by_before(stream: Sequence[str], one: Mention, before: str) -> str:
    if _REMARKS.search(before) or (
        _OBEYED.search(before) and one.family.name in ("GPL", "LGPL", "AGPL") and not one.versions
    ):
        return REMARK
    if _INSTEAD.search(before) and not _OPTION.search(before):
        return REMARK
    if _OF_CODE & {*stream[one.end - 1 : one.end + 1]}:
        return GRANT  # "based on BSD-licensed code": that is what there is
    if (changed := _CHANGED.search(before)) and not (one.family.name == "BSD" and changed[0].startswith("modified ")):
        return CHANGED
    if _LIKENED.search(before) and not _ONLY_OTHER.search(before):
        return REMARK if _GRANTED.isdisjoint(before.split()) else CHANGED
    return GRANT


def _by_after(stream: Sequence[str], one: Mention, before: str, sentences: Sentences) -> str:
    after = sentences.after(stream, one.end, _AFTER)
    if _AFTER_CHANGED.match(after):
        return CHANGED
    if _INSTEAD_AFTER.match(after) and _WISH.search(before):
        return REMARK
    if not _AFTER_REMARK.match(after):
        return GRANT
    return GRANT if "compatible" in after.split()[1:] and not _GRANTED.isdisjoint(before.split()[-5:]) else REMARK

"""Names of licenses in running text, with the versions that the words around give them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress

from sbomctl.licenses.text.families import Family, Name, families, names, plain_version
from sbomctl.licenses.text.sentences import Sentences

_FILLERS = frozenset(
    str.split(
        "license licenses the as published by free software foundation fsf inc gpl lgpl agpl gfdl fdl mpl "
        "cddl epl cpl npl osl afl "
        "either its in with under terms of a gnu is at s this public general lesser library affero asl apl "
        "eupl zpl ofl according to "
        "following fsfs which published mentioned stated conditions international unported generic using agreement"
    )
)
_VERSION_WORDS = frozenset(("version", "versions", "v", "ver", "revision", "release", "vers", "rev"))
_BESIDE = 4  # words between a name and a version that is its own, whatever it is
_SPELLED = {"one": "1", "two": "2", "three": "3"}  # "version two of the License"
_FURTHER = re.compile(r"(?:\w+ ){0,28}?either (?:the )?(?:version|v|ver) v?(\d+(?:\.\d+)*|one|two|three)(\+?) ")
_NUMBER = re.compile(r"v?\.?(\d+(?:\.\d+)*)(\+|plus)?\Z")
_PLACES = {
    "us": "US",
    "united states": "US",
    "igo": "IGO",
    "intergovernmental organisations": "IGO",
    "au": "AU",
    "australia": "AU",
    "austria": "AT",
    "germany": "DE",
    "nl": "NL",
    "netherlands": "NL",
    "france": "FR",
    "jp": "JP",
    "japan": "JP",
    "uk": "UK",
    "england": "UK",
}  # where a license of Creative Commons was adapted to
_MIDDLE = (
    r"(?:(?:of|the|this|that|named|said|license|licenses|gnu|general|public|lesser|library|affero|gpl|lgpl|as|published"
    r"|by|free|software|foundation|"
    r"fsf|inc|dated|june|1991|1999|2007|july|february|1989|29|august|mozilla|apache|eclipse|stated|mentioned) ){0,16}"
)
_LATER = re.compile(
    r"plus\b|"
    + _MIDDLE
    + r"at (?:your|the|his|her|its|their) (?:\w+ )?(?:option|choice|discretion) any (?:later|newer)\b|"
    + _MIDDLE
    + r"(?:and |or |and or |any ){1,2}(?:at (?:your|the|his|her|its|their) (?:\w+ )?(?:option|choice"
    r"|discretion) |if you (?:like|wish|prefer) )?"
    r"(?:for any |under |the terms of )?(?:any |a |all |the |some |every |in )?(?:other )?(?:version )?"
    r"(?:later|newer|higher|greater|above|subsequent|future|more recent|upward|upwards|up|beyond|onward"
    r"|onwards|more|successor|after|over|newest|following|latter|latest)\b"
)
_LATER_FURTHER = re.compile(
    r"(?:(?!not |no |only |without |but |gpl |lgpl |agpl )[a-z]+ ){0,24}?"
    r"(?:or|option|optional|options|discretion|your|you) (?:any |a )(?:later|newer)\b"
)  # "version 2 of the License, a copy of which is in COPYING, or (at your option) any later version"
_ACCEPTED = re.compile(
    r" (?:versions? )?(?:of the (?:license|gpl|lgpl) )?(?:that (?:is|has been) )?(?:accepted|approved) by "
)
_ONLY = re.compile(
    _MIDDLE + r"(?:only|exclusively|solely|and (?:no|not) (?:any )?(?:other|later)|not any later|no later|but not "
    r"(?:any )?later|alone)\b"
)
_SECOND = re.compile(
    _MIDDLE + r"(or|and) (?:at your option )?(?:the )?(?:(?:gnu|gpl|lgpl|general|public|license|version|versions|v) "
    r"){0,5}v?(\d(?:\.\d+)*)(\+?)(?= |\Z)(?! clause)"
)
_BEFORE = re.compile(
    r"(?:version|versions|v|ver|release) ?v?(\d(?:\.\d+)*)(\+?)( or (?:at your option )?(?:any |a )?(?:later"
    r"|newer|higher|greater|above)(?: versions?)?)?"
    r"( only)? (?:of|to|from) (?:the |this )?\Z"
)
_FORMER = re.compile(r"\b(?:versions?|v) ?v?(\d(?:\.\d+)*) (?:or|and) (?:at your option )?(?:the )?\Z")
_BEFORE_GLUED = re.compile(r"\bv(\d(?:\.\d+)*)(\+?)( or (?:any )?(?:later|newer)(?: version)?)?()(?: of(?: the)?)? \Z")


@dataclass(slots=True)
class Mention:
    """A license as the words of a place name it; positions are those in ``Words.every``."""

    start: int
    end: int
    family: Family
    strong: bool
    versions: tuple[str, ...] = ()  # plain ones, known to the family
    later: bool = False
    only: bool = False
    unknown_version: bool = False  # one that the family does not have
    pointer: bool = False  # it tells where the text can be read
    changed: bool = False  # another form of it is meant


def mentions(stream: Sequence[str], sentences: Sentences) -> list[Mention]:
    """Every name in ``stream``, in its order; "" are words that are not looked at."""
    firsts = _by_two_words()
    found: list[Mention] = []
    last = 0
    for at in list(compress(range(len(stream)), map(firsts.__contains__, stream))):
        if at < last:
            continue
        longer, alone = firsts[stream[at]]
        if alone is None and not (at + 1 < len(stream) and stream[at + 1] in longer):
            continue  # many names begin with words that are mostly no part of one
        name = _longest(stream, at)
        if name is None:
            continue
        mention = _read(stream, at, name, sentences)
        found.append(mention)
        if _is_classpath(stream, mention):
            found.append(Mention(mention.end, mention.end + 1, families()["Classpath-exception"], strong=True))
            mention = found[-1]
        last = mention.end if mention.strong else at + len(name.words)
    return found


def _is_classpath(stream: Sequence[str], mention: Mention) -> bool:
    """Whether ``GPLv2+CE`` or ``GPL2 w/ CPE`` is read, as OpenJDK is labelled: the plus adds the exception."""
    if mention.family.name != "GPL" or not mention.versions:
        return False
    following = stream[mention.end : mention.end + 2]
    if stream[mention.end - 1].endswith("+") and following[:1] in (["ce"], ["cpe"]):
        mention.later = False
        return True
    if following[:1] == ["cpe"] or following in (["w", "cpe"], ["with", "cpe"]):
        mention.end += len(following) - 1 if following[:1] != ["cpe"] else 0
        return True
    return False


@lru_cache(maxsize=1)
def _by_two_words() -> dict[str, tuple[dict[str, list[Name]], Name | None]]:
    """By the first word: the longer names by their second one, the longest first, and the name of one word."""
    found: dict[str, tuple[dict[str, list[Name]], Name | None]] = {}
    for first, some in names().items():
        longer: dict[str, list[Name]] = {}
        for name in some:
            if len(name.words) > 1:
                longer.setdefault(name.words[1], []).append(name)
        found[first] = (longer, next((name for name in some if len(name.words) == 1), None))
    return found


def _longest(stream: Sequence[str], at: int) -> Name | None:
    """The longest name that begins at a word."""
    longer, alone = _by_two_words().get(stream[at], ({}, None))
    for name in longer.get(stream[at + 1], ()) if longer and at + 1 < len(stream) else ():
        if tuple(stream[at : at + len(name.words)]) == name.words:
            return name
    return alone


def _read(stream: Sequence[str], at: int, name: Name, sentences: Sentences) -> Mention:
    family = families()[name.family]
    end = at + len(name.words)
    mention = Mention(at, end, family, name.strong)
    if not family.versions:
        return mention
    if name.version:
        mention.versions, mention.later = (name.version,), name.later
    else:
        _version_after(stream, mention)
        if not mention.versions:
            _version_before(stream, mention)
    if mention.versions:
        _later(stream, mention, sentences)
        if family.name.startswith("CC-"):
            _adapted(stream, mention)
    return mention


def _adapted(stream: Sequence[str], mention: Mention) -> None:
    """``3.0 United States`` and ``3.0 IGO`` are licenses of their own, if the list has them."""
    for count in (1, 2):
        place = _PLACES.get(" ".join(stream[mention.end : mention.end + count]), "")
        adapted = families().get(f"{mention.family.versions[mention.versions[0]]}-{place}")
        if adapted:
            mention.family, mention.versions, mention.end = adapted, (), mention.end + count
            return


def _version_after(stream: Sequence[str], mention: Mention) -> None:
    told = False  # "version" was read
    for at in range(mention.end, min(len(stream), mention.end + 20)):
        word = stream[at]
        if told and word in _SPELLED:
            word = _SPELLED[word]
        if word in _VERSION_WORDS:
            told = True
        elif number := _NUMBER.match(word):
            if told or not word.isdigit() or not _is_bullet(stream, at, mention):
                _numbered(stream, at, number, mention, told=told)
            return
        elif (word not in _FILLERS and not _is_short(stream, at, mention.family)) or _is_another(
            stream, at, mention.family
        ):
            _version_further(stream, mention)
            return


def _numbered(stream: Sequence[str], at: int, number: re.Match[str], mention: Mention, *, told: bool) -> None:
    """Takes the number behind a name for its version; directly behind it ``v`` says that it is one."""
    versions, version = mention.family.versions, plain_version(number[1])
    if number[0][0] == "v" and at == mention.end:
        told = True
        if len(version) == 2 and version not in versions:  # "v21" is 2.1
            version = plain_version(".".join(version))
    if version in versions:
        mention.versions, mention.end, mention.later = (version,), at + 1, bool(number[2])
    elif not (told and at - mention.end < _BESIDE):
        _version_further(stream, mention)
    elif mention.family.has_versions:
        mention.unknown_version, mention.end = True, at + 1


def _version_further(stream: Sequence[str], mention: Mention) -> None:
    """Reads on behind what stands between a name and its version: the address of a publisher, misspelled words."""
    found = _FURTHER.match(" ".join(stream[mention.end : mention.end + 32]) + " ")
    version = plain_version(_SPELLED.get(found[1], found[1])) if found else ""
    if found is None or version not in mention.family.versions:
        return
    end = mention.end + len(found[0].split())
    if "" in stream[mention.end : end] or any(
        _is_another(stream, at, mention.family) for at in range(mention.end, end)
    ):
        return
    mention.versions, mention.end, mention.later = (version,), end, bool(found[2])


def _is_another(stream: Sequence[str], at: int, family: Family) -> bool:
    """Whether the name of another license begins here, whose version a number behind it is."""
    if at >= len(stream):
        return False
    name = _longest(stream, at)
    return name is not None and name.strong and name.family != family.name


def _is_short(stream: Sequence[str], at: int, family: Family) -> bool:
    """Whether a word is another name of the same license: "the Code Project Open License (CPOL) 1.02"."""
    name = _longest(stream, at)
    return name is not None and name.family == family.name and len(name.words) == 1 and not name.version


def _is_bullet(stream: Sequence[str], at: int, mention: Mention) -> bool:
    """Whether a number goes on with a list: "1) the LGPL 2) the CPL"."""
    earlier = stream[max(0, mention.start - 8) : mention.start]
    return str(int(stream[at][:4]) - 1) in earlier and any(
        _is_another(stream, at + ahead, mention.family) for ahead in (1, 2)
    )


def _version_before(stream: Sequence[str], mention: Mention) -> None:
    before = " ".join(stream[max(0, mention.start - 14) : mention.start]) + " "
    found = _BEFORE.search(before) or _BEFORE_GLUED.search(before)
    if found and plain_version(found[1]) in mention.family.versions:
        mention.versions = (plain_version(found[1]),)
        mention.later = bool(found[2] or found[3])
        mention.only = bool(found[4])
        mention.start -= len(before[found.start() :].split())
        _former(before[: found.start()], mention)


def _former(before: str, mention: Mention) -> None:
    """``version 2 or version 3 of the`` license: both."""
    found = _FORMER.search(before)
    version = plain_version(found[1]) if found else ""
    if found and version in mention.family.versions and version not in mention.versions:
        mention.versions = (version, *mention.versions)
        mention.start -= len(found[0].split())


def _later(stream: Sequence[str], mention: Mention, sentences: Sentences) -> None:
    """Reads on behind the version: "or any later version", "only", "or version 3"."""
    window = " ".join(stream[mention.end : mention.end + 32]) + " "
    found = _later_in(window)
    if found and found.re is _LATER_FURTHER and _are_two(stream, mention.end, len(found[0].split()), sentences):
        found = None  # "GPL version 2. It needs Foo or any later version"
    if found:
        mention.later = True
    elif found := _ONLY.match(window):
        mention.only = True
    elif found := _SECOND.match(window):
        second = plain_version(found[2])
        if second not in mention.family.versions or second in mention.versions:
            return
        between = range(mention.end, mention.end + len(window[: found.end()].split()))
        if any(_is_another(stream, at, mention.family) for at in between):
            return
        mention.versions = (*mention.versions, second)
        mention.later = bool(found[3])
        mention.later = mention.later or _later_in(window[found.end() + 1 :]) is not None
    else:
        return
    mention.end += len(window[: found.end()].split())


def _are_two(stream: Sequence[str], at: int, count: int, sentences: Sentences) -> bool:
    """Whether ``count`` words from ``at`` on are of two sentences; "version 2. Or any later one" is one."""
    return any(stream[begin] not in ("or", "and", "of") for begin in sentences.ends(at, count))


def _later_in(window: str) -> re.Match[str] | None:
    """Later versions, but not only those that somebody accepts."""
    found = _LATER.match(window) or _LATER_FURTHER.match(window)
    if found and (_ACCEPTED.match(window, found.end()) or found[0].endswith("and the following")):
        return None  # "and the following terms"
    return found

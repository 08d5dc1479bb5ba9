"""What the statements of a file come to together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sbomctl.licenses.expression import Term, conjunction, disjunction, parse, terms
from sbomctl.licenses.text.result import Detection, Match
from sbomctl.licenses.text.words import Words
from sbomctl.model import Expression

_CLOSE = 25  # words between two names that belong together
_ALTERNATIVE = 70  # the same when "alternatively" is among them
_AROUND = 12  # matches before and after an exception
_SLASHED = 4
_MOZILLA = frozenset(("MPL", "GPL", "LGPL"))  # "MPL 1.1/GPL 2.0/LGPL 2.1" is a choice
_CHOICES = frozenset(str.split("dual dually tri triple either choice choose multi disjunctive disjunction"))
_GNU = ("GPL-", "LGPL-", "AGPL-")
_HOSTS = {
    "GNOME-examples-exception": ("CC-",),
    "Google-Patent-WebM": ("BSD-",),
    "KiCad-libraries-exception": ("CC-",),
    "LLVM-exception": ("Apache-",),
    "LZMA-exception": ("CPL-", "CDDL-"),
    "PCRE2-exception": ("BSD-",),
    "SHL-2.0": ("Apache-",),
    "SHL-2.1": ("Apache-",),
    "Swift-exception": ("Apache-",),
    "Universal-FOSS-exception-1.0": (*_GNU, "Apache-", "UPL-"),
    "mxml-exception": ("Apache-",),
}  # what an exception is one from; all others are from a GNU license
_BY_CHOICE = ("your option", "your choice", "your discretion", "one of the", "any of the", "your preference")


@dataclass(slots=True)
class Placed:
    """A match and the words it is about, as positions in ``Words.every``."""

    start: int
    end: int
    match: Match
    family: str = ""
    exception: str = ""  # what it adds to the license before it


def joined(placed: list[Placed], words: Words) -> Detection:
    """The matches in file order and their expression.

    Names that the words between or around them offer as a choice are alternatives, all
    others hold together. A text that only repeats one of the alternatives adds nothing.
    """
    _except(placed)
    _settle(placed)
    _add_up(placed)
    groups = _groups([one for one in placed if one.match.expression], words.every)
    choices = [disjunction(one.match.expression for one in group) for group in groups if len(group) > 1]
    offered = {term for choice in choices for term in terms(choice)}
    single = [group[0].match for group in groups if len(group) == 1]
    others = [one.expression for one in single if not (one.is_text and offered.issuperset(terms(one.expression)))]
    return Detection(tuple(one.match for one in placed), conjunction([*choices, *others]))


def _groups(placed: Sequence[Placed], every: Sequence[str]) -> list[list[Placed]]:
    groups: list[list[Placed]] = []
    for one in placed:
        if groups and _is_choice(groups[-1], one, every):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _is_choice(group: Sequence[Placed], one: Placed, every: Sequence[str]) -> bool:
    first, last = group[0], group[-1]
    between = every[last.end : one.start]
    if (len(between) <= _ALTERNATIVE and "alternatively" in between) or _inside(last, one, every):
        return True
    if len(between) > _CLOSE:
        return False
    if "or" in between:
        return True
    if len(between) < _SLASHED and "and" not in between and {last.family, one.family} <= _MOZILLA:
        return True
    around = every[max(0, first.start - 10) : first.start]
    sentence = " ".join([*around, "|", *every[one.end : one.end + 6]])
    return bool(_CHOICES.intersection(around)) or any(words in sentence for words in _BY_CHOICE)


def _inside(last: Placed, one: Placed, every: Sequence[str]) -> bool:
    """Whether a text has another license inserted as an alternative to it."""
    if not last.start < one.start < last.end:
        return False
    return "alternatively" in every[max(last.start, one.start - 15) : one.start]


def _except(placed: list[Placed]) -> None:
    """Gives each exception to the license that it is about: one named in it, or the last one before it."""
    for at, one in enumerate(placed):
        if not one.exception:
            continue
        around = placed[max(0, at - _AROUND) : at + _AROUND]
        inside = [other for other in around if one.start <= other.start < one.end]
        for other in [*inside, *reversed(placed[max(0, at - _AROUND) : at]), *placed[at + 1 : at + 3]]:
            if expression := _with(other.match.expression, one.exception):
                other.match = replace(other.match, expression=expression)
                one.match = replace(one.match, expression=expression)
                break
        else:
            one.match = replace(one.match, remark=f"{one.exception} of a license that is not named here")


def is_host(expression: str, exception: str) -> bool:
    """Whether ``exception`` can be one from the single license that ``expression`` is."""
    return _with(expression, exception) is not None


def _with(expression: str, exception: str) -> Expression | None:
    node = parse(expression) if expression else None
    hosts = _HOSTS.get(exception, _GNU)
    if isinstance(node, Term) and node.exception in ("", exception) and node.license.startswith(hosts):
        return Expression(f"{node.license} WITH {exception}")
    return None


def _settle(placed: list[Placed]) -> None:
    """Where a text leaves a version open, the grants of the file decide: -only and -or-later have one text."""
    granted = {term.license for one in placed if not one.match.is_text for term in terms(one.match.expression)}
    for one in placed:
        fitting = sorted(granted.intersection(one.match.candidates)) if one.match.is_text else []
        if fitting:
            one.match = replace(one.match, expression=Expression(fitting[-1]), candidates=())


def _add_up(placed: list[Placed]) -> None:
    """The LGPL-3.0 adds permissions to the text of the GPL-3.0, which therefore lies beside its own."""
    texts = {str(one.match.expression): one for one in placed if one.match.is_text}
    lesser = next((texts[one] for one in ("LGPL-3.0-only", "LGPL-3.0-or-later") if one in texts), None)
    granted = any(one.match.expression.startswith("GPL-") for one in placed if not one.match.is_text)
    if lesser is None or granted:
        return
    for one in placed:
        if one.match.is_text and one.match.expression.startswith("GPL-3.0-"):
            remark = "the text of the GPL-3.0, to which the LGPL-3.0 adds"
            one.match = replace(one.match, expression=lesser.match.expression, candidates=(), remark=remark)

"""License findings, issues and elections as one line of words each; not yet escaped for any format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import floor

from sbomctl.model import Election, LicenseFinding, LicenseIssue, ShippedText
from sbomctl.terminal import counted

_LONGEST_RAW = 120  # characters; the native document has all of it
_MOST_NAMED = 5


def finding_words(finding: LicenseFinding) -> str:
    """What was stated, where, who read it, and all that limits it."""
    last = f"-{finding.end_line}" if finding.end_line > finding.location.line else ""
    place = f"in {finding.location}{last} by {finding.found_by}"
    return "; ".join([f"{finding.kind.value} {finding.expression or 'no SPDX expression'} {place}", *_details(finding)])


def _details(finding: LicenseFinding) -> Iterator[str]:
    if finding.field:
        yield f"field {finding.field}"
    if finding.raw not in ("", finding.expression):
        yield f"as written: {cut(finding.raw)}"
    if finding.candidates:
        yield f"may be {' | '.join(finding.candidates)}"
    if finding.coverage < 1:
        yield f"coverage {floor(finding.coverage * 1000) / 1000}"  # 0.9996 is not all
    if finding.files:
        yield f"about {some(finding.files)}"
    if finding.excluded_by:
        yield f"excluded by {finding.excluded_by}"
    if finding.remark:
        yield finding.remark
    if finding.text_sha256:
        yield f"text {finding.text_sha256}"


def issue_words(issue: LicenseIssue) -> str:
    """What a person must look at, what it may be, and where."""
    may_be = f"; may be {' | '.join(issue.candidates)}" if issue.candidates else ""
    places = f"; in {some(list(map(str, issue.locations)))}" if issue.locations else ""
    return f"{issue.kind}: {issue.message}{may_be}{places}"


def election_words(election: Election) -> str:
    """Which branch was elected, by whom and why."""
    return f"{election.chosen} of {election.given}, by {election.by}: {election.reason}"


def text_words(text: ShippedText) -> str:
    """Which text lies where."""
    return f"{text.sha256} {text.role} in {text.location}"


def cut(raw: str) -> str:
    """The beginning of a raw statement, which may be a whole license text."""
    raw = raw.strip()
    return raw if len(raw) <= _LONGEST_RAW else f"{raw[:_LONGEST_RAW].rstrip()}…"


def some(names: Sequence[str]) -> str:
    """The first few of many, and how many more there are."""
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {counted(rest, 'more', 'more')}" if rest > 0 else "")


def distinct(values: Iterable[str]) -> list[str]:
    """The values that are not empty, each once, in their order."""
    return list(dict.fromkeys(filter(None, values)))

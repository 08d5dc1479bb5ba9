"""JUnit XML: a suite for each rule, a test case for each violation.

What makes the check fail is a failure, what is waived is skipped, what is only told passes
with its words as output. A rule without violations is one case that passes, so that the
number of rules does not depend on what was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO, ClassVar
from xml.sax.saxutils import escape, quoteattr

from sbomctl.findings._groups import place, title
from sbomctl.model import CheckResult, RuleInfo, Violation, Waiver
from sbomctl.terminal import printable

_NOT_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # compiled when needed: it takes milliseconds


class JUnit:
    """For CI systems that show tests."""

    kind: ClassVar[str] = "junit"
    media_type: ClassVar[str] = "application/xml"
    suffix: ClassVar[str] = ".xml"
    about: ClassVar[str] = "JUnit XML: a suite per rule"

    def write(self, result: CheckResult, out: BinaryIO) -> None:
        """Write the document to ``out``, which stays open."""
        for line in _lines(result):
            out.write(line.encode("utf-8", "backslashreplace") + b"\n")


def _lines(result: CheckResult) -> Iterator[str]:
    by_rule: dict[str, list[Violation]] = {one.name: [] for one in result.rules}
    for violation in result.violations:
        by_rule[violation.rule].append(violation)
    waivers = {one.id: one for one in result.waivers}
    suites = [_Suite(info, by_rule[info.name]) for info in result.rules]
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    totals = [sum(column) for column in zip(*(one.counts() for one in suites), strict=True)]
    yield f"<testsuites name={_attribute(title(result))} {_counts(totals)}>"
    for suite in suites:
        yield from suite.lines(waivers)
    yield "</testsuites>"


class _Suite:
    def __init__(self, info: RuleInfo, violations: Sequence[Violation]) -> None:
        self._info = info
        self._violations = violations

    def counts(self) -> tuple[int, int, int]:
        """Cases, failures, skipped ones."""
        found = self._violations
        failures, waived = sum(1 for one in found if one.fails), sum(1 for one in found if one.waived_by)
        return (max(len(found), 1), failures, waived + (0 if self._info.severity else 1))

    def lines(self, waivers: dict[str, Waiver]) -> Iterator[str]:
        yield f" <testsuite name={_attribute(self._info.name)} {_counts(self.counts())}>"
        if not self._info.severity:
            yield self._case(self._info.about, '<skipped message="turned off by the policy"/>')
        elif not self._violations:
            yield self._case(self._info.about, "")
        for one in self._violations:
            yield self._case(f"{place(one)}: {one.message}", _outcome(one, waivers))
        yield " </testsuite>"

    def _case(self, name: str, inside: str) -> str:
        head = f"  <testcase classname={_attribute(self._info.name)} name={_attribute(name)}"
        return f"{head}>{inside}</testcase>" if inside else f"{head}/>"


def _outcome(violation: Violation, waivers: dict[str, Waiver]) -> str:
    if violation.waived_by:
        waiver = waivers[violation.waived_by]
        text = f"waived by {waiver.id} until {waiver.expires} ({waiver.owner}): {waiver.reason.text}"
        return f"<skipped message={_attribute(text)}/>"
    places = [f"seen at {one}" for one in violation.locations]
    policy = [f"by {violation.decided_by}"] if violation.decided_by else []
    purl = [violation.purl] if violation.purl else []
    text = "\n".join(printable(line) for line in (*purl, *places, *policy, f"fix: {violation.how_to_fix}"))
    if violation.fails:
        kind = _attribute(violation.severity.value)
        return f"<failure type={kind} message={_attribute(violation.message)}>{_text(text)}</failure>"
    return f"<system-out>{_text(f'{violation.severity.value}: {text}')}</system-out>"


def _counts(counts: Sequence[int]) -> str:
    tests, failures, skipped = counts
    return f'tests="{tests}" failures="{failures}" errors="0" skipped="{skipped}"'


def _attribute(text: str) -> str:
    return quoteattr(re.sub(_NOT_XML, "\ufffd", printable(text)))


def _text(text: str) -> str:
    return escape(re.sub(_NOT_XML, "\ufffd", text))

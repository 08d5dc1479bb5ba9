"""What a person reads first: groups of violations, the most severe first, with what to do; 80 columns.

The end of the text is what remains in view on a terminal, so the outcome stands there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import BinaryIO, ClassVar

from sbomctl.findings._groups import Group, asked, ending, grouped, open_ones, places, rules_of, some, title, totals
from sbomctl.model import CheckResult, Violation
from sbomctl.terminal import counted, printable, shorten

_INCOMPLETE = "incomplete-scan"  # it has an exit code of its own
_COLUMNS = 80
_MEMBERS = 6  # components of one group that are named
_GROUPS = 6  # groups of one rule that are told


class Summary:
    """Plain text without any terminal control, so that it reads the same in a file and in a log."""

    kind: ClassVar[str] = "summary"
    media_type: ClassVar[str] = "text/plain"
    suffix: ClassVar[str] = ".txt"
    about: ClassVar[str] = "for people, 80 columns"

    def write(self, result: CheckResult, out: BinaryIO) -> None:
        """Write the summary to ``out``, which stays open."""
        for line in _lines(result):
            out.write(line.rstrip().encode("utf-8", "backslashreplace") + b"\n")


def _lines(result: CheckResult) -> Iterator[str]:
    for (_, rule), groups in groupby(grouped(open_ones(result)), key=lambda one: (one.severity, one.rule)):
        yield from _rule(rule, tuple(groups), result)
        yield ""
    yield from _waived(result)
    yield from _elected(result)
    images = counted(len(result.images), "image")
    components = counted(result.components, "component")
    yield from _wrapped(f"{title(result)}: {components} in {images}; {asked(result)}", "", "  ")
    if result.problems and not result.accepted_problems:
        yield f"INCOMPLETE: {counted(result.problems, 'problem')}; what could not be read may hold more"
    yield f"{ending(result).upper()}: {totals(result)}"


def _rule(rule: str, groups: Sequence[Group], result: CheckResult) -> Iterator[str]:
    about = rules_of(result)[rule].about
    count = sum(len(one.members) for one in groups)
    head = f"{groups[0].severity.value}: {rule} ({count:,})"
    quiet = rule != _INCOMPLETE and not any(one.fails for one in groups)
    mark = ", does not fail this check" if quiet else ""
    yield from _wrapped(f"{head}: {about}{mark}", "", "  ")
    remedies = {one.how_to_fix for one in groups}
    for group in groups[:_GROUPS]:
        yield from _wrapped(group.message, "  - ", "    ")
        yield from _members(group.members)
        if len(remedies) > 1:
            yield from _wrapped(f"fix: {group.how_to_fix}", "    ", "      ")
    if len(groups) > _GROUPS:
        rest = sum(len(one.members) for one in groups[_GROUPS:])
        yield f"  - and {counted(rest, 'violation')} more; -o json=FILE lists all"
    if len(remedies) == 1:
        yield from _wrapped(f"fix: {groups[0].how_to_fix}", "  ", "    ")


def _members(members: Sequence[Violation]) -> Iterator[str]:
    if any(one.component or one.image for one in members):
        yield from _wrapped(some(places(members), _MEMBERS), "    ", "    ")
    first = members[0]
    if first.locations:
        yield _line(f"seen at {first.locations[0]}")
    if first.decided_by:
        yield _line(f"by      {first.decided_by}")


def _line(text: str) -> str:
    return "    " + shorten(printable(text), _COLUMNS - 4)


def _waived(result: CheckResult) -> Iterator[str]:
    used: dict[str, int] = {}
    for one in result.violations:
        if one.waived_by:
            used[one.waived_by] = used.get(one.waived_by, 0) + 1
    if not used:
        return
    yield "waived:"
    for waiver in result.waivers:
        if count := used.get(waiver.id):
            text = f"{waiver.id}: {counted(count, 'violation')} until {waiver.expires}, {waiver.owner}"
            yield from _wrapped(f"{text}: {waiver.reason.kind}, {waiver.reason.text}", "  ", "    ")
    yield ""


def _elected(result: CheckResult) -> Iterator[str]:
    aside = [one for one in result.elections if one.aside]
    if aside:
        count = counted(len(aside), "choice leaves", "choices leave")
        yield f"{count} a branch aside that is unknown:"
        for one in aside[:_MEMBERS]:
            yield from _wrapped(f"{one.name}: {one.chosen} rather than {', '.join(one.aside)}", "  ", "    ")
        if len(aside) > _MEMBERS:
            yield f"  and {len(aside) - _MEMBERS:,} more; -o json=FILE lists all"
        yield ""


def _wrapped(text: str, first: str, later: str) -> list[str]:
    return wrap(printable(text), _COLUMNS, initial_indent=first, subsequent_indent=later, break_on_hyphens=False) or [
        first
    ]

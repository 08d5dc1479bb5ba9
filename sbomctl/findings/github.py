"""Workflow commands that GitHub Actions shows as annotations.

One for each group, because GitHub shows ten of each severity per step only (workflow
commands for GitHub Actions).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, ClassVar

from sbomctl.findings._groups import Group, asked, ending, grouped, open_ones, places, some, title, totals
from sbomctl.model import CheckResult, Severity
from sbomctl.terminal import printable

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_SHIPPED = "shipped:"
_MEMBERS = 20


class GitHub:
    """Errors, warnings and notices; a last notice tells how the check ended and how much is waived."""

    kind: ClassVar[str] = "github"
    media_type: ClassVar[str] = "text/plain"
    suffix: ClassVar[str] = ".txt"
    about: ClassVar[str] = "annotations of GitHub Actions; write them to standard output: github=-"

    def write(self, result: CheckResult, out: BinaryIO) -> None:
        """Write the commands to ``out``, which stays open."""
        for line in _lines(result):
            out.write(line.encode("utf-8", "backslashreplace") + b"\n")


def _lines(result: CheckResult) -> Iterator[str]:
    for group in grouped(open_ones(result)):
        properties = {**_place(group), "title": f"{group.rule}: {some(places(group.members), 1)}"}
        told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        yield f"::{_COMMANDS[group.severity]} {told}::{_data(_message(group))}"
    outcome = f"{title(result)}: {totals(result)}; {asked(result)}"
    yield f"::notice title={_property(f'sbomctl {ending(result)}')}::{_data(printable(outcome))}"


def _message(group: Group) -> str:
    names = some(places(group.members), _MEMBERS)
    return f"{printable(group.message)}\n{printable(names)}\nfix: {printable(group.how_to_fix)}"


def _place(group: Group) -> dict[str, str]:
    """The policy line, where it is in a file of the user: files of an image are in no repository."""
    decided = group.members[0].decided_by
    if decided is None or decided.file.startswith((_SHIPPED, "/")):
        return {}
    return {"file": decided.file, "line": str(decided.line)}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")

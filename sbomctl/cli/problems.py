"""What a scan could not do, told on standard error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from sbomctl.terminal import counted, printable

if TYPE_CHECKING:
    from sbomctl.model import Bom, Problem

_GROUPS = 8  # groups shown without --verbose
_NOTES = 20  # notes shown per image without --verbose


def tell(bom: Bom, *, quiet: bool, verbose: bool) -> None:
    """Say that the result is incomplete and why, and what the two engines found apart.

    ``quiet`` leaves only the one line that says how many problems there are: that the
    result is incomplete is never kept silent.
    """
    for line in (*manifests(bom), *_notes(bom, every=verbose)) if not quiet else ():
        click.echo(printable(line), err=True)
    if not bom.complete:
        click.echo(f"sbomctl: incomplete: {counted(len(bom.problems), 'problem')}", err=True)
        for line in _problems(bom.problems, every=verbose) if not quiet else ():
            click.echo(f"  {printable(line)}", err=True)


def _problems(found: Sequence[Problem], *, every: bool) -> Iterator[str]:
    """One line per group of image, plugin and reason, the first place of each; or every problem."""
    if every:
        yield from (f"{problem.location}: {problem.reason} ({problem.found_by})" for problem in found)
        return
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in sorted(found, key=_of_a_part):
        groups.setdefault((problem.location.image, problem.found_by, problem.reason), []).append(problem)
    for (_, found_by, reason), members in list(groups.items())[:_GROUPS]:
        more = f" and {len(members) - 1:,} more like it" if len(members) > 1 else ""
        yield f"{members[0].location}: {reason} ({found_by}){more}"
    if len(groups) > _GROUPS:
        yield f"and {len(groups) - _GROUPS:,} more kinds; --verbose shows all"


def _of_a_part(problem: Problem) -> bool:
    """Whether it is of a part of an image; what is wrong with all of one is told first."""
    return problem.location.layer >= 0 or bool(problem.location.path)


def manifests(bom: Bom) -> Iterator[str]:
    """One line for each manifest of an image: how it compares with what is there."""
    for facts in bom.images:
        for one in facts.reconciled:
            tools = f", {counted(one.build_tools, 'build tool')} besides" if one.build_tools else ""
            apart = [
                f"{len(names):,} {words}"
                for names, words in (
                    (one.differing, "of another version"),
                    (one.only_listed, "known from it alone" if one.alone else "not in the image"),
                    (one.only_in_image, "in the image only"),
                )
                if names
            ]
            found = ", ".join([f"{one.confirmed:,} of {counted(one.listed, 'package')} confirmed", *apart])
            yield f"{facts.image.name}: {one.manifest}: {found}{tools}"


def _notes(bom: Bom, *, every: bool) -> Iterator[str]:
    for facts in bom.images:
        if facts.notes:
            yield f"{facts.image.name}: the engines differ in {counted(len(facts.notes), 'point')}"
        shown = facts.notes if every else facts.notes[:_NOTES]
        yield from (f"  {note}" for note in shown)
        if len(shown) < len(facts.notes):
            yield f"  and {len(facts.notes) - len(shown):,} more; --verbose shows all"

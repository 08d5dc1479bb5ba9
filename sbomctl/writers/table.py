"""A table for people: every package, then what each image holds, in 80 columns.

Why the summary comes last: on a terminal that is what remains in view.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO, ClassVar

from sbomctl.model import Bom, Component, ComponentType, Content, ImageFacts, State
from sbomctl.terminal import counted, pad, percent, printable, shorten, width
from sbomctl.writers.base import WriteContext

_COLUMNS = 80
_HEADINGS = ("NAME", "VERSION", "TYPE", "LICENSE")
_WIDEST = 40  # columns one cell may ask for
_GAP = "  "
_MARKS = {State.DELETED.value: "-", State.SHADOWED.value: "~"}
_UNOWNED = 8  # files of an image that no package owns, listed by name, programs before scripts


class TableWriter:
    """Plain text without any terminal control, so that it reads the same in a file and in a log."""

    format: ClassVar[str] = "table"
    versions: ClassVar[tuple[str, ...]] = ()
    media_type: ClassVar[str] = "text/plain"
    suffix: ClassVar[str] = ".txt"
    about: ClassVar[str] = "table for people, 80 columns"

    def write(self, bom: Bom, out: BinaryIO, context: WriteContext) -> None:  # noqa: ARG002 - a table has no date
        """Write the whole table to ``out``, which stays open."""
        for line in _lines(bom):
            out.write(line.rstrip().encode("utf-8", "backslashreplace") + b"\n")


def _lines(bom: Bom) -> Iterator[str]:
    packages = [component for component in bom.components if component.type is not ComponentType.SOURCE]
    product = " ".join(part for part in (bom.product.name, bom.product.version) if part)
    yield from _table(packages, len(bom.images))
    states = _states(packages)
    for facts in _in_order(bom):
        yield ""
        yield from _image(facts, states)
    yield ""
    yield f"{printable(product)}: {counted(len(bom.images), 'image')}, {counted(len(packages), 'component')}"
    if bom.problems:
        yield f"INCOMPLETE: {counted(len(bom.problems), 'problem')}; what could not be read may hold more"


def _in_order(bom: Bom) -> list[ImageFacts]:
    """The images as the product file lists them; one that it does not list comes last."""
    places = {spec.name: place for place, spec in enumerate(bom.product.images)}
    return sorted(bom.images, key=lambda facts: (places.get(facts.image.name, len(places)), facts.image.name))


def _states(packages: Sequence[Component]) -> Counter[tuple[str, State]]:
    """How many packages each image holds in each state."""
    return Counter(
        (occurrence.location.image, occurrence.state) for component in packages for occurrence in component.occurrences
    )


def _image(facts: ImageFacts, states: Counter[tuple[str, State]]) -> Iterator[str]:
    image = facts.image
    name = image.os.pretty_name or image.os.id if image.os else "unknown operating system"
    about = ", ".join(part for part in (name, str(image.platform)) if part)
    yield shorten(f"{printable(image.name)} ({image.role.value}): {printable(about)}", _COLUMNS)
    if not image.layers and not image.id:
        yield "  UNREADABLE: what is in it is not known"
        return
    shadowed, deleted = (states[image.name, state] for state in (State.SHADOWED, State.DELETED))
    hidden = f", {shadowed + deleted:,} hidden ({shadowed:,} shadowed, {deleted:,} deleted)"
    visible = counted(states[image.name, State.VISIBLE], "package")
    missing = sum(1 for layer in image.layers if layer.missing)
    unread = f" ({missing:,} UNREADABLE)" if missing else ""
    yield f"  {counted(len(image.layers), 'layer')}{unread}; {visible}{hidden if shadowed + deleted else ''}"
    if image.attached:
        kinds = ", ".join(sorted({one.kind for one in image.attached}))
        beside = f"{len(image.attached):,} attached in the registry, not read: {printable(kinds)}"
        yield "  " + shorten(beside, _COLUMNS - 2)
    yield f"  {_unowned(facts)}"
    if facts.coverage.bytes:
        recorded, identified, unknown = map(percent, facts.coverage.shares)
        yield f"  by size {recorded} recorded, {identified} identified by evidence, {unknown} unknown"
    for file in sorted(facts.unowned, key=lambda file: file.content is Content.SCRIPT)[:_UNOWNED]:
        yield "    " + _tail("/" + printable(file.path), _COLUMNS - 4)
    more = len(facts.unowned) - _UNOWNED
    if more > 0:
        yield f"    and {more:,} more; sbomctl explain --verbose {printable(image.name)} lists all"


def _tail(path: str, columns: int) -> str:
    """The end of a path too long for its line: its name says more than its first folders."""
    if width(path) <= columns:
        return path
    start, used = len(path), 1
    while used + width(path[start - 1]) <= columns:
        start -= 1
        used += width(path[start])
    return "…" + path[start:]


def _unowned(facts: ImageFacts) -> str:
    coverage = facts.coverage
    if not coverage.files:
        return "no executables, libraries or scripts"
    share = 100 * coverage.unowned_files / coverage.files
    files = counted(coverage.files, "executable, library or script", "executables, libraries and scripts")
    return f"{files}; {coverage.unowned_files:,} in no package ({share:.1f} %)"


def _table(packages: Sequence[Component], images: int) -> Iterator[str]:
    if not packages:
        yield "No packages."
        return
    place, where = ("IMAGES", _images) if images > 1 else ("STATE", _state)
    headings = (*_HEADINGS, place)
    rows = sorted((*_row(component), printable(where(component))) for component in packages)
    widths = _fitted([max(width(row[column]) for row in (headings, *rows)) for column in range(len(headings))])
    for row in (headings, *rows):
        yield _GAP.join(pad(shorten(cell, size), size) for cell, size in zip(row, widths, strict=True))
    if images > 1 and any(_is_hidden_somewhere(component) for component in packages):
        yield ""
        yield "-image: deleted by an upper layer; ~image: shadowed by another version."


def _fitted(widths: list[int]) -> list[int]:
    """The widths, the widest taken down step by step until a line fits."""
    fitted = [min(size, _WIDEST) for size in widths]
    while sum(fitted) + len(_GAP) * (len(fitted) - 1) > _COLUMNS:
        fitted[fitted.index(max(fitted))] -= 1
    return fitted


def _row(component: Component) -> tuple[str, ...]:
    kind = component.purl.removeprefix("pkg:").partition("/")[0] or component.type.value
    cells = (component.name, component.version, kind, _license(component))
    return tuple(printable(cell) for cell in cells)


def _license(component: Component) -> str:
    """The license as far as it is known: an expression, else the words of the package in quotes."""
    facts = component.licenses
    known = facts.effective or facts.concluded or facts.declared or facts.detected
    return known or (f'"{"; ".join(facts.raw)}"' if facts.raw else "unknown")


def _images(component: Component) -> str:
    """The images it is in, with a mark where it is only hidden."""
    states: dict[str, set[str]] = {}
    for occurrence in component.occurrences:
        states.setdefault(occurrence.location.image, set()).add(occurrence.state.value)
    return ", ".join(_with_state(image, states[image]) for image in sorted(states))


def _state(component: Component) -> str:
    """The states it is in, for the one image there is."""
    states = {occurrence.state.value for occurrence in component.occurrences}
    return State.VISIBLE.value if State.VISIBLE.value in states else ", ".join(sorted(states))


def _with_state(image: str, states: set[str]) -> str:
    return image if State.VISIBLE.value in states else _MARKS[min(states)] + image


def _is_hidden_somewhere(component: Component) -> bool:
    return any(occurrence.state is not State.VISIBLE for occurrence in component.occurrences)

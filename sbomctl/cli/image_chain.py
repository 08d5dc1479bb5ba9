"""What is known of an image as a whole: its layers, what each brought, the code nobody owns, its gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sbomctl.cli.chain import layer
from sbomctl.cli.lines import LISTED, Line
from sbomctl.model import Bom, Content, ImageFacts, OsRelease, Reconciliation, State, UnownedFile
from sbomctl.terminal import counted, percent


def of_image(bom: Bom, facts: ImageFacts, *, every: bool) -> Iterator[Line]:
    """The image, layer by layer; of long lists the first dozen, or all."""
    image, places = facts.image, _places(bom, facts)
    platform = f", {image.platform}" if str(image.platform) else ""
    yield Line(0, "", f"image {image.name} ({image.role.value}{platform})")
    yield Line(1, "from", image.target)
    for spec in bom.product.images:
        yield from (Line(1, "named by", place) for place in spec.origin if spec.name == image.name)
    yield Line(1, "id", image.id)
    yield Line(1, "system", _system(image.os))
    states = Counter(state for state, _, _ in places)
    counts = [f"{states[state]:,} {state.value}" for state in State if states[state]]
    yield Line(1, "packages", ", ".join(counts) or "none")
    yield Line(1, "code", f"{counted(facts.coverage.files, 'file')}, {facts.coverage.unowned_files:,} in no package")
    if facts.coverage.bytes:
        recorded, identified, unknown = map(percent, facts.coverage.shares)
        yield Line(2, "by size", f"{recorded} recorded, {identified} identified by evidence, {unknown} unknown")
    brought = Counter(since for _, since, _ in places)
    hid = Counter(hidden for _, _, hidden in places if hidden is not None)
    for one in image.layers:
        yield from layer(facts, one.index, "layer")
        effect = [f"{brought[one.index]:,} brought"] * bool(brought[one.index])
        effect += [f"{hid[one.index]:,} hidden"] * bool(hid[one.index])
        yield Line(3, "packages", ", ".join(effect) or "unchanged")
        if one.missing:
            yield Line(3, "UNREAD", one.missing)
    unowned = sorted(facts.unowned, key=lambda file: file.content is Content.SCRIPT)  # programs first
    yield from _listed("in no package", [_unowned(file) for file in unowned], every=every)
    problems = [one for one in bom.problems if one.location.image == image.name]
    yield from _listed("problems", [f"{one.location}: {one.reason} ({one.found_by})" for one in problems], every=every)
    beside = [f"{one.kind}: {one.digest}, about {one.subject}" for one in image.attached]
    yield from _listed("attached in the registry, not read", beside, every=every)
    for account in facts.reconciled:
        yield from _manifest(account, every=every)
    yield from _listed("notes", facts.notes, every=every)


def _manifest(one: Reconciliation, *, every: bool) -> Iterator[Line]:
    yield Line(1, "manifest", f"{one.manifest}: {one.confirmed:,} of {counted(one.listed, 'package')} confirmed")
    yield from _listed("listed with another version", one.differing, every=every)
    yield from _listed("only listed", one.only_listed, every=every)
    yield from _listed("only in the image", one.only_in_image, every=every)


def _places(bom: Bom, facts: ImageFacts) -> list[tuple[State, int, int | None]]:
    return [
        (place.state, place.introduced_in, place.hidden_in)
        for component in bom.components
        for place in component.occurrences
        if place.location.image == facts.image.name
    ]


def _system(release: OsRelease | None) -> str:
    if release is None:
        return "unknown; the image has no os-release"
    place = f" (/{release.location})" if release.location else ""
    return f"{release.pretty_name or release.id}{place}"


def _unowned(file: UnownedFile) -> str:
    hidden = "" if file.hidden_in is None else f", hidden in layer {file.hidden_in}"
    kind = file.content.value or "file"
    place = f", in place of a file of {', '.join(file.replaces)}" if file.replaces else ""
    marks = f", {file.soname}" if file.soname else ""
    marks += f", build-id {file.build_id}" if file.build_id else ""
    return f"/{file.path} ({kind}{marks}, {counted(file.size, 'byte')}, layer {file.layer}{hidden}{place})"


def _listed(heading: str, values: Sequence[str], *, every: bool) -> Iterator[Line]:
    if values:
        yield Line(1, "", f"{heading}: {len(values):,}")
    shown = values if every else values[:LISTED]
    yield from (Line(2, "", value) for value in shown)
    if len(shown) < len(values):
        yield Line(2, "", f"and {len(values) - len(shown):,} more; --verbose shows all")

"""What is not known of a product: problems, open questions about licenses, code without an owner, unasked rules."""

from __future__ import annotations

import msgspec

from sbomctl.model import Component, ComponentType
from sbomctl.reports._audit_index import Index, expression_of


class Question(msgspec.Struct, frozen=True):
    """Something about licenses that a person must look at, and the components it is about."""

    kind: str
    message: str
    candidates: tuple[str, ...]
    components: tuple[tuple[str, str], ...]  # id, label


class Unowned(msgspec.Struct, frozen=True):
    """Code that no package accounts for."""

    image: str
    path: str
    kind: str
    size: int
    layer: int
    hidden_in: int  # -1 = visible
    replaces: tuple[str, ...]
    sha256: str


class Gaps(msgspec.Struct, frozen=True):
    """Everything that is not known, as far as that is known."""

    problems: tuple[tuple[str, str, str], ...]  # place, found by, reason
    questions: tuple[Question, ...]
    unlicensed: tuple[tuple[str, str, str], ...]  # id, label, as written
    unowned: tuple[Unowned, ...]
    curations: tuple[tuple[str, str, str, str], ...]  # kind, id, message, file:line
    notes: tuple[tuple[str, str], ...]  # image, what two engines found apart
    rules_off: tuple[tuple[str, str], ...]  # name, about
    unowned_licenses: tuple[tuple[str, str, str], ...]  # place, as written, expression

    @property
    def count(self) -> int:
        """How many things a person has to look at."""
        return sum(map(len, (self.problems, self.questions, self.unlicensed, self.unowned, self.curations)))


def gaps_of(index: Index) -> Gaps:
    """What is not known of the product."""
    bom = index.bom
    return Gaps(
        tuple([(str(one.location), one.found_by, one.reason) for one in bom.problems]),
        _questions(index.components),
        _unlicensed(index.components),
        _unowned(index),
        tuple([(one.kind, one.id, one.message, f"{one.file}:{one.line}") for one in bom.curation_issues]),
        tuple([(facts.image.name, note) for facts in bom.images for note in facts.notes]),
        tuple([(one.name, one.about) for one in (index.result.rules if index.result else ()) if not one.severity]),
        tuple([(str(one.location), one.raw, one.expression) for facts in bom.images for one in facts.licenses]),
    )


def _questions(components: tuple[Component, ...]) -> tuple[Question, ...]:
    found: dict[tuple[str, str, tuple[str, ...]], list[tuple[str, str]]] = {}
    for one in components:
        for issue in one.licenses.issues:
            found.setdefault((issue.kind, issue.message, issue.candidates), []).append((one.id, _label(one)))
    questions = [Question(*key, tuple(dict.fromkeys(some))) for key, some in found.items()]
    return tuple(sorted(questions, key=lambda one: (one.kind, -len(one.components), one.message, one.candidates)))


def _unlicensed(components: tuple[Component, ...]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        [
            (one.id, _label(one), ", ".join(one.licenses.raw))
            for one in components
            if one.type is not ComponentType.SOURCE and not expression_of(one.licenses)
        ]
    )


def _label(component: Component) -> str:
    return f"{component.name} {component.version}".rstrip()


def _unowned(index: Index) -> tuple[Unowned, ...]:
    return tuple(
        [
            Unowned(
                facts.image.name,
                file.path,
                file.content.value or "file",
                file.size,
                file.layer,
                -1 if file.hidden_in is None else file.hidden_in,
                file.replaces,
                file.sha256,
            )
            for facts in index.bom.images
            for file in facts.unowned
        ]
    )

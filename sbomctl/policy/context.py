"""What a rule sees: each component in each image with the verdict on its license, and how to report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import msgspec

from sbomctl.licenses.expression import InvalidExpression, conjunction, terms
from sbomctl.model import (
    Bom,
    Component,
    ComponentType,
    Distribution,
    Image,
    ImageFacts,
    LicenseFacts,
    Location,
    Occurrence,
    Role,
    Severity,
    State,
    Verdict,
    Violation,
)
from sbomctl.policy.evaluate import RANK, Decision, Judgement, judge
from sbomctl.policy.fingerprint import identity
from sbomctl.policy.globs import matches
from sbomctl.policy.lines import Line, Policy

VIEWS = ("effective", "concluded", "declared", "detected", "declared-and-detected", "every-file")
SEPARATOR = "; "
"""Between the expressions of several versions of one package in a baseline."""

_NOWHERE = ImageFacts("", Image("", "", Role.BASE_OS, ""))  # of components of which no image is known
_NONE: frozenset[int] = frozenset()
_ALONE = {state: (state.value,) for state in State}
_EVIDENCE = 10  # places that one violation names


class Placed(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One component in one image."""

    component: Component
    facts: ImageFacts
    states: tuple[str, ...]  # sorted
    occurrences: tuple[Occurrence, ...]
    judgement: Judgement

    @property
    def verdict(self) -> Verdict:
        """The verdict on all of its license."""
        return self.judgement.verdict

    def files(self) -> Iterator[str]:
        """The files it owns in the image."""
        for occurrence in self.occurrences:
            yield from occurrence.files


def expression_of(facts: LicenseFacts, view: str) -> str:
    """The expression that a view looks at; "" where nothing is asserted.

    ``effective`` falls back to what was concluded, and where nothing was, to what the package
    declares and what its texts show, all of it together: that asks for more, never for less.
    ``every-file`` adds to that what is stated of source files that do not reach the binary.
    """
    if view == "effective":
        return facts.effective or facts.concluded or _both(facts)
    if view == "declared-and-detected":
        return _both(facts)
    if view == "every-file":
        return _every_file(facts)
    return str(getattr(facts, view))


def _both(facts: LicenseFacts) -> str:
    if not facts.declared or not facts.detected or facts.declared == facts.detected:
        return facts.declared or facts.detected
    try:
        return conjunction((facts.declared, facts.detected))
    except InvalidExpression:  # out of a document that another program wrote
        return facts.declared


def _every_file(facts: LicenseFacts) -> str:
    left_out = {one.expression for one in facts.findings if one.excluded_by and one.expression}
    try:
        return conjunction((facts.effective or facts.concluded or _both(facts), *sorted(left_out)))
    except InvalidExpression:
        return _both(facts)


@dataclass
class Check:
    """One check of one bill of materials; ``severities`` are of the rules that are on."""

    bom: Bom
    policy: Policy
    severities: Mapping[str, Severity]
    baseline: Mapping[str, str] | None = None  # identity -> expression, of the release before
    placed: tuple[Placed, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.placed = tuple(_Judge(self.bom, self.policy).placed())

    @cached_property
    def doubtful(self) -> tuple[Placed, ...]:
        """Those that are not simply allowed, or of whose license there is something to say."""
        return tuple(one for one in self.placed if one.verdict is not Verdict.ALLOW or one.component.licenses.issues)

    @property
    def distribution(self) -> Distribution:
        """How the product reaches its users."""
        return self.bom.product.distribution

    def violation(  # noqa: PLR0913 - each is one fact of the report
        self,
        rule: str,
        message: str,
        how_to_fix: str,
        *,
        placed: Placed | None = None,
        facts: ImageFacts | None = None,
        decision: Decision | None = None,
        locations: Iterable[Location] = (),
        topic: str = "",
    ) -> Violation:
        """A violation of ``rule`` by ``placed``, else by the image of ``facts``, else by the product."""
        places = tuple(sorted(locations))[:_EVIDENCE]
        if placed is None:
            image = facts.image if facts else None
            return Violation(
                rule,
                self.severities[rule],
                message,
                how_to_fix,
                image=image.name if image else "",
                role=image.role.value if image else "",
                locations=places,
                topic=topic,
            )
        component, judgement = placed.component, placed.judgement
        return Violation(
            rule,
            self.severities[rule],
            message,
            how_to_fix,
            component=component.id,
            name=component.name,
            version=component.version,
            purl=component.purl,
            license=decision.license if decision else "",
            expression=judgement.expression,
            verdict=decision.verdict.value if decision else "",
            image=placed.facts.image.name,
            role=placed.facts.image.role.value,
            states=placed.states,
            locations=places or evidence(placed, decision.license if decision else ""),
            decided_by=decision.line.place if decision and decision.line else None,
            topic=topic,
        )


def evidence(placed: Placed, license_text: str) -> tuple[Location, ...]:
    """Where the license is known from, in this image above all; else the records of the component."""
    found = [
        finding.location
        for finding in placed.component.licenses.findings
        if not license_text or license_text in _licenses(finding.expression) or not finding.expression
    ]
    here = [one for one in found if one.image == placed.facts.image.name]
    places = here or [occurrence.location for occurrence in placed.occurrences] or found
    return tuple(sorted(set(places)))[:_EVIDENCE]


@lru_cache(maxsize=8192)
def _licenses(expression: str) -> frozenset[str]:
    try:
        return frozenset(str(term) for term in terms(expression))
    except InvalidExpression:
        return frozenset((expression,))


class _Judge:
    """Judges each expression once for each set of lines that hold somewhere."""

    def __init__(self, bom: Bom, policy: Policy) -> None:
        self._bom = bom
        self._policy = policy
        facts = bom.product.distribution
        self._lines = [line for line in policy.lines if line.scope.fits_product(facts)]
        self._scoped = [line for line in self._lines if line.scope.components]
        self._images = {facts.image.name: facts for facts in bom.images}
        self._sets: dict[tuple[object, ...], tuple[Line, ...]] = {}
        self._known: dict[tuple[str, int], Judgement] = {}

    def placed(self) -> Iterator[Placed]:
        """Every component in every image; source packages are not, for nothing of them ships.

        A component of which no place is known is judged all the same, as one of a base OS.
        """
        for component in self._bom.components:
            if component.type is ComponentType.SOURCE:
                continue
            expression = expression_of(component.licenses, self._policy.view)
            narrowed = self._narrowed(component.purl)
            for image, occurrences in _by_image(component.occurrences):
                facts = self._images.get(image, _NOWHERE)
                states = _states(occurrences)
                found = [self._judged(expression, self._holding(facts, state, narrowed)) for state in states]
                worst = found[0] if len(found) == 1 else max(found, key=lambda one: RANK[one.verdict])
                yield Placed(component, facts, states, occurrences, worst)

    def _narrowed(self, purl: str) -> frozenset[int]:
        """Which of the lines for certain components hold for this one."""
        if not self._scoped:
            return _NONE
        return frozenset(
            number
            for number, line in enumerate(self._scoped)
            if any(matches(pattern, purl) for pattern in line.scope.components)
        )

    def _holding(self, facts: ImageFacts, state: str, narrowed: frozenset[int]) -> tuple[Line, ...]:
        key = (facts.image.name, state, narrowed)
        if key not in self._sets:
            named = {self._scoped[number] for number in narrowed}
            self._sets[key] = tuple(
                line
                for line in self._lines
                if line.scope.fits_place(facts.image.name, facts.image.role.value, state)
                and (not line.scope.components or line in named)
            )
        return self._sets[key]

    def _judged(self, expression: str, lines: tuple[Line, ...]) -> Judgement:
        key = (expression, id(lines))
        if key not in self._known:
            self._known[key] = judge(expression, lines, self._policy.table)
        return self._known[key]


def _states(occurrences: Sequence[Occurrence]) -> tuple[str, ...]:
    if len(occurrences) == 1:
        return _ALONE[occurrences[0].state]
    if not occurrences:
        return _ALONE[State.VISIBLE]
    return tuple(sorted({one.state.value for one in occurrences}))


def _by_image(occurrences: Sequence[Occurrence]) -> Iterable[tuple[str, tuple[Occurrence, ...]]]:
    if len(occurrences) == 1:
        return ((occurrences[0].location.image, tuple(occurrences)),)
    if not occurrences:
        return (("", ()),)
    found: dict[str, list[Occurrence]] = {}
    for occurrence in occurrences:
        found.setdefault(occurrence.location.image, []).append(occurrence)
    return tuple((image, tuple(those)) for image, those in found.items())


def placed_key(placed: Placed) -> str:
    """What a component in an image is called in a baseline."""
    return f"{placed.facts.image.name} {identity(placed.component.purl, placed.component.name)}"

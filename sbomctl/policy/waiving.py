"""Which violations are accepted, and what is wrong with the waivers themselves (requirement PO-12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec

from sbomctl.model import Bom, Component, PolicyLine, RuleInfo, Severity, Violation, Waiver
from sbomctl.policy.fingerprint import identity
from sbomctl.policy.globs import is_glob
from sbomctl.policy.lines import WaiverTerms
from sbomctl.policy.purls import covers, unversioned

EXPIRED, OUTDATED, UNUSED, BROAD, SOON = (
    "expired-waiver", "outdated-waiver", "unused-waiver", "broad-waiver", "waiver-ends-soon",
)  # fmt: skip
WAIVER_RULES = (
    RuleInfo(
        EXPIRED,
        "a waiver has ended, and what it accepted counts again",
        "Fix the violation, or have the waiver approved again with a new end.",
        "error",
    ),
    RuleInfo(
        OUTDATED,
        "the license text that a waiver was given for has changed",
        "Read the new text, then give the waiver again with its hash, or fix the violation.",
        "error",
    ),
    RuleInfo(
        BROAD, "a waiver accepts more than one decision can be about", "Write one waiver per component.", "warning"
    ),
    RuleInfo(UNUSED, "a waiver accepts nothing", "Delete it; sbomctl waivers check lists all of them.", "warning"),
    RuleInfo(SOON, "a waiver ends soon", "Fix the violation before, or have the waiver approved again.", "note"),
)
_NARROW = ("component", "license", "image", "role")


@dataclass
class _Use:
    """What became of one waiver."""

    waiver: Waiver
    count: int = 0
    identities: set[str] = field(default_factory=set)
    outdated: int = 0


class Waiving:
    """Applies waivers to violations, then tells what is wrong with them."""

    def __init__(self, waivers: Sequence[Waiver], bom: Bom, today: date) -> None:
        self._uses = [_Use(one) for one in waivers]
        self._today = today.isoformat()
        self._components: Mapping[str, Component] = {one.id: one for one in bom.components} if waivers else {}
        self._by_purl: dict[tuple[str, str], list[_Use]] = {}
        self._others: dict[str, list[_Use]] = {}
        for use in self._uses:
            named = use.waiver.component
            if named and not is_glob(named):
                self._by_purl.setdefault((use.waiver.rule, named.lower()), []).append(use)
            else:
                self._others.setdefault(use.waiver.rule, []).append(use)

    def applied(self, violations: Iterable[Violation]) -> Iterator[Violation]:
        """The violations, those accepted with the id of the first waiver that holds."""
        for violation in violations:
            yield self._applied(violation) if self._uses else violation

    def _applied(self, violation: Violation) -> Violation:
        named = self._by_purl.get((violation.rule, unversioned(violation.purl).lower()), ())
        holds: _Use | None = None
        for use in (*named, *self._others.get(violation.rule, ())):
            if self._fits(use.waiver, violation):
                if not self._has_text(use.waiver, violation):
                    use.outdated += 1
                    continue
                use.count += 1
                use.identities.add(identity(violation.purl, violation.name))
                if holds is None and self._today <= use.waiver.expires:
                    holds = use
        return msgspec.structs.replace(violation, waived_by=holds.waiver.id) if holds else violation

    def _fits(self, waiver: Waiver, violation: Violation) -> bool:
        if waiver.image not in ("", violation.image) or waiver.role not in ("", violation.role):
            return False
        if waiver.license and waiver.license not in (violation.license, violation.expression):
            return False
        if not waiver.component:
            return True
        component = self._components.get(violation.component)
        return component is not None and covers(waiver.component, waiver.versions, component)

    def _has_text(self, waiver: Waiver, violation: Violation) -> bool:
        if not waiver.text_sha256:
            return True
        component = self._components.get(violation.component)
        if component is None:
            return False
        hashes = {text.sha256 for text in component.texts} | {one.text_sha256 for one in component.licenses.findings}
        return waiver.text_sha256 in hashes

    def findings(self, terms: WaiverTerms, severities: Mapping[str, Severity]) -> Iterator[Violation]:
        """What is wrong with the waivers, once all violations have been applied."""
        for use in self._uses:
            for rule, message in self._wrong(use, terms):
                if rule in severities:
                    waiver = use.waiver
                    yield Violation(
                        rule,
                        severities[rule],
                        f"waiver {waiver.id}: {message}",
                        next(info.how_to_fix for info in WAIVER_RULES if info.name == rule),
                        license=waiver.license,
                        image=waiver.image,
                        role=waiver.role,
                        decided_by=PolicyLine(waiver.file, waiver.line),
                        topic=waiver.id,
                    )

    def _wrong(self, use: _Use, terms: WaiverTerms) -> Iterator[tuple[str, str]]:
        waiver, ended = use.waiver, use.waiver.expires < self._today
        if use.outdated:
            yield OUTDATED, f"the text is another than that of {waiver.text_sha256[:12]}"
        if use.count and ended:
            violations = "1 violation counts" if use.count == 1 else f"{use.count:,} violations count"
            yield EXPIRED, f"it ended on {waiver.expires}; {violations} again; owner {waiver.owner}"
        elif not use.count and not use.outdated:
            yield UNUSED, f"it accepts nothing{' and has ended' if ended else ''}; owner {waiver.owner}"
        elif use.count and days_left(waiver, date.fromisoformat(self._today)) <= terms.announce_days:
            yield SOON, f"it ends on {waiver.expires}; owner {waiver.owner}"
        if len(use.identities) > terms.most_components:
            yield BROAD, f"it accepts violations of {len(use.identities):,} components"


def days_left(waiver: Waiver, today: date) -> int:
    """Days that it still holds after ``today``; negative once it has ended."""
    return (date.fromisoformat(waiver.expires) - today).days

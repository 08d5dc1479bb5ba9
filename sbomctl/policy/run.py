"""One check from beginning to end: rules, waivers, comparison with a baseline, what makes it fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec

from sbomctl.errors import ConfigError
from sbomctl.model import Bom, CheckResult, Elected, RuleInfo, Severity, Verdict, Violation, Waiver
from sbomctl.policy.base import Rule
from sbomctl.policy.baseline import Baseline, compared
from sbomctl.policy.context import SEPARATOR, Check, placed_key
from sbomctl.policy.fingerprint import fingerprinted
from sbomctl.policy.lines import DEFAULT_PROFILE, Policy, Profile
from sbomctl.policy.load import profile_of
from sbomctl.policy.rules import RULES
from sbomctl.policy.waiving import WAIVER_RULES, Waiving

INCOMPLETE = "incomplete-scan"
OFF, NEVER = "off", "never"
_KNOWN: tuple[Rule | RuleInfo, ...] = (*RULES, *WAIVER_RULES)
_RANK = {severity.value: rank for rank, severity in enumerate(Severity)}


class Demand(msgspec.Struct, frozen=True):
    """How strict a check is to be; "" is what the profile says."""

    profile: str = DEFAULT_PROFILE
    fail_on: str = ""  # error | warning | note | never
    only_new: bool = False  # only what the baseline does not have makes it fail


def run(
    bom: Bom,
    policy: Policy,
    waivers: Sequence[Waiver] = (),
    *,
    today: date,
    demand: Demand | None = None,
    baseline: Baseline | None = None,
    tool_version: str = "",
) -> CheckResult:
    """What ``policy`` says of ``bom`` on the day ``today``; raises ``ConfigError`` for an unknown profile."""
    demand = demand or Demand()
    profile = profile_of(policy, demand.profile)
    fail_on = demand.fail_on or profile.fail_on
    if demand.only_new and baseline is None:
        raise ConfigError("--fail-on new needs something to compare with", "name it with --baseline")
    severities = _severities(policy, profile)
    check = Check(bom, policy, severities, baseline.licenses if baseline else None)
    waiving = Waiving(waivers, bom, today)
    found = list(waiving.applied(_violations(check)))
    found = fingerprinted([*found, *waiving.findings(policy.waivers, severities)])
    fixed: tuple[Violation, ...] = ()
    if baseline is not None:
        found, fixed = compared(found, baseline)
    found = [_failing(one, fail_on, only_new=demand.only_new) for one in found]
    order = {info.name: place for place, info in enumerate(_rules(severities))}
    return CheckResult(
        product=bom.product.name,
        product_version=bom.product.version,
        policy=policy.name,
        policy_version=policy.version,
        policy_files=policy.files,
        profile=demand.profile,
        fail_on=fail_on,
        only_new=demand.only_new,
        today=today.isoformat(),
        tool_version=tool_version,
        license_list=policy.table.list_version,
        rules=_rules(severities),
        violations=tuple(sorted(found, key=lambda one: _sort_key(one, order))),
        fixed=fixed,
        elections=tuple(sorted(set(_elections(check)))),
        waivers=tuple(waivers),
        components=len({placed.component.id for placed in check.placed}),
        images=tuple(facts.image.name for facts in bom.images),
        problems=len(bom.problems),
        accepted_problems=_accepted(found),
        licenses=_licenses(check),
        compared=baseline is not None,
    )


def of_image(result: CheckResult, part: Bom) -> CheckResult:
    """What ``result`` says of ``part``, which is one image of the product, and of the product as a whole."""
    names = tuple(facts.image.name for facts in part.images)

    def kept(found: Sequence[Violation]) -> tuple[Violation, ...]:
        return tuple(one for one in found if one.image in ("", *names))

    return msgspec.structs.replace(
        result,
        violations=kept(result.violations),
        fixed=kept(result.fixed),
        components=sum(1 for one in part.components if one.occurrences),
        images=names,
        problems=len(part.problems),
    )


def _severities(policy: Policy, profile: Profile) -> dict[str, Severity]:
    """The severity of each rule that is on."""
    found = {}
    for one in _KNOWN:
        name, default = one.name, one.severity
        setting = policy.rules.get(name)
        severity = (setting.severity if setting else None) or default
        most = profile.at_most.get(name)
        if most and severity != OFF and _RANK[most] < _RANK[severity]:
            severity = most
        severity = profile.severities.get(name, severity)
        if severity != OFF:
            found[name] = Severity(severity)
    return found


def _rules(severities: Mapping[str, Severity]) -> tuple[RuleInfo, ...]:
    """Every rule, on or off, so that reports can tell what was asked."""
    return tuple(
        RuleInfo(one.name, one.about, one.how_to_fix, severities[one.name].value if one.name in severities else "")
        for one in _KNOWN
    )


def _violations(check: Check) -> Iterator[Violation]:
    for rule in RULES:
        if rule.name in check.severities:
            setting = check.policy.rules.get(rule.name)
            parameters = msgspec.convert(setting.parameters if setting else {}, rule.parameters)
            yield from rule.check(check, parameters)


def _failing(violation: Violation, fail_on: str, *, only_new: bool) -> Violation:
    """With the mark of what makes the check fail; what was not read never does, it has an exit code of its own."""
    fails = (
        fail_on != NEVER
        and not violation.waived_by
        and violation.rule != INCOMPLETE
        and _RANK[violation.severity.value] >= _RANK[fail_on]
        and (violation.baseline == "new" or not only_new)
    )
    return msgspec.structs.replace(violation, fails=True) if fails else violation


def _sort_key(violation: Violation, order: Mapping[str, int]) -> tuple[object, ...]:
    severity = -_RANK[violation.severity.value]
    what = (violation.name, violation.version, violation.purl, violation.image, violation.license)
    return (severity, order[violation.rule], *what, violation.topic, violation.message, violation.fingerprint)


def _elections(check: Check) -> Iterator[Elected]:
    for placed in check.placed:
        judgement = placed.judgement
        if judgement.choices and judgement.verdict in (Verdict.ALLOW, Verdict.REVIEW):
            places = sorted({str(one.line.place) for one in judgement.reasons if one.line})
            reason = f"the best that {check.policy.name} allows ({', '.join(places[:3])})"
            for choice in judgement.choices:
                component = placed.component
                yield Elected(component.name, component.purl, choice.given, choice.chosen, reason, choice.aside)


def _licenses(check: Check) -> dict[str, str]:
    """What was judged, for a later check; of several versions of one package all that they have."""
    found: dict[str, str] = {}
    for placed in check.placed:
        key, expression = placed_key(placed), placed.judgement.expression
        known = found.get(key)
        if known is None:
            found[key] = expression
        elif expression not in known.split(SEPARATOR):
            found[key] = SEPARATOR.join(sorted((*known.split(SEPARATOR), expression)))
    return found


def _accepted(violations: Sequence[Violation]) -> bool:
    found = [one for one in violations if one.rule == INCOMPLETE]
    return bool(found) and all(one.waived_by for one in found)

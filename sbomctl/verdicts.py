"""The verbs of policies: load, explain, check. ``api.py`` offers them as its own.

Only functions import here: a scan needs nothing of this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sbomctl import __version__
from sbomctl.errors import ConfigError
from sbomctl.model import Bom, CasesResult, CheckResult, Explanation, Waiver
from sbomctl.registries import findings_writers

if TYPE_CHECKING:
    from sbomctl.policy.baseline import Baseline
    from sbomctl.policy.lines import Policy
    from sbomctl.policy.run import Demand


def result_of_image(result: CheckResult, part: Bom) -> CheckResult:
    """What a check of the whole product says of ``part``, which is one image of it."""
    from sbomctl.policy.run import of_image

    return of_image(result, part)


def load_policy(name: str) -> Policy:
    """The policy in a file, or the shipped one of that name; raises ``ConfigError`` with every fault of it."""
    from sbomctl.policy.load import load_policy as load

    return load(name)


def load_waivers(file: str | Path, policy: Policy | None, today: date) -> tuple[Waiver, ...]:
    """The waivers in a file, checked by what ``policy`` allows; raises ``ConfigError`` with every fault of it."""
    from sbomctl.policy.lines import WaiverTerms
    from sbomctl.policy.waivers import load_waivers as load

    return load(Path(file), policy.waivers if policy else WaiverTerms(), today)


def parse_waivers(data: bytes, file: str, policy: Policy | None, today: date) -> tuple[Waiver, ...]:
    """As :func:`load_waivers`, of a file that is still to be written."""
    from sbomctl.config.document import parse
    from sbomctl.policy.lines import WaiverTerms
    from sbomctl.policy.waivers import checked_waivers

    return checked_waivers(parse(data, file), policy.waivers if policy else WaiverTerms(), today)


def waiver_rules() -> frozenset[str]:
    """The names under which a check tells what is wrong with waivers."""
    from sbomctl.policy.waiving import WAIVER_RULES

    return frozenset(one.name for one in WAIVER_RULES)


def policy_schema(name: str) -> bytes:
    """The schema ``policy``, ``waivers`` or ``cases`` as it is published."""
    from sbomctl.policy.schemas import published

    return published(name)


def shipped_policies() -> tuple[str, ...]:
    """The names of the policies that come with sbomctl."""
    from sbomctl.policy.shipped import shipped_names

    return shipped_names()


def explain_license(policy: str, expression: str, place: Mapping[str, str]) -> Explanation:
    """What ``policy`` says of ``expression``; ``place`` is as ``policy.explain.Place``. Raises ``ConfigError``."""
    from sbomctl.policy.explain import Place, explained, expression_fault

    if fault := expression_fault(expression):
        raise ConfigError(f"{expression!r} is no license expression: {fault}", "as SPDX writes it: MIT OR Apache-2.0")
    return explained(load_policy(policy), expression, Place(**place))


def run_policy_cases(name: str) -> CasesResult:
    """Run the cases beside a policy, or those in a file of cases; raises ``ConfigError``."""
    from sbomctl.policy.cases import run_cases

    return run_cases(name)


def demand(policy: Policy, profile: str, fail_on: Sequence[str]) -> Demand:
    """How strict a check is to be; ``fail_on`` holds at most one severity or ``never``, and ``new``.

    Raises ``ConfigError`` for an unknown profile and for two severities.
    """
    from sbomctl.policy.load import profile_of
    from sbomctl.policy.run import Demand

    profile_of(policy, profile)
    levels = [one for one in fail_on if one != "new"]
    if len(levels) > 1:
        raise ConfigError(f"two thresholds: {' and '.join(levels)}", "give one of them, and new beside it if you like")
    return Demand(profile, levels[0] if levels else "", "new" in fail_on)


def check(
    document: Bom,
    policy: Policy,
    waivers: Sequence[Waiver] = (),
    *,
    today: date,
    demand: Demand | None = None,
    baseline: Baseline | None = None,
) -> CheckResult:
    """What ``policy`` says of ``document``; it fails where a violation ``fails``. Raises ``ConfigError``."""
    from sbomctl.policy.run import run

    return run(document, policy, waivers, today=today, demand=demand, baseline=baseline, tool_version=__version__)


def read_baseline(data: bytes, file: str, policy: Policy, today: date) -> Baseline:
    """What to compare with: the JSON of an earlier check, or an earlier native document, judged by ``policy`` now.

    Raises ``InputError`` naming ``file``.
    """
    from sbomctl.policy.baseline import baseline_of
    from sbomctl.readers.detect import decode
    from sbomctl.readers.findings_json import decode_findings, is_findings

    if is_findings(data):
        return baseline_of(decode_findings(data, file))
    return baseline_of(check(decode(data, file), policy, today=today))


def write_findings(result: CheckResult, kind: str, out: BinaryIO) -> None:
    """Write the result of a check in a form of the registry; raises ``ConfigError``."""
    forms = {writer.kind: writer for writer in findings_writers()}
    if kind not in forms:
        raise ConfigError(f"unknown kind of findings {kind!r}", f"kinds are: {', '.join(forms)}")
    forms[kind].write(result, out)

"""Tests of a policy, as data: NAME.test.yaml beside NAME.yaml holds expressions and their verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sbomctl.config.document import Document, read
from sbomctl.config.schema import check_against
from sbomctl.errors import ConfigError, Fault
from sbomctl.licenses.expression import InvalidExpression, canonical
from sbomctl.model import CasesResult
from sbomctl.policy.explain import Place, judged
from sbomctl.policy.lines import Policy
from sbomctl.policy.load import load_policy
from sbomctl.policy.read_lines import answer
from sbomctl.policy.schemas import schema
from sbomctl.policy.shipped import CASES, policy_file

_SUFFIXES = (".yaml", ".yml")
_PLACES = ("role", "image", "state", "component")
_ANSWERS = ("user_product", "locked_boot")


def run_cases(name: str) -> CasesResult:
    """Run the cases in the file ``name``, or those beside the policy ``name``; raises ``ConfigError``."""
    file = Path(name) if name.endswith(CASES) else cases_file(policy_file(name))
    document = read(file, if_missing="a test of a policy is NAME.test.yaml beside NAME.yaml")
    faults = [*document.faults, *check_against(document, schema("cases"))]
    if faults:
        ordered = tuple(sorted(faults, key=lambda one: (one.line, one.column, one.message)))
        raise ConfigError(f"the cases in {file} are faulty", "sbomctl schema cases prints what may be written", ordered)
    policy = load_policy(_policy_of(document, file))
    failures = tuple(str(one) for one in _failures(document, policy))
    return CasesResult(str(file), policy.name, len(document.data["cases"]), failures)


def cases_file(policy: Path) -> Path:
    """Where the cases of a policy are."""
    return policy.with_name(policy.name.removesuffix(policy.suffix) + CASES)


def _policy_of(document: Document, file: Path) -> str:
    named = document.data.get("policy")
    if named is None:
        return str(file.with_name(file.name.removesuffix(CASES) + ".yaml"))
    return str(file.parent / named) if named.endswith(_SUFFIXES) else str(named)


def _failures(document: Document, policy: Policy) -> Iterator[Fault]:
    for index, case in enumerate(document.data["cases"]):
        told = _failure(case, policy)
        if told:
            because = f" ({case['because']})" if "because" in case else ""
            yield document.fault(["cases", index], f"{case['expression']!r}: {told}{because}")


def _failure(case: Mapping[str, Any], policy: Policy) -> str:
    """How the policy says something else than the case asks for; "" when it does not."""
    judgement = judged(policy, case["expression"], place_of(case))
    verdict = judgement.verdict.value
    by = sorted({f"{one.license or 'nothing'} by {one.line.place}" for one in judgement.reasons if one.line})
    if verdict != case["verdict"]:
        return f"{case['verdict']} is expected, the policy says {verdict}{': ' if by else ''}{', '.join(by)}"
    if "elected" in case and not _same(judgement.elected, case["elected"]):
        return f"{case['elected']} is to remain, {judgement.elected} does"
    named = [one.license for one in judgement.reasons if one.verdict is judgement.verdict]
    if "license" in case and case["license"] not in named:
        return f"the verdict is to be about {case['license']}, it is about {', '.join(named)}"
    return ""


def _same(elected: str, expected: str) -> bool:
    try:
        return elected == canonical(expected)
    except InvalidExpression:
        return False


def place_of(case: Mapping[str, Any]) -> Place:
    """The place that a case is about."""
    said = {key: case[key] for key in _PLACES if key in case}
    return Place(**said, **{key: answer(case[key]) for key in _ANSWERS if key in case})

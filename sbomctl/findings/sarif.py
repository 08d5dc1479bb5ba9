"""SARIF 2.1.0, for code scanning and dashboards.

All rules are listed, so that alerts of a rule that finds nothing any more close. ``kind`` is
``fail`` for what makes the check fail or would in a stricter profile, ``review`` and ``open``
for verdicts that only ask a person (section 3.27.9); a waiver is an external suppression, its
end a property, for SARIF has no field for one (section 3.35).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO, ClassVar
from urllib.parse import quote

from sbomctl.findings._groups import place, title
from sbomctl.model import CheckResult, Location, PolicyLine, RuleInfo, Severity, Violation, Waiver

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ASKING = {"review": "review", "unknown": "open"}
_SHIPPED = "shipped:"
Json = dict[str, Any]


class Sarif:
    """One run with every violation, waived and fixed ones included."""

    kind: ClassVar[str] = "sarif"
    media_type: ClassVar[str] = "application/sarif+json"
    suffix: ClassVar[str] = ".sarif"
    about: ClassVar[str] = "SARIF 2.1.0, for code scanning"

    def write(self, result: CheckResult, out: BinaryIO) -> None:
        """Write the log to ``out``, which stays open."""
        log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(result)]}
        out.write(json.dumps(log, indent=1, ensure_ascii=True).encode() + b"\n")


def _run(result: CheckResult) -> Json:
    places = {info.name: index for index, info in enumerate(result.rules)}
    waivers = {one.id: one for one in result.waivers}
    return {
        "tool": {
            "driver": {
                "name": "sbomctl",
                "semanticVersion": result.tool_version,
                "rules": [_rule(info) for info in result.rules],
            }
        },
        "automationDetails": {"id": f"sbomctl/{quote(result.product, safe='')}/{result.profile}/"},
        "invocations": [{"executionSuccessful": not result.problems or result.accepted_problems}],
        "properties": {
            "product": title(result),
            "policy": result.policy,
            "policyVersion": result.policy_version,
            "policyFiles": {one.name: one.sha256 for one in result.policy_files},
            "day": result.today,
            "licenseListVersion": result.license_list,
            "elections": [f"{one.name}: {one.given} -> {one.chosen}" for one in result.elections],
        },
        "results": [
            *(_result(one, places, waivers, result) for one in result.violations),
            *({**_result(one, places, waivers, result), "baselineState": "absent"} for one in result.fixed),
        ],
    }


def _rule(info: RuleInfo) -> Json:
    return {
        "id": info.name,
        "shortDescription": {"text": info.about},
        "fullDescription": {"text": f"{info.about}. {info.how_to_fix}"},
        "help": {"text": info.how_to_fix},
        "defaultConfiguration": {"enabled": bool(info.severity), "level": info.severity or "none"},
        "properties": {"tags": ["license", "compliance"]},
    }


def _result(violation: Violation, places: dict[str, int], waivers: dict[str, Waiver], result: CheckResult) -> Json:
    asks = not violation.fails and violation.severity is not Severity.ERROR and violation.verdict in _ASKING
    found: Json = {"ruleId": violation.rule}
    if violation.rule in places:
        found["ruleIndex"] = places[violation.rule]
    found |= {
        "kind": _ASKING[violation.verdict] if asks else "fail",
        "level": "none" if asks else violation.severity.value,
        "message": {"text": f"{place(violation)}: {violation.message}. {violation.how_to_fix}"},
        "locations": [_location(violation, result)],
        "partialFingerprints": {"sbomctl/v1": violation.fingerprint},
        "properties": _properties(violation),
    }
    if related := list(_related(violation)):
        found["relatedLocations"] = related
    if violation.baseline:
        found["baselineState"] = violation.baseline
    if violation.waived_by in waivers:
        waiver = waivers[violation.waived_by]
        found["suppressions"] = [_suppression(waiver)]
        if waiver.ticket.startswith(("https://", "http://")):
            found["workItemUris"] = [quote(waiver.ticket, safe=":/?#[]@!$&'()*+,;=%")]
    return found


def _properties(violation: Violation) -> Json:
    facts = {
        "severity": violation.severity.value,
        "component": violation.component,
        "purl": violation.purl,
        "version": violation.version,
        "license": violation.license,
        "expression": violation.expression,
        "verdict": violation.verdict,
        "role": violation.role,
        "states": list(violation.states),
        "failsCheck": violation.fails,
    }
    return {key: value for key, value in facts.items() if value or key == "failsCheck"}


def _suppression(waiver: Waiver) -> Json:
    facts = {
        "waiver": waiver.id,
        "reason": waiver.reason.kind,
        "owner": waiver.owner,
        "approver": waiver.approver,
        "ticket": waiver.ticket,
        "created": waiver.created,
        "expires": waiver.expires,
    }
    return {
        "kind": "external",
        "status": "accepted",
        "justification": waiver.reason.text,
        "properties": {key: value for key, value in facts.items() if value},
    }


def _location(violation: Violation, result: CheckResult) -> Json:
    """The first place; with one of a user's file or none, the policy line, for code scanning wants a file."""
    first = violation.locations[0] if violation.locations else None
    if first is not None and first.path:
        physical = _file(first)
    elif violation.decided_by is not None:
        physical = _policy(violation.decided_by)
    else:
        physical = {"artifactLocation": {"uri": quote(violation.image or result.product or "product")}}
    return {"physicalLocation": physical, "logicalLocations": list(_logical(violation, result))}


def _logical(violation: Violation, result: CheckResult) -> Iterator[Json]:
    """The component by its purl, its image, and the layer it was seen in."""
    if violation.component:
        yield {"name": violation.name, "fullyQualifiedName": violation.purl or violation.name, "kind": "package"}
    if violation.image:
        yield {"name": violation.image, "fullyQualifiedName": f"{title(result)}/{violation.image}", "kind": "image"}
    layers = sorted({one.layer for one in violation.locations if one.layer >= 0})
    for layer in layers:
        yield {"name": f"layer {layer}", "fullyQualifiedName": f"{violation.image}/layer/{layer}", "kind": "layer"}
    if not violation.component and not violation.image:
        yield {"name": title(result), "kind": "product"}


def _related(violation: Violation) -> Iterator[Json]:
    """The other places, then the line of the policy."""
    for number, one in enumerate(violation.locations[1:], 1):
        if one.path:
            yield {"id": number, "physicalLocation": _file(one)}
    if violation.decided_by is not None:
        message = {"text": "the line that decided"}
        yield {"id": 100, "physicalLocation": _policy(violation.decided_by), "message": message}


def _file(location: Location) -> Json:
    found: Json = {"artifactLocation": {"uri": quote(f"{location.image}/{location.path}", errors="replace")}}
    return {**found, "region": {"startLine": location.line}} if location.line else found


def _policy(line: PolicyLine) -> Json:
    uri = quote(line.file.removeprefix(_SHIPPED), errors="replace")
    return {"artifactLocation": {"uri": uri}, "region": {"startLine": max(line.line, 1)}}

"""Code quality report of GitLab, which merge requests compare with that of their target branch."""

from __future__ import annotations

import json
from typing import Any, BinaryIO, ClassVar

from sbomctl.findings._groups import place
from sbomctl.model import CheckResult, Severity, Violation
from sbomctl.terminal import printable

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "minor"}


class GitLabCodeQuality:
    """A list of issues; waived ones are of severity ``info``, for the format has no word for them."""

    kind: ClassVar[str] = "gitlab-codequality"
    media_type: ClassVar[str] = "application/json"
    suffix: ClassVar[str] = ".json"
    about: ClassVar[str] = "code quality report of GitLab CI"

    def write(self, result: CheckResult, out: BinaryIO) -> None:
        """Write the report to ``out``, which stays open."""
        issues = [_issue(one) for one in result.violations]
        out.write(json.dumps(issues, indent=1, ensure_ascii=True).encode() + b"\n")


def _issue(violation: Violation) -> dict[str, Any]:
    waived = f" (waived by {violation.waived_by})" if violation.waived_by else ""
    first = violation.locations[0] if violation.locations else None
    policy = violation.decided_by
    path, line = (f"{first.image}/{first.path}", first.line) if first else ("", 0)
    if not path.strip("/"):
        path, line = (policy.file, policy.line) if policy else (violation.image or "product", 0)
    return {
        "description": printable(f"{place(violation)}: {violation.message}{waived}. {violation.how_to_fix}"),
        "check_name": violation.rule,
        "fingerprint": violation.fingerprint,
        "severity": "info" if violation.waived_by else _SEVERITIES[violation.severity],
        "location": {"path": printable(path), "lines": {"begin": max(line, 1)}},
    }

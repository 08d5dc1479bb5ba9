"""What a policy says of a bill of materials: verdicts, violations, waivers, and the result of a check."""

from __future__ import annotations

from enum import Enum

import msgspec

from sbomctl.model.files import Location


class Verdict(Enum):
    """What a policy says of a license, the worst last (requirements PO-1 and PO-3).

    Unknown stands above review, because nobody has said that it may be used, and below
    deny, because whatever it turns out to be, a denied license beside it stays denied.
    """

    ALLOW = "allow"
    REVIEW = "review"
    UNKNOWN = "unknown"
    DENY = "deny"


class Severity(Enum):
    """How much a violation matters; the words and their meaning are those of SARIF 2.1.0 section 3.27.10."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class PolicyLine(msgspec.Struct, frozen=True, order=True, gc=False, omit_defaults=True):
    """The place in a policy that decided something."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Violation(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One thing that the policy does not accept, of one component in one image, of an image, or of the product.

    ``fingerprint`` stays the same when the product is built again: there is no version, layer
    or line in it, but the license is (requirement PO-10).
    """

    rule: str
    severity: Severity
    message: str  # one sentence
    how_to_fix: str
    component: str = ""  # Component.id; "" = of an image or of the product
    name: str = ""
    version: str = ""
    purl: str = ""
    license: str = ""  # the license it is about, as the expression has it
    expression: str = ""  # all that was judged
    verdict: str = ""  # of ``license``; "" where the rule is not about a verdict
    image: str = ""
    role: str = ""
    states: tuple[str, ...] = ()  # sorted; of the component in the image
    locations: tuple[Location, ...] = ()  # sorted; where that is known from
    decided_by: PolicyLine | None = None
    topic: str = ""  # what tells it from others of the same rule and component, such as a path
    fingerprint: str = ""
    baseline: str = ""  # new | unchanged; "" = compared with nothing
    waived_by: str = ""  # id of a waiver
    fails: bool = False  # whether it makes the check fail


class WaiverReason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a violation is accepted: one of a closed list, and words."""

    kind: str
    text: str


class Waiver(msgspec.Struct, frozen=True, omit_defaults=True):
    """One accepted violation; "" = whatever it is. Dates are YYYY-MM-DD."""

    id: str
    rule: str
    reason: WaiverReason
    owner: str
    approver: str
    created: str
    expires: str  # the last day it holds
    component: str = ""  # purl without version; ``*`` spans any characters
    versions: str = ""  # a range such as ">=5.2,<5.3"
    license: str = ""  # canonical expression
    image: str = ""
    role: str = ""
    ticket: str = ""
    text_sha256: str = ""  # only while the component has this license text
    file: str = ""
    line: int = 0


class RuleInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule as reports list it; ``severity`` "" means that the policy has turned it off."""

    name: str
    about: str
    how_to_fix: str
    severity: str = ""


class PolicyFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that the policy consists of, so that a report can be traced to what was asked."""

    name: str
    sha256: str  # hex


class Elected(msgspec.Struct, frozen=True, order=True, gc=False, omit_defaults=True):
    """A branch or version that the policy chose for a component, and unknown ones that it left aside for it."""

    name: str
    purl: str
    given: str
    chosen: str
    reason: str
    aside: tuple[str, ...] = ()


class CheckResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything a check says, in the order in which it is to be read; no report needs anything else."""

    product: str
    product_version: str
    policy: str
    policy_version: str
    policy_files: tuple[PolicyFile, ...]
    profile: str
    fail_on: str  # error | warning | note | never
    only_new: bool  # only new violations make the check fail
    today: str  # YYYY-MM-DD
    tool_version: str
    license_list: str  # version of the SPDX list that the table of classes is made for
    rules: tuple[RuleInfo, ...]
    violations: tuple[Violation, ...]  # most severe first
    fixed: tuple[Violation, ...] = ()  # of the baseline, not found any more
    elections: tuple[Elected, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    components: int = 0
    images: tuple[str, ...] = ()
    problems: int = 0  # what could not be read
    accepted_problems: bool = False  # a waiver accepts all of them
    licenses: dict[str, str] = {}  # component without version, and image -> what was judged
    compared: bool = False  # with a baseline


class ExplainedLicense(msgspec.Struct, frozen=True):
    """What a policy says of one license of an expression, and what the license asks."""

    license: str
    chosen: str  # the version taken; else as ``license``
    verdict: Verdict
    decided_by: PolicyLine | None
    remark: str  # why there is no line; why another version was not to be had
    why: str  # as the line says
    how_to_fix: str
    class_name: str  # "" = the table does not know it
    obligations: tuple[str, ...]


class Explanation(msgspec.Struct, frozen=True):
    """What a policy says of an expression, with the lines that say it."""

    policy: str
    policy_version: str
    expression: str  # canonical
    elected: str
    verdict: Verdict
    licenses: tuple[ExplainedLicense, ...]
    elections: tuple[tuple[str, str, tuple[str, ...]], ...]  # given, chosen, branches left aside as unknown


class CasesResult(msgspec.Struct, frozen=True):
    """How the cases of one file of policy tests came out."""

    file: str
    policy: str
    count: int
    failures: tuple[str, ...]  # each with file, line and column of its case


FINDINGS_FORMAT = 1  # goes up when an older reader would misread the document


class FindingsDocument(msgspec.Struct, frozen=True):
    """The JSON form of a check; a later check takes it as its baseline."""

    sbomctl_check: int  # FINDINGS_FORMAT
    result: CheckResult

"""Audit reports for tests: rendered without a command, of small, hostile, judged and large products."""

from __future__ import annotations

import hashlib
import io
import re

import boms
import msgspec
import results

from sbomctl import api
from sbomctl.model import Bom, CheckResult, CopyrightStatement, Expression, LicenseFinding, Location
from sbomctl.reports.base import Report, ReportInput
from sbomctl.reports.html import HtmlReport
from sbomctl.reports.templates import Templates

ATTACKS = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "</noscript><b>",
    "rtl\u202egnp.exe",
    "bell\x07\x1b[31m",
)


def known(bom: Bom, result: CheckResult | None = None) -> ReportInput:
    return ReportInput(bom, result, boms.CREATED, "0.1.0", Templates())


def page(bom: Bom, result: CheckResult | None = None, report: Report | None = None) -> str:
    out = io.BytesIO()
    (report or HtmlReport()).write(known(bom, result), out)
    return out.getvalue().decode()


def judged(bom: Bom, policy: str = "embedded-locked") -> CheckResult:
    return api.check(bom, api.load_policy(policy), today=results.TODAY)


def edge() -> tuple[Bom, CheckResult]:
    """A second build, judged, with a waiver that ends soon, a baseline, a problem and unowned code."""
    return results.bom(*results.PARTS, problems=(results.BROKEN,)), results.edge()


def hostile() -> Bom:
    """Every text that an image controls attacks the page."""
    attack = " ".join(ATTACKS)
    parts = [
        results.part(
            each, "MIT", each, id=f"c-{number:016x}", supplier=attack, description=attack, homepage="javascript:x()",
            licenses=msgspec.structs.replace(results.BASH.licenses, raw=(attack,), reason=attack),
            copyrights=(CopyrightStatement(attack, Location("os", 0, attack, 1)),),
        )
        for number, each in enumerate(ATTACKS)
    ]  # fmt: skip
    bom = results.bom(*parts)
    return msgspec.structs.replace(bom, license_texts={"f" * 64: f"{attack}\nsecond line\n"})


def wide() -> tuple[Bom, CheckResult]:
    """Names, versions, licenses and waivers as long as real ones are, and more findings than one."""
    words = "GPL-2.0-or-later AND LicenseRef-debian-openssh-server-Mazieres-BSD-style"
    kernel = results.part(
        "linux-image-6.1.0-56-arm64-unsigned", words, "1:10.2.3~git20251231-14+deb12u15+b1", "modbus-bridge",
        supplier="ACME", occurrences=(results.HIDDEN, *results.BASH.occurrences),
    )  # fmt: skip
    bom = results.bom(kernel, *results.PARTS, problems=(results.BROKEN,))
    image = msgspec.structs.replace(bom.images[0].image, name="modbus-bridge")
    bom = msgspec.structs.replace(bom, images=(msgspec.structs.replace(bom.images[0], image=image), *bom.images[1:]))
    rules = ("denied-license", "proprietary-kernel-module")
    waivers = tuple([msgspec.structs.replace(results.WAIVER, id=f"ACME-{rule}", rule=rule) for rule in rules])
    return bom, api.check(bom, api.load_policy("embedded-locked"), waivers, today=results.TODAY)


def large(count: int) -> Bom:
    """``count`` components, each with three statements, four copyright lines and a text that ten others have too."""
    bom = boms.big_bom(count)
    texts = [f"License text {number}\n" + "All of the words of it. " * 100 for number in range(count // 10)]
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    components = [
        _evident(one, digests[number % len(digests)]) if one.occurrences else one
        for number, one in enumerate(bom.components)
    ]
    return msgspec.structs.replace(
        bom, components=tuple(components), license_texts=dict(zip(digests, texts, strict=True))
    )


def _evident(component, digest):
    path = f"usr/share/doc/{component.name}/copyright"
    findings = tuple(
        LicenseFinding(
            f"{component.name} statement {line}", Location("one", 0, path, line), "debian-copyright",
            expression=Expression("MIT"), text_sha256=digest, files=("src/*", f"lib/{component.name}.c"),
        )
        for line in (3, 20, 71)
    )  # fmt: skip
    lines = [f"{year} The authors of {component.name}, part {year}" for year in range(2001, 2005)]
    statements = tuple(CopyrightStatement(line, Location("one", 0, path, 9)) for line in lines)
    licenses = msgspec.structs.replace(component.licenses, findings=findings)
    return msgspec.structs.replace(component, licenses=licenses, copyrights=statements)


def script_of(text: str, name: str) -> list[str]:
    """The lines of an embedded JSON block."""
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', text, re.DOTALL)
    assert found
    return found.group(1).strip().split("\n")

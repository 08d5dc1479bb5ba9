"""One check with everything a report can hold: severities, waivers, a baseline, elections, names that attack."""

from __future__ import annotations

from datetime import date

from conftest import ROOT

from sbomctl.model import Bom as Bill
from sbomctl.model import (
    Component,
    ComponentType,
    Content,
    Distribution,
    Expression,
    Image,
    ImageFacts,
    LicenseFacts,
    LicenseFinding,
    Location,
    Occurrence,
    Problem,
    Product,
    Role,
    ShippedText,
    SourceRef,
    State,
    UnownedFile,
    Waiver,
    WaiverReason,
)
from sbomctl.policy.baseline import baseline_of
from sbomctl.policy.load import load_policy
from sbomctl.policy.run import Demand, run

TODAY = date(2026, 11, 20)
ATTACK = 'ev\x1b[2Jil\u202e<b>|`@all`::error::%0A"\n&'


def part(name: str, expression: str, version: str = "1.0", image: str = "os", **changes) -> Component:
    place = Location(image, 0, f"usr/share/doc/{name}/copyright", 7)
    finding = LicenseFinding(expression, place, "dpkg", expression=Expression(expression))
    fields = {
        "id": f"c-{name}-{version}",
        "purl": f"pkg:deb/debian/{name}@{version}?arch=arm64",
        "name": name,
        "version": version,
        "type": ComponentType.APPLICATION,
        "licenses": LicenseFacts(raw=(expression,), concluded=Expression(expression), findings=(finding,)),
        "source": SourceRef(name, version),
        "texts": (ShippedText("license", "f" * 64, place),),
        "occurrences": (Occurrence(Location(image, 0, "var/lib/dpkg/status", 3)),),
    }
    return Component(**{**fields, **changes})


def bom(*components: Component, problems: tuple[Problem, ...] = ()) -> Bill:
    unowned = (UnownedFile("usr/local/bin/agent", 1, Content.ELF, 77),)
    return Bill(
        product=Product("edge-gateway", "2.4.0", distribution=Distribution("yes", "yes")),
        images=(
            ImageFacts("i-2", Image("sha256:2", "app", Role.CONTAINER, "oci-archive:app.tar")),
            ImageFacts("i-1", Image("sha256:1", "os", Role.BASE_OS, "rootfs:os.tar"), unowned=unowned),
        ),
        components=tuple(sorted(components, key=lambda one: one.purl)),
        problems=problems,
        license_texts={"f" * 64: "text"},
    )


WAIVER = Waiver(
    id="W-7",
    rule="denied-license",
    reason=WaiverReason("LICENSE_ACQUIRED", "bought from the holder, contract 12"),
    owner="os-team",
    approver="legal",
    created="2026-11-01",
    expires="2026-12-01",
    component="pkg:deb/debian/bash",
    ticket="https://tickets.example/COMP-123",
    file="waivers.yaml",
    line=2,
)
BASH = part("bash", "GPL-3.0-or-later", "5.2.15-2")
HIDDEN = Occurrence(Location("app", 1, "var/lib/dpkg/status", 9), State.DELETED, 0, 1)
PARTS = (
    BASH,
    part("tar", "GPL-3.0-or-later", "1.34"),
    part("sed", "GPL-3.0-or-later", "4.9", image="app", occurrences=(HIDDEN,)),
    part("perl", "Artistic-2.0 OR LicenseRef-perl-x", "5.36"),
    part("libstdc++6", "GPL-3.0-or-later WITH GCC-exception-3.1", "12.2"),
    part("vendor", "LicenseRef-something"),
    part(ATTACK, "LicenseRef-other", "1\n2", purl="pkg:npm/evil@1", id="c-evil"),
    part("openssl", "OpenSSL", "1.1"),
)
BROKEN = Problem(Location("app", 1, "opt/x.jar"), "engine", "no cataloger reads jar files")


def policy():
    return load_policy("embedded-locked")


def edge(**demand):
    """The check of a second build."""
    before = run(bom(BASH, part("grep", "GPL-3.0-only"), part("vendor", "MIT")), policy(), today=TODAY)
    result = run(
        bom(*PARTS, problems=(BROKEN,)),
        policy(),
        (WAIVER,),
        today=TODAY,
        baseline=baseline_of(before),
        demand=Demand(**demand),
        tool_version="0.1.0",
    )
    # so that a change of comments in a shipped policy changes no expected file
    import msgspec

    files = tuple(msgspec.structs.replace(one, sha256="0" * 64) for one in result.policy_files)
    return msgspec.structs.replace(result, policy_files=files)


def clean():
    """A check that finds nothing."""
    bill = bom(part("zlib1g", "Zlib"))
    import msgspec

    images = tuple(msgspec.structs.replace(one, unowned=()) for one in bill.images)
    return run(msgspec.structs.replace(bill, images=images), policy(), today=TODAY, tool_version="0.1.0")


POLICIES = ROOT / "policies"

"""Boms for tests of policies: read from fixtures, or made of a few words."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import msgspec
from conftest import FIXTURES

from sbomctl.model import (
    Bom,
    Component,
    ComponentType,
    Expression,
    Image,
    ImageFacts,
    LicenseFacts,
    LicenseFinding,
    Location,
    Occurrence,
    Product,
    Role,
    ShippedText,
    SourceRef,
    State,
)
from sbomctl.policy.baseline import Baseline
from sbomctl.policy.lines import Policy
from sbomctl.policy.load import load_policy
from sbomctl.policy.run import run

TODAY = date(2026, 11, 20)
RULES = FIXTURES / "rules"
TEXTS = {"license_texts": {"f" * 64: "a license"}}
CASES = sorted(path.parent for path in RULES.glob("*/*/bom.json"))


def read_bom(folder: Path) -> Bom:
    return msgspec.json.decode((folder / "bom.json").read_bytes(), type=Bom)


def result_of(folder: Path):
    """The check of one case."""
    known = folder / "baseline.json"
    baseline = Baseline({}, json.loads(known.read_text())) if known.exists() else None
    policy = load_policy(str(folder / "policy.yaml"))
    return run(read_bom(folder), policy, today=TODAY, baseline=baseline)


def policy_of(folder: Path, text: str) -> Policy:
    """The policy with these lines under its name."""
    file = folder / "policy.yaml"
    file.write_text(f"policy: {{name: test}}\n{text}", encoding="utf-8")
    return load_policy(str(file))


def component(name: str, expression: str, number: int = 0, **changes) -> Component:
    """A Debian package in the base OS."""
    place = Location("os", 0, f"usr/share/doc/{name}/copyright", 1)
    facts = LicenseFacts(
        raw=(expression,) if expression else (),
        concluded=Expression(expression),
        findings=(LicenseFinding(expression, place, "dpkg", expression=Expression(expression)),) if expression else (),
    )
    fields = {
        "id": f"c-{name}-{number}",
        "purl": f"pkg:deb/debian/{name}@1.{number}?arch=arm64",
        "name": name,
        "version": f"1.{number}",
        "type": ComponentType.APPLICATION,
        "licenses": facts,
        "texts": (ShippedText("license", "f" * 64, place),),
        "source": SourceRef(name, f"1.{number}"),
        "occurrences": (Occurrence(Location("os", 0, "var/lib/dpkg/status", number + 1), State.VISIBLE),),
    }
    return Component(**{**fields, **changes})


def bom_of(*components: Component, **changes) -> Bom:
    """A product of a base OS and a container."""
    images = (
        ImageFacts("i-2", Image("sha256:2", "app", Role.CONTAINER, "oci-archive:app.tar")),
        ImageFacts("i-1", Image("sha256:1", "os", Role.BASE_OS, "rootfs:os.tar")),
    )
    return Bom(**{"product": Product("edge", "1.0"), "images": images, "components": components, **TEXTS, **changes})

"""The README of a bundle: what each file is, for the person who receives it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sbomctl.bundle.base import ATTESTATION, README, SUMS, Absent, BundleInput, Part
from sbomctl.findings import asked, ending, totals
from sbomctl.findings.markdown import escaped
from sbomctl.model import CheckResult, ComponentType, Waiver
from sbomctl.reports import Templates
from sbomctl.terminal import counted

TEMPLATE = "bundle-readme.md.j2"


def readme(known: BundleInput, files: Sequence[Part], absent: Sequence[Absent]) -> bytes:
    """The text as UTF-8; every name from outside is escaped. Raises ``ConfigError`` for a broken template."""
    product = known.bom.product
    text = Templates(known.templates).render(
        TEMPLATE,
        product=escaped(product.name),
        version=escaped(product.version),
        supplier={name: escaped(getattr(product.supplier, name)) for name in product.supplier.__struct_fields__},
        created=known.created.strftime("%Y-%m-%d %H:%M UTC"),
        tool_version=escaped(known.tool_version),
        counts=_counts(known),
        images=[_image(known, number) for number in range(len(known.bom.images))],
        check=_check(known.result) if known.result else None,
        problems=len(known.bom.problems),
        files=[{"path": one.path, "about": escaped(one.about), "readers": escaped(one.readers)} for one in files],
        absent=[{"path": one.path, "reason": escaped(one.reason)} for one in absent],
        names={"readme": README, "sums": SUMS, "attestation": ATTESTATION if known.signed else ""},
    )
    return text.encode("utf-8", "backslashreplace")


def _counts(known: BundleInput) -> str:
    bom = known.bom
    installed = sum(1 for one in bom.components if one.type is not ComponentType.SOURCE)
    sources = len(bom.components) - installed
    where = f"{counted(installed, 'component')} in {counted(len(bom.images), 'image')}"
    return f"{where}, built from {counted(sources, 'source package')}" if sources else where


def _image(known: BundleInput, number: int) -> dict[str, Any]:
    facts = known.bom.images[number]
    name = facts.image.name
    inside = [one for one in known.bom.components if any(place.location.image == name for place in one.occurrences)]
    return {
        "name": escaped(name),
        "role": facts.image.role.value,
        "system": escaped(facts.image.os.pretty_name if facts.image.os else ""),
        "components": f"{len(inside):,}",
        "id": escaped(facts.image.id),
    }


def _check(result: CheckResult) -> dict[str, Any]:
    used = {one.waived_by for one in result.violations if one.waived_by}
    waivers: list[Waiver] = sorted(
        (one for one in result.waivers if one.id in used), key=lambda one: (one.expires, one.id)
    )
    return {
        "outcome": ending(result),
        "asked": escaped(asked(result)),
        "totals": totals(result),
        "day": result.today,
        "waivers": [
            {name: escaped(getattr(one, name)) for name in ("id", "rule", "owner", "expires")} for one in waivers
        ],
    }

"""The written offer of source code that goes with a product, and the table of every source package owed.

GPL-2.0 section 3(b), GPL-3.0 section 6, LGPL-2.1 sections 4 and 6, MPL-2.0 section 3.2:
requirements OB-2 to OB-14, AT-6 and AT-7. The words are in ``report_templates``, one file
per language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, ClassVar

from sbomctl.reports._effective import Elections
from sbomctl.reports._offer_facts import NOTHING_OFFERED, offer_facts
from sbomctl.reports._owed import OwedSource, SourceStatus, owed_sources
from sbomctl.reports._plain import line
from sbomctl.reports.base import ReportInput

_GPL3 = ("GPL-3.0", "LGPL-3.0", "AGPL-3.0")
_GNU = ("GPL-", "LGPL-", "AGPL-")
_SHOWN = 50  # components of unknown license that are named


@dataclass(frozen=True, slots=True)
class Row:
    """One source package as the table shows it."""

    name: str
    version: str
    licenses: str
    packages: str
    reference: str
    status: str  # a word that the language file translates


@dataclass(frozen=True, slots=True)
class Offer:
    """What the templates are given; dates are written as the language writes them."""

    language: str
    product: str
    version: str
    supplier: str
    address: tuple[str, ...]
    email: str
    url: str
    created: str
    tool_version: str
    last_shipped: str
    support_ends: str
    valid_until: str
    rows: tuple[Row, ...]
    statuses: tuple[tuple[str, int], ...]  # status -> how many
    unknown: tuple[str, ...]
    unknown_count: int
    gnu: bool  # whether GPL, LGPL or AGPL code is among it
    gpl3: bool
    lgpl: bool
    others: tuple[str, ...]  # licenses outside the GNU family, such as MPL-2.0
    installation: bool  # GPL-3.0 section 6: Installation Information is due
    problem_count: int


class _SourceOffer:
    """What the forms share."""

    kind: ClassVar[str] = "source-offer"
    form: ClassVar[str]

    def write(self, known: ReportInput, out: BinaryIO) -> None:
        """Write the offer to ``out``, which stays open; raises ``ConfigError`` naming every fact that is missing."""
        text = known.templates.render(f"source-offer.{self.form}.j2", offer=build_offer(known))
        out.write(text.encode("utf-8", "backslashreplace"))


class SourceOfferHtml(_SourceOffer):
    """One file without scripts, to print or to show."""

    form: ClassVar[str] = "html"
    about: ClassVar[str] = "written offer of source code, with the sources owed"


class SourceOfferText(_SourceOffer):
    """Plain text."""

    form: ClassVar[str] = "txt"
    about: ClassVar[str] = "written offer of source code as plain text"


def build_offer(known: ReportInput) -> Offer:
    """The offer for the product; raises ``ConfigError`` while a fact is missing that it needs."""
    product, supplier = known.bom.product, known.bom.product.supplier
    owed = owed_sources(known.bom, Elections(known.result))
    licenses = sorted({one for source in owed.sources for one in source.licenses})
    gpl3 = any(one.startswith(_GPL3) for one in licenses)
    facts = offer_facts(product, gpl3=gpl3) if owed.sources else NOTHING_OFFERED
    language = facts.language.partition("-")[0]
    return Offer(
        language=language,
        product=line(product.name),
        version=line(product.version),
        supplier=line(supplier.name),
        address=tuple(line(one.strip()) for one in supplier.address.splitlines() if one.strip()),
        email=line(supplier.email),
        url=line(supplier.url),
        created=_written(known.created.date(), language),
        tool_version=known.tool_version,
        last_shipped=_written(facts.last_shipped, language),
        support_ends=_written(facts.support_ends, language),
        valid_until=_written(facts.valid_until, language),
        rows=tuple(_row(one) for one in owed.sources),
        statuses=tuple((status.value, owed.counts[status]) for status in SourceStatus if owed.counts[status]),
        unknown=tuple(line(one) for one in owed.unknown[:_SHOWN]),
        unknown_count=len(owed.unknown),
        gnu=any(one.startswith(_GNU) for one in licenses),
        gpl3=gpl3,
        lgpl=any(one.startswith("LGPL-") for one in licenses),
        others=tuple(line(one) for one in licenses if not one.startswith(_GNU)),
        installation=gpl3 and product.distribution.user_product != "no",
        problem_count=len(known.bom.problems),
    )


def _written(day: date | None, language: str) -> str:
    if day is None:
        return ""
    return day.strftime("%d.%m.%Y") if language == "de" else day.isoformat()


def _row(one: OwedSource) -> Row:
    return Row(
        line(one.name),
        line(one.version),
        line(", ".join(one.licenses)),
        line(", ".join(one.packages)),
        line(one.reference),
        one.status.value,
    )

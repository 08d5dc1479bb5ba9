"""The facts of a written offer, and what of them the product file still owes (requirements AT-6 and AT-7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sbomctl.errors import ConfigError, Fault
from sbomctl.model import Product, SourceOffer

LANGUAGES = ("de", "en")
_YEARS = 3  # GPL-2.0 section 3(b), GPL-3.0 section 6(b), LGPL-2.1 section 6(c)


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What an offer says beside the sources."""

    language: str
    last_shipped: date | None
    support_ends: date | None
    valid_until: date | None


NOTHING_OFFERED = OfferFacts("en", None, None, None)
"""Where no source is owed, nothing need be known."""


def offer_facts(product: Product, *, gpl3: bool) -> OfferFacts:
    """The facts of the offer for ``product``; ``gpl3``: whether GPL-3.0, LGPL-3.0 or AGPL-3.0 code is among it.

    Raises ``ConfigError`` that names every fact that is missing, and its place in the product file.
    """
    faults = tuple(Fault("product file", 0, 0, one) for one in _faults(product, gpl3=gpl3))
    if faults:
        count = "1 fact is" if len(faults) == 1 else f"{len(faults)} facts are"
        raise ConfigError(
            f"no written offer can be made: {count} missing or wrong",
            "an offer without them would bind nobody; sbomctl schema product prints what may be written",
            faults,
        )
    offer = product.source_offer or SourceOffer()
    shipped, ends = date.fromisoformat(offer.last_shipped), _day(offer.support_ends)
    until = _years_later(shipped)
    return OfferFacts(offer.language, shipped, ends, max(until, ends) if ends else until)


def _faults(product: Product, *, gpl3: bool) -> Iterator[str]:
    supplier, offer = product.supplier, product.source_offer or SourceOffer()
    needed = (
        (product.name, "product.name", "which product the offer is for"),
        (product.version, "product.version", "which release the offer is for"),
        (supplier.name, "product.supplier.name", "who offers"),
        (supplier.address, "product.supplier.address", "the postal address to write to"),
        (supplier.email or supplier.url, "product.supplier.email or .url", "the electronic address to write to"),
        (offer.last_shipped, "source_offer.last_shipped", "when the last unit ships; the offer ends 3 years later"),
    )  # fmt: skip
    yield from (f"{key} is missing: {why}" for value, key, why in needed if not value.strip())
    if gpl3 and not offer.support_ends:
        yield "source_offer.support_ends is missing: under GPL-3.0 section 6(b) the offer holds as long as support does"
    for key in ("last_shipped", "support_ends"):
        if (value := getattr(offer, key)) and _day(value) is None:
            yield f"source_offer.{key} is no day of the calendar; write YYYY-MM-DD"
    if offer.language.partition("-")[0] not in LANGUAGES:
        yield f"source_offer.language: offers are written in {' and '.join(LANGUAGES)}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _years_later(day: date) -> date:
    """Three years later; of a 29th of February the 1st of March, so that no day is lost."""
    try:
        return day.replace(year=day.year + _YEARS)
    except ValueError:
        return date(day.year + _YEARS, 3, 1)

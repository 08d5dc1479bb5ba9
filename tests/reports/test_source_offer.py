"""The written offer: complete, or not made at all."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from report_boms import ATTACK, OFFER, PRODUCT, bom, check, data_of, package, plain, written

from sbomctl.errors import ConfigError
from sbomctl.model import Distribution, Elected, Location, Problem, Product, SourceOffer, SourceRef, State, Supplier
from sbomctl.reports._offer_facts import offer_facts
from sbomctl.reports.source_offer import SourceOfferHtml, SourceOfferText

FORMS = (SourceOfferHtml, SourceOfferText)
COPYLEFT = (
    package("bash", "GPL-3.0-or-later", version="5.2"),
    package(
        "libc6", "LGPL-2.1-or-later", version="2.36", source=SourceRef("glibc", "2.36-9", "pkg:deb/debian/glibc@2.36-9")
    ),
    package(
        "libc-bin", "GPL-2.0-only", version="2.36", source=SourceRef("glibc", "2.36-9", "pkg:deb/debian/glibc@2.36-9")
    ),
    package("zlib1g", "Zlib"),
    package("nss", "MPL-2.0"),
)


def said(report, bill, result=None) -> str:
    text = written(report(), bill, result)
    return " ".join((plain(text) if report is SourceOfferHtml else text).split())


def product(**changes) -> Product:
    return msgspec.structs.replace(PRODUCT, **changes)


@pytest.mark.parametrize("report", FORMS)
def test_who_offers_what_how_long_and_where(report):
    text = said(report, bom(*COPYLEFT))
    for fact in (
        "edge-gateway", "2.4.0", "ACME Devices GmbH", "Musterweg 1", "70173 Stuttgart", "oss@acme.example",
        "until 2032-06-30", "2027-06-30", "complete corresponding source",
        "scripts that control compilation and installation",
        "no more than what copying the source code and sending it costs us", "anyone who asks", "free of charge",
        "Installation Information", "reverse engineer", "MPL-2.0",
    ):  # fmt: skip
        assert fact in text, fact


@pytest.mark.parametrize("report", FORMS)
def test_every_source_that_is_owed_with_its_status(report):
    own = package("agent", "GPL-2.0-only", source=SourceRef(""), purl="pkg:generic/agent")
    located = package("tool", "GPL-2.0-only", source=SourceRef(""), vcs_url="https://git.example/tool")
    inside = package("busybox", "GPL-2.0-only", built_using=(SourceRef("musl", "1.2", relation="built-using"),))
    hidden = package("old", "GPL-2.0-only", state=State.DELETED)
    text = said(report, bom(*COPYLEFT, own, located, inside, hidden))
    assert "covers (8)" in text
    assert "libc-bin 2.36, libc6 2.36" in text
    assert "zlib1g" not in text
    for name in ("bash", "glibc", "nss", "agent", "tool", "busybox", "musl", "old"):
        assert name in text
    assert "not fetched: 7, missing: 1, not required: 1" in text
    assert "https://git.example/tool" in text


def test_the_texts_of_what_is_not_there_are_left_out():
    text = said(SourceOfferText, bom(package("one", "GPL-2.0-only")))
    assert "Installation Information" not in text
    assert "Lesser" not in text
    assert "without undue delay" not in text
    business = product(distribution=Distribution("no"))
    assert "Installation Information" not in said(SourceOfferText, bom(*COPYLEFT, product=business))


@pytest.mark.parametrize("report", FORMS)
def test_german(report):
    german = product(source_offer=msgspec.structs.replace(OFFER, language="de-AT"))
    text = said(report, bom(*COPYLEFT, product=german))
    assert "bis zum 30.06.2032" in text
    assert "nicht abgerufen: 3" in text
    assert "source code" not in text


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"version": ""}, ["product.version"]),
        (
            {"supplier": Supplier()},
            ["product.supplier.name", "product.supplier.address", "product.supplier.email or .url"],
        ),
        ({"source_offer": None}, ["source_offer.last_shipped", "source_offer.support_ends"]),
        ({"source_offer": SourceOffer("2027-02-30", "2032-06-30")}, ["source_offer.last_shipped"]),
        ({"source_offer": SourceOffer("2027-06-30", "2032-06-30", "fr")}, ["source_offer.language"]),
    ],
)
def test_no_offer_while_a_fact_is_missing(changes, missing):
    with pytest.raises(ConfigError) as caught:
        written(SourceOfferText(), bom(*COPYLEFT, product=product(**changes)))
    assert caught.value.exit_code == 2
    told = [str(one) for one in caught.value.faults]
    assert len(told) == len(missing)
    for key, message in zip(missing, told, strict=True):
        assert message.startswith(f"product file: {key}")


def test_where_nothing_is_owed_nothing_is_asked_for():
    text = said(SourceOfferText, bom(package("one", "MIT"), product=Product("edge")))
    assert "No license found in edge" in text
    assert "Valid" not in text


def test_support_need_not_end_without_gpl3():
    assert "until 2030-06-30" in said(
        SourceOfferText,
        bom(package("one", "GPL-2.0-only"), product=product(source_offer=SourceOffer("2027-06-30"))),
    )


@pytest.mark.parametrize(
    ("shipped", "support", "until"),
    [
        ("2027-06-30", "2028-01-01", date(2030, 6, 30)),
        ("2027-06-30", "2032-06-30", date(2032, 6, 30)),
        ("2028-02-29", "", date(2031, 3, 1)),
    ],
)
def test_the_end_is_the_latest_of_all(shipped, support, until):
    assert offer_facts(product(source_offer=SourceOffer(shipped, support)), gpl3=False).valid_until == until


def test_an_elected_branch_counts_and_a_choice_nobody_made_counts_whole():
    one = package("one", "GPL-2.0-only OR MIT")
    assert "covers (1)" in said(SourceOfferText, bom(one))
    elected = check(elections=(Elected("one", one.purl, "GPL-2.0-only OR MIT", "MIT", "allowed"),))
    assert "No license found" in said(SourceOfferText, bom(one), elected)


def test_what_nobody_can_judge_is_listed():
    text = said(SourceOfferHtml, bom(*COPYLEFT, package("odd", "LicenseRef-odd"), package("none")))
    assert "2 components ask: none 1.0, odd 1.0" in text
    assert "unknown: 2" in text


def test_an_incomplete_scan_is_told_first():
    problems = (Problem(Location("os", 0, "x"), "rpm", "damaged"),)
    text = said(SourceOfferText, bom(*COPYLEFT, problems=problems))
    assert text.index("could not be read completely") < text.index("entitle you")


@pytest.mark.parametrize("report", FORMS)
def test_names_that_attack_stay_text_and_bytes_stay_the_same(report):
    bill = bom(*COPYLEFT, package(ATTACK, "GPL-2.0-only", version=ATTACK, source=SourceRef(ATTACK, ATTACK)))
    data = data_of(report(), bill)
    assert b"\x1b" not in data
    assert "\u202e" not in data.decode()
    if report is SourceOfferHtml:
        assert b"<script" not in data
    assert data_of(report(), msgspec.structs.replace(bill, components=bill.components[::-1])) == data


def test_a_language_of_the_user(tmp_path):
    (tmp_path / "source-offer.txt.j2").write_text("{{ offer.supplier }}: {{ offer.valid_until }}")
    assert written(SourceOfferText(), bom(*COPYLEFT), templates=str(tmp_path)) == "ACME Devices GmbH: 2032-06-30"

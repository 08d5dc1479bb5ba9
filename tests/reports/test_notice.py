"""Attribution notices: nothing is lost, nothing is printed twice, nothing in them acts."""

from __future__ import annotations

import gzip
import time

import msgspec
import pytest
from notice_claims import licenses_without_text, lost_lines, lost_statements, repeated_texts, unlisted
from notice_reader import entries_and_texts, squeezed
from report_boms import ATTACK, MIT, bom, check, data_of, package, plain, sha256, written

from sbomctl.errors import ConfigError
from sbomctl.licenses.spdx_texts import text_of
from sbomctl.model import (
    Elected,
    Election,
    LicenseFinding,
    Location,
    Occurrence,
    Problem,
    SourceRef,
    State,
)
from sbomctl.reports.notice import NoticeHtml, NoticeMarkdown, NoticeText

FORMS = (NoticeHtml, NoticeText, NoticeMarkdown)
JANE, JOHN = f"Copyright (c) 2020 Jane Doe\n\n{MIT}", f"The MIT License\n\nCopyright (c) 2021 John Roe\n\n{MIT}"
GRANT = "This is free software; see /usr/share/common-licenses/GPL-2 for its terms.\n"


def entry(page: str, title: str):
    entries, texts = entries_and_texts(page)
    (found,) = [one for one in entries if one.title.split()[0] == title]
    return found, [texts[to] for to in found.links]


def outside_of_fences(text: str) -> list[str]:
    """The lines of a Markdown document that are no code (CommonMark 0.31 section 4.5)."""
    lines, fence = [], ""
    for one in text.splitlines():
        marks = len(one) - len(one.lstrip("`"))
        if not fence and marks >= 3:
            fence = "`" * marks
        elif fence and marks >= len(fence) and not one.strip("`"):
            fence = ""
        elif not fence:
            lines.append(one)
    assert not fence
    return lines


def test_texts_are_printed_once_and_their_copyright_lines_with_who_ships_them():
    page = written(
        NoticeHtml(),
        bom(
            package("one", "MIT", texts={JANE: "MIT"}),
            package("two", "MIT", texts={JOHN: "MIT"}),
            package("three", "MIT"),
            texts=(JANE, JOHN),
        ),
    )
    assert page.count("Permission is hereby granted") == 1
    for name, holder, other in (("one", "Jane Doe", "John Roe"), ("two", "John Roe", "Jane Doe")):
        found, (text,) = entry(page, name)
        assert f"Copyright (c) 20{'20' if holder == 'Jane Doe' else '21'} {holder}" in found.text
        assert other not in found.text
        assert holder not in text.text
    assert entry(page, "three")[1] == [text]


def test_a_text_that_only_one_ships_stays_as_it_is():
    page = written(NoticeHtml(), bom(package("one", "MIT", texts={JANE: "MIT"}), texts=(JANE,)))
    assert squeezed(JANE) in entry(page, "one")[1][0].body


def test_a_grant_is_followed_by_the_text_itself():
    page = written(
        NoticeHtml(), bom(package("one", "GPL-2.0-or-later", texts={GRANT: "GPL-2.0-or-later"}), texts=(GRANT,))
    )
    bodies = [one.body for one in entry(page, "one")[1]]
    assert bodies[0] == squeezed(GRANT)
    assert squeezed(text_of("GPL-2.0-only")) in bodies


def test_references_are_expanded_even_outside_of_the_expression():
    page = written(NoticeHtml(), bom(package("one", "MIT", texts={GRANT: ""}), texts=(GRANT,)))
    assert any("GNU GENERAL PUBLIC LICENSE Version 2" in one.body for one in entry(page, "one")[1])


def test_lgpl3_comes_with_gpl3_once():
    page = written(NoticeHtml(), bom(package("one", "LGPL-3.0-or-later"), package("two", "GPL-3.0-only")))
    titles = [one.title for one in entry(page, "one")[1]]
    assert any("LGPL-3.0-or-later" in one for one in titles)
    assert any("GPL-3.0-only" in one.replace("LGPL", "") for one in titles)
    assert page.count("TERMS AND CONDITIONS") <= 2
    assert page.count("13. Use with the GNU Affero") == 1


def test_an_exception_stands_right_behind_its_license():
    page = written(NoticeHtml(), bom(package("one", "GPL-3.0-or-later WITH GCC-exception-3.1"), package("two", "Zlib")))
    _, texts = entries_and_texts(page)
    titles = [one.title for one in texts.values()]
    license_ = next(number for number, one in enumerate(titles) if "GPL-3.0-or-later" in one)
    assert "GCC-exception-3.1" in titles[license_ + 1]
    assert len(entry(page, "one")[1]) == 2


def test_unknown_licenses_and_texts_are_listed():
    page = plain(written(NoticeHtml(), bom(package("odd"), package("own", "LicenseRef-own AND MIT"))))
    assert "License unknown" in page
    assert "No text was found of LicenseRef-own" in page


def test_the_text_of_a_reference_may_come_from_another_package():
    text = "Do what you want with this one."
    page = written(
        NoticeHtml(),
        bom(
            package("one", "LicenseRef-own", texts={text: "LicenseRef-own"}),
            package("two", "LicenseRef-own"),
            texts=(text,),
        ),
    )
    assert entry(page, "two")[1][0].body == text


@pytest.mark.parametrize("by_policy", [True, False])
def test_an_elected_branch_is_told_and_the_other_text_left_out(by_policy):
    choice = "GPL-2.0-only OR MIT"
    one = package("one", choice)
    result = None
    if by_policy:
        result = check()
        elected = Elected(one.name, one.purl, choice, "MIT", "allowed")
        result = msgspec.structs.replace(result, elections=(elected,))
    else:
        facts = msgspec.structs.replace(
            one.licenses, effective="MIT", elections=(Election(choice, "MIT", "jane", "it suits us"),)
        )
        one = msgspec.structs.replace(one, licenses=facts)
    page = written(NoticeHtml(), bom(one), result)
    assert f"MIT (elected from {choice}; " in entry(page, "one")[0].text
    assert "GNU GENERAL PUBLIC LICENSE" not in page


def test_a_notice_file_is_reproduced_whole():
    notice = "Acme Edge\nCopyright 2024 ACME\n\nThis product includes\n  <b>this</b>\n"
    for report in FORMS:
        text = written(report(), bom(package("one", "Apache-2.0", notices=(notice,)), texts=(notice,)))
        assert squeezed(notice) in squeezed(plain(text) if report is NoticeHtml else text)


def test_acknowledgments_stand_on_top_and_with_the_component():
    page = written(NoticeHtml(), bom(package("one", "OpenSSL"), package("two", "FTL")))
    sentence = "This product includes software developed by the OpenSSL Project for use in the OpenSSL Toolkit (http://www.openssl.org/)"
    assert squeezed(plain(page)).index(sentence) < page.index('<h2 id="components">')
    assert plain(page).count("the software is based in part of the work of the FreeType Team") == 3
    assert sentence in entry(page, "one")[0].text


def test_a_sentence_that_names_nobody_says_so():
    page = plain(written(NoticeHtml(), bom(package("one", "BSD-4-Clause"))))
    assert "developed by the organization [BSD-4-Clause: no text that ships names it]" in page
    text = "This product includes software developed by Powerdog Industries.\n"
    page = plain(
        written(NoticeHtml(), bom(package("one", "BSD-4-Clause", texts={text: "BSD-4-Clause"}), texts=(text,)))
    )
    assert "no text that ships names it" not in page


def test_packages_of_one_source_share_an_entry_and_others_do_not():
    source = SourceRef("src", "1.0")
    facts = {"source": source, "copyrights": ("2020 Jane",)}
    bill = bom(
        package("lib-a", "MIT", **facts),
        package("lib-b", "MIT", **facts),
        package("lib-c", "Zlib", **facts),
        package("lib-d", "MIT", copyrights=("2021 John",)),
    )
    page = written(NoticeHtml(), bill)
    entries, _ = entries_and_texts(page)
    assert [one.title for one in entries] == ["lib-c 1.0", "lib-d 1.0", "src 1.0"]
    assert "lib-a, lib-b" in entries[2].text
    assert not unlisted(bill, page)


def test_hidden_components_are_listed_and_marked():
    bill = bom(package("old", "MIT", state=State.SHADOWED), package("gone", "Zlib", state=State.DELETED))
    for report in FORMS:
        text = written(report(), bill)
        assert "old (shadowed in an upper layer)" in squeezed(text)
        assert "gone (deleted in an upper layer)" in squeezed(text)
        assert "2 of them hidden" in text


def test_one_image_alone():
    both = package("both", "MIT")
    elsewhere = Occurrence(Location("app", 0, "var/lib/dpkg/status", 9))
    both = msgspec.structs.replace(both, occurrences=(elsewhere, *both.occurrences))
    bill = bom(package("base", "Zlib"), package("web", "ISC", image="app"), both)
    page = written(NoticeHtml("app"), bill)
    assert [one.title for one in entries_and_texts(page)[0]] == ["both 1.0", "web 1.0"]
    assert "image app" in page
    with pytest.raises(ConfigError, match="no image 'none'"):
        written(NoticeHtml("none"), bill)


def test_texts_in_no_package_are_kept():
    text = f"Copyright 2020 Jane\n\n{MIT}"
    finding = LicenseFinding(
        "MIT", Location("os", 0, "opt/x/LICENSE"), "text", expression="MIT", text_sha256=sha256(text)
    )
    bill = bom(texts=(text,))
    images = (msgspec.structs.replace(bill.images[0], licenses=(finding,)), bill.images[1])
    page = written(NoticeHtml(), msgspec.structs.replace(bill, images=images))
    assert "Files of os that belong to no package" in page
    assert "Copyright 2020 Jane" in page


def test_a_text_that_the_document_lost_is_told():
    page = plain(written(NoticeHtml(), bom(package("one", "MIT", texts={JANE: "MIT"}))))
    assert f"a file with SHA-256 {sha256(JANE)}" in page
    assert "Permission is hereby granted" in page


def test_a_huge_text_of_many_costs_once():
    huge = "Copyright 2020 Jane\n" + "This product includes software developed " * 20_000
    parts = [package(f"p{number}", "MIT", texts={huge: "MIT"}, copyrights=(str(number),)) for number in range(400)]
    started = time.monotonic()
    assert len(written(NoticeHtml(), bom(*parts, texts=(huge,)))) < 1_500_000
    assert time.monotonic() - started < 60


def test_limits_are_stated_and_an_incomplete_scan_comes_first():
    bill = bom(package("one", "MIT"), problems=(Problem(Location("os", 0, "var/lib/rpm"), "rpm", "it is damaged"),))
    for report in FORMS:
        text = written(report(), bill)
        assert "no legal advice" in text
        assert text.lower().index("incomplete") < text.lower().index(
            "components\n" if report is not NoticeHtml else "<article"
        )
        assert "it is damaged" in text


@pytest.mark.parametrize("report", FORMS)
def test_the_size_is_its_own(report):
    data = data_of(report(), bom(package("one", "MIT")))
    assert f"{len(data):,} bytes".encode() in data[-200:]


@pytest.mark.parametrize("report", FORMS)
def test_names_and_texts_that_attack_stay_text(report):
    evil = f"{ATTACK}\n```\n</pre><img src=x onerror=alert(1)>\n"
    bill = bom(
        package(
            "one", "MIT", texts={evil: "MIT"}, notices=(evil,), copyrights=(f"2020 {ATTACK}",), homepage="javascript:x"
        ),
        package(ATTACK, "LicenseRef-x", version=ATTACK),
        texts=(evil,),
        problems=(Problem(Location("os", 0, ATTACK), "x", ATTACK),),
    )
    text = written(report(), bill)
    assert not any(char in text for char in ("\x1b", "\u202e", "\x07"))
    if report is NoticeHtml:
        assert "<script" not in text
        assert "<img" not in text
        assert "href=javascript" not in text
        assert "\\u202e<script>alert(1)</script>" in plain(text)
    if report is NoticeMarkdown:
        assert not any("<script>" in one or "<img " in one for one in outside_of_fences(text))


def test_a_text_of_ten_megabytes_is_bounded_and_said_to_be_cut():
    huge = "Copyright 2020 Jane\n" + "word of a text without an end\n" * 350_000
    page = written(NoticeHtml(), bom(package("one", "MIT", texts={huge: "MIT"}), texts=(huge,)))
    assert len(page) < 1_000_000
    assert "more characters are left out" in page
    assert "too long to be reproduced whole" in page


def test_the_order_of_components_changes_nothing():
    parts = [
        package("one", "MIT", texts={JANE: "MIT"}),
        package("two", "MIT", texts={JOHN: "MIT"}),
        package("lib", "GPL-2.0-or-later", texts={GRANT: "GPL-2.0-or-later"}),
    ]
    texts = (JANE, JOHN, GRANT)
    for report in FORMS:
        first = data_of(report(), bom(*parts, texts=texts))
        assert data_of(report(), bom(*reversed(parts), texts=tuple(reversed(texts)))) == first


def test_what_must_hold_of_every_notice():
    bill = bom(
        package("one", "MIT AND Zlib", texts={JANE: "MIT"}, copyrights=("2020 Jane Doe", "Copyright 1999 ACME")),
        package("two", "MIT OR GPL-2.0-only", texts={JOHN: "MIT", GRANT: "GPL-2.0-only"}),
        package("three", "LGPL-3.0-only WITH LZMA-exception"),
        texts=(JANE, JOHN, GRANT),
    )
    page = written(NoticeHtml(), bill)
    assert lost_statements(bill, page) == lost_lines(bill, page) == licenses_without_text(bill, page) == []
    assert repeated_texts(page) == unlisted(bill, page) == []


def test_templates_of_the_user_come_first_and_their_faults_have_a_place(tmp_path):
    (tmp_path / "notice.txt.j2").write_text("{{ notice.product }}\n{{ notice.nonsense }}\n")
    with pytest.raises(ConfigError) as caught:
        written(NoticeText(), bom(), templates=str(tmp_path))
    assert str(caught.value.faults[0]).startswith(f"{tmp_path}/notice.txt.j2:2")
    (tmp_path / "notice.txt.j2").write_text("just {{ notice.product }}")
    assert written(NoticeText(), bom(), templates=str(tmp_path)) == "just edge-gateway"


def test_packing_keeps_it_small():
    bill = bom(*(package(f"lib{number}", "MIT") for number in range(3000)))
    assert len(gzip.compress(data_of(NoticeHtml(), bill))) < 20_000

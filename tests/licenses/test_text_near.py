"""Texts in which a few words make another license, and texts in which they do not."""

from __future__ import annotations

import re
from functools import lru_cache

import pytest

from sbomctl.licenses.text import detect
from sbomctl.licenses.text.source import known_texts

CHANGED = {
    "negated": ("MIT", "Permission is hereby granted", "Permission is hereby not granted"),
    "for some people": ("MIT", "to any person", "to any person, except those named below,"),
    "for some cases": ("MIT", "to deal\nin the Software without restriction", "to use the Software for tests only"),
    "a permission less": ("MIT", "publish, distribute, sublicense, and/or sell", "distribute"),
    "a restriction": ("MIT", "without restriction", "with the restriction below"),
    "about something else": ("MIT", "oftware", "atabase"),
    "no modification": ("BSD-2-Clause", "with or without modification", "without modification"),
    "modification left out": ("BSD-3-Clause", ", with or without modification,", "of the microcode"),
    "nothing kept": ("BSD-2-Clause", "must retain", "may repeat"),
    "a sentence": (
        "BSD-3-Clause",
        "THIS SOFTWARE IS",
        "Every user must send a postcard with a picture of the town to the address above each year. THIS SOFTWARE IS",
    ),
    "another disclaimer": ("BSD-3-Clause", "FITNESS FOR A PARTICULAR PURPOSE", "NON-INFRINGEMENT"),
    "sold": ("HPND-Netrek", "modify, and", "modify, sell, and"),
}
SAME = {
    "a name": ("MIT", "THE AUTHORS OR COPYRIGHT HOLDERS", "EXAMPLE LTD."),
    "a longer disclaimer": ("MIT", "IN NO EVENT", "AND NO OTHER. IN NO EVENT"),
    "the endorsement said otherwise": (
        "BSD-3-Clause",
        "Neither the name of the copyright holder nor the names of its contributors may be used",
        "The name of Example Ltd. may not be used",
    ),
    "an alternative": (
        "BSD-3-Clause",
        "THIS SOFTWARE IS",
        "Alternatively, this may be distributed under the GPL, in which case its terms must be met. THIS SOFTWARE IS",
    ),
}


@lru_cache(maxsize=1)
def texts():
    return {one.ids[0]: one.text for one in reversed(known_texts())}


def changed(license_id, given, wanted):
    text = " ".join(texts()[license_id].split())
    assert " ".join(given.split()) in text
    return text.replace(" ".join(given.split()), wanted)


OTHERS = {
    "without a word that makes it": ("0BSD", "with or without fee", "with or without things"),
    "without its clause": ("BSD-4.3TAHOE", "advertising materials", "things"),
    "with a word of another": ("ISC", "appear in all copies", "appear in all publicity and all copies"),
    "with another name": ("cryptsetup-OpenSSL-exception", "GNU General Public License", "GNU Lesser Public License"),
}


@pytest.mark.parametrize("how", OTHERS)
def test_what_is_no_more_than_like_a_text_is_never_nothing(how):
    found = detect(changed(*OTHERS[how]))
    assert found.expression == ""
    (one,) = [one for one in found.matches if one.rule == "unknown-text"]
    assert one.remark.startswith(f"{OTHERS[how][0]}, but it ")


@pytest.mark.parametrize("how", CHANGED)
def test_a_word_that_changes_the_meaning_makes_it_unknown(how):
    assert CHANGED[how][0] not in detect(changed(*CHANGED[how])).expression.split()


@pytest.mark.parametrize("how", sorted(CHANGED.keys() - {"nothing kept", "another disclaimer"}))
def test_what_it_is_like_is_said(how):
    assert any(CHANGED[how][0] in one.remark for one in detect(changed(*CHANGED[how])).matches)


@pytest.mark.parametrize("how", SAME)
def test_names_and_what_may_be_said_otherwise_change_nothing(how):
    assert SAME[how][0] in detect(changed(*SAME[how])).expression.split()


def test_a_license_that_is_called_by_its_name_has_it():
    text = texts()["Cornell-Lossless-JPEG"]
    assert detect(text).expression == "Cornell-Lossless-JPEG"
    assert "Cornell" not in detect(text.replace("Cornell", "Example").replace("CORNELL", "EXAMPLE")).expression


@pytest.mark.parametrize("license_id", ["CUA-OPL-1.0", "Motosoto"])
def test_a_long_text_with_another_name_below_its_title_is_unknown(license_id):
    title, _, body = texts()[license_id].partition("\n\n")
    name = license_id.partition("-")[0]
    assert detect(f"{title}\n\n{body}").expression == license_id
    found = detect(f"{title}\n\n{re.sub(name, 'Example', body, flags=re.IGNORECASE)}")
    assert license_id not in found.expression.split()
    assert any(one.rule == "unknown-text" for one in found.matches)


@pytest.mark.parametrize(("license_id", "other"), [("COIL-1.0", "0.6"), ("AFL-2.0", "2.7"), ("MPL-1.1", "1.4")])
def test_a_text_that_says_another_version_is_unknown(license_id, other):
    version = license_id.rpartition("-")[2]
    found = detect(re.sub(rf"(?<!\.)\b{version}\b(?!\.\d)", other, texts()[license_id]))
    assert not any(one.is_text and one.expression == license_id for one in found.matches)
    assert any(license_id in one.remark for one in found.matches if one.rule == "unknown-text")


def test_a_name_said_once_in_a_note_may_be_lacking():
    text = texts()["APSL-2.0"]
    assert text.count("APSL") == 1
    assert detect(text.replace("APSL", "")).expression == "APSL-2.0"


def test_a_version_that_is_nowhere_said_is_no_other_version():
    assert detect(texts()["AFL-3.0"].replace("3.0", "")).expression == "AFL-3.0"


LIMIT = (
    "You may not sell the Work or any part of it, in Source or Object form, nor ask for money for a service that is "
    "mostly the Work, without a license for commercial use that Example Ltd. gives on request."
)
PAGE = "Page three of the ninth edition, printed for Example Ltd. by the printers of the town in the year of issue."


@pytest.mark.parametrize(
    ("license_id", "given", "inserted", "expected"),
    [
        ("Apache-2.0", "3. Grant of Patent License.", LIMIT, ""),
        ("Artistic-1.0", "2. You may apply", LIMIT, ""),
        ("Apache-2.0", "3. Grant of Patent License.", PAGE, "Apache-2.0"),
        (
            "GPL-2.0-only",
            "3. You may copy",
            "As an exception you may link this only with the library X. " * 3,
            "GPL-2.0-only",
        ),
    ],
)
def test_a_sentence_inserted_into_a_long_text_that_limits_it(license_id, given, inserted, expected):
    found = detect(changed(license_id, given, f"{inserted} {given}"))
    assert found.expression == expected
    assert any(license_id in one.remark for one in found.matches)


UNKNOWN = "any person, except those named below,"


@pytest.mark.parametrize(
    ("inserted", "stated"),
    [
        ("This is not like the Apache License 2.0, and no BSD 3-clause license.", ""),
        ("It is also released under the Apache License 2.0.", "Apache-2.0"),
        ("Licensed under GPL-2.0-only as well.", "GPL-2.0-only"),
        ("SPDX-License-Identifier: ISC", "ISC"),
    ],
)
def test_names_within_unknown_terms_state_nothing_but_grants_do(inserted, stated):
    given = changed("MIT", "to any person", f"to {UNKNOWN}").replace(
        "THE SOFTWARE IS", f"\n{inserted}\nTHE SOFTWARE IS"
    )
    found = detect(given)
    assert found.expression == stated
    assert any("MIT, but it" in one.remark for one in found.matches if one.rule == "unknown-text")


def test_an_unknown_exception_keeps_the_license_that_it_is_from():
    text = texts()["x11vnc-openssl-exception"]
    for given, wanted in (
        ("x11vnc", "this program"),
        ("Karl J. Runge\ngives", "the copyright holders listed above give"),
        ("obey", "comply with"),
        ("General Public License", "General Public License version 2"),
    ):
        assert given in text
        text = text.replace(given, wanted)
    found = detect(text)
    assert any(one.rule == "unknown-text" and "x11vnc-openssl-exception" in one.remark for one in found.matches)
    assert found.expression == "GPL-2.0-only"


def test_a_name_above_or_below_unknown_terms_counts():
    given = changed("MIT", "to any person", f"to {UNKNOWN}")
    assert detect(f"{given}\n\nSome files: Apache License 2.0").expression == "Apache-2.0"
    assert detect(f"Some files: Apache License 2.0\n\n{given}").expression == "Apache-2.0"


def test_a_warranty_disclaimer_that_must_be_kept_makes_the_hpnd_smlnj():
    text = texts()["SMLNJ"]
    assert detect(text).expression == "SMLNJ"
    renamed = text.replace("Lucent Technologies, Bell Labs or any Lucent entity", "us").replace("Lucent", "Example")
    assert renamed != text
    assert detect(renamed).expression == "SMLNJ"
    assert "SMLNJ" not in detect(renamed.replace(" and warranty disclaimer appear", " appear")).expression


def test_terms_of_a_kind_that_are_none_of_the_known_ones_are_not_taken_for_the_kind():
    given = changed(*CHANGED["no modification"])
    assert detect("This file is under a BSD-style license.").expression == "BSD-3-Clause"
    assert detect(f"This file is under a BSD-style license.\n\n{given}").expression == ""

"""What the detector of debian/copyright says."""

from __future__ import annotations

import pytest
from conftest import ends
from dep5_oracle import names_in, tokens
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.licenses.debian_copyright import UNREFERENCED, DebianCopyright
from sbomctl.model import LicenseKind

FORMAT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
ISC = """Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby
granted, provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN
AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THIS SOFTWARE."""
MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""
LONG = "You may look at it on Mondays. " * 3


def as_text(text):
    """A license text as the format wants it."""
    return "".join(f" {line or '.'}\n" for line in text.split("\n"))


def read(text, package="foo"):
    return DebianCopyright().read(f"usr/share/doc/{package}/copyright", (FORMAT + "\n" + text).encode())


@pytest.mark.parametrize(
    ("synopsis", "expression"),
    [
        ("GPL-2+", "GPL-2.0-or-later"),
        ("GPL-2", "GPL-2.0-only"),
        ("gpl-2.0.0+", "GPL-2.0-or-later"),
        ("A or B and C", "A OR (B AND C)"),
        ("A or B, and C", "(A OR B) AND C"),
        ("Expat or GPL-2 with OpenSSL exception", "GPL-2.0-only WITH AdditionRef-debian-foo-OpenSSL-exception OR MIT"),
    ],
)
def test_a_synopsis(synopsis, expression):
    found = read(f"Files: *\nLicense: {synopsis}\n")
    assert found.declared.replace("LicenseRef-debian-foo-", "") == expression


def test_a_statement_of_each_files_paragraph():
    found = read(
        "Files: a b/*\nCopyright: 1999 A\nLicense: ISC or Zlib\n text of both\n\nFiles: debian/*\nLicense: GPL-3+\n"
    )
    first, second = found.statements
    assert (first.raw, first.kind, first.line, first.end_line) == ("ISC or Zlib", LicenseKind.DECLARED, 5, 6)
    assert (first.files, first.excluded_by, first.text) == (("a", "b/*"), "", "text of both")
    assert (second.files, second.excluded_by, second.end_line) == (("debian/*",), "debian-packaging", 0)
    assert found.declared == "ISC OR Zlib"
    assert found.copyrights == ((4, "1999 A"),)
    assert not found.faults


def test_a_package_of_which_nothing_would_reach_keeps_everything():
    found = read("Files: debian/*\nLicense: ISC\n\nFiles: tests/*\nLicense: Zlib\n\nLicense: X\n unused\n")
    assert [one.excluded_by for one in found.statements] == ["", "", UNREFERENCED]
    assert found.declared == "ISC AND Zlib"


def test_texts_of_stand_alone_paragraphs():
    found = read("Files: *\nLicense: GPL-2+ or Mine\n\nLicense: gpl-2.0+\n The GNU one.\n\nLicense: Mine\n My own.\n")
    (one,) = found.statements
    assert one.text == "The GNU one.\n\nMy own."


def test_the_text_of_a_license_with_an_exception():
    found = read("Files: *\nLicense: GPL-2+ with Font exception\n\nLicense: GPL-2+\n The GNU one.\n")
    (one,) = found.statements
    assert (one.text, one.expression) == ("The GNU one.", "GPL-2.0-or-later WITH Font-exception-2.0")


def test_a_text_that_nothing_refers_to_is_kept_and_does_not_count():
    found = read("Files: *\nLicense: ISC\n\nLicense: GPL-3+\n left over\n")
    assert [(one.raw, one.excluded_by) for one in found.statements] == [("ISC", ""), ("GPL-3+", UNREFERENCED)]
    assert found.declared == "ISC"


def test_texts_alone_are_all_that_there_is():
    assert read("License: ISC\n a\n\nLicense: Zlib\n b\n").declared == "ISC AND Zlib"


def test_two_texts_under_one_name_are_both_told():
    found = read("Files: *\nLicense: X\n\nLicense: X\n one\n\nLicense: X\n two\n\nLicense: X\n one\n")
    assert [one.text for one in found.statements] == ["one", "two"]
    assert "another text" in found.statements[1].remark
    assert not found.statements[1].excluded_by


def test_the_same_name_and_text_is_the_same_license_everywhere():
    text = "Files: *\nLicense: Mine\n\nLicense: Mine\n my own\n  words\n"
    one, other = read(text, "libfoo1"), read(text.replace("\n  words", " words"), "libfoo-dev")
    assert one.declared == other.declared
    assert one.declared.startswith("LicenseRef-debian-")
    assert "foo" not in one.declared
    assert read(text.replace("words", "word")).declared != one.declared


def test_a_name_without_a_text_is_at_home_in_its_package():
    assert read("Files: *\nLicense: Mine\n", "foo_bar").declared == "LicenseRef-debian-foo-bar-Mine"


def test_the_same_name_with_different_texts_in_a_file():
    found = read("Files: a\nLicense: X\n one\n\nFiles: b\nLicense: X\n two\n")
    assert len({one.expression for one in found.statements}) == 2
    assert found.declared.count("LicenseRef-") == 2


def test_public_domain_is_no_license_whatever_its_text_says():
    assert "LicenseRef-" in read("Files: *\nLicense: public-domain\n CC0-1.0, if you must.\n").declared


def test_an_open_name_shows_in_what_is_declared():
    found = read("Files: a\nLicense: SGI\n some text\n\nFiles: b\nLicense: ISC\n")
    assert found.statements[0].candidates
    assert not found.statements[0].expression
    assert found.declared.startswith("ISC AND LicenseRef-debian-")


def test_the_license_of_the_whole_counts():
    data = (FORMAT + "License: GPL-2+\n\nFiles: *\nLicense: ISC\n").encode()
    assert DebianCopyright().read("usr/share/doc/foo/copyright", data).declared == "GPL-2.0-or-later AND ISC"


def test_a_text_of_another_version_is_remarked():
    text = " under the terms of the GNU General Public License, version 3 of the License\n"
    assert "version 3.0" in read(f"Files: *\nLicense: GPL-2+\n{text}").statements[0].remark
    assert not read(f"Files: *\nLicense: GPL-3+\n{text}").statements[0].remark


def test_a_local_name_is_what_its_text_is():
    (one,) = read(f"Files: *\nLicense: our-own\n{as_text(ISC)}").statements
    assert one.expression == "ISC"
    assert "by its text it is ISC" in one.remark


def test_a_text_decides_between_candidates():
    (one,) = read(f"Files: *\nLicense: MIT\n{as_text(MIT)}").statements
    assert (one.expression, one.candidates) == ("MIT", ())


def test_a_text_for_two_names_decides_neither():
    (one,) = read(f"Files: *\nLicense: our-own and your-own\n{as_text(ISC)}").statements
    assert one.expression.count("LicenseRef-debian-") == 2


def test_a_text_that_has_lost_the_exception_decides_nothing():
    (one,) = read(f"Files: *\nLicense: our-own with kitchen exception\n{as_text(ISC)}").statements
    assert "ISC" not in one.expression


def test_a_mention_of_a_license_does_not_make_a_text_of_it():
    (one,) = read(
        "Files: *\nLicense: our-own\n Everybody may use it. It goes well with ISC, MIT and others.\n"
    ).statements
    assert one.expression.startswith("LicenseRef-debian-")


def test_an_open_version_is_narrowed_by_the_file_it_refers_to():
    def candidates(name):
        text = f" You can read it in /usr/share/common-licenses/{name}.\n"
        return read(f"Files: *\nLicense: GPL\n{text}").statements[0].candidates

    assert candidates("GPL-2") == ("GPL-2.0-only", "GPL-2.0-or-later")
    assert {"GPL-1.0-only", "GPL-3.0-or-later"} < set(candidates("GPL"))


def test_a_license_without_a_name():
    found = read(f"Files: *\nLicense:\n {LONG}\n\nFiles: b\nLicense:\n")
    (one,) = found.statements
    assert one.raw == LONG.strip()[:80].strip()
    assert one.expression.startswith("LicenseRef-debian-")
    assert found.faults == ((8, "an empty License field"),)


def test_bad_patterns_are_told():
    assert "backslash" in read("Files: a\\b\nLicense: ISC\n").faults[0][1]


def test_other_files_are_for_the_next_detector():
    assert DebianCopyright().read("usr/share/doc/foo/copyright", b"This package is under the GPL.\n") is None


NAME = st.sampled_from(
    ["GPL-2+", "MIT", "Foo", "BSD", "public-domain", "GPL-2+ with X exception", "L (a, b)", "~", "Expat"]
)
SYNOPSIS = st.builds(
    lambda names, joints: "".join(name + joint for name, joint in zip(names, [*joints, ""], strict=False)),
    st.lists(NAME, min_size=1, max_size=4),
    st.lists(st.sampled_from([" or ", " and ", ", and ", " and/or ", ", ", " "]), min_size=3, max_size=3),
)
PARAGRAPH = st.builds(
    "{}License: {}\n{}\n".format,
    st.sampled_from(["Files: *\n", "Files: debian/*\n", ""]),
    SYNOPSIS,
    st.sampled_from(["", " text\n", " other\n"]),
)


@given(st.lists(PARAGRAPH, min_size=1, max_size=6))
def test_no_word_of_a_license_line_is_lost(paragraphs):
    text = "".join(paragraphs)
    found = read(text)
    kept = {token for one in found.statements for token in tokens(one.raw)}
    assert names_in(text.encode()) <= kept


@given(st.text(max_size=300))
def test_any_text_is_survived(text):
    found = read(f"Files: *\nLicense: {text}\n")
    assert found is None or found.statements is not None


@pytest.mark.parametrize("line", ["License: A\n", "\n", "text\n\n", " ", ",", "(", "a,"])
def test_ten_megabytes_of_anything(line):
    with ends():
        read(FORMAT + "\nFiles: *\nLicense: " + line * (10_000_000 // len(line)))


@pytest.mark.parametrize(
    "line", ["License:\n", "License: A\n\n", "Files: a\nLicense: A\n\n", "Files: *\n\n", " .\n", "a or "]
)
def test_time_grows_with_the_size_only(line):
    with ends():
        read(FORMAT + "\n" + line * (2_000_000 // len(line)))


def test_different_names_without_end():
    data = FORMAT + "\n" + "".join(f"Files: *\nLicense: N{number} or M{number}\n\n" for number in range(25_000))
    found = DebianCopyright().read("usr/share/doc/foo/copyright", data.encode())
    assert len(found.statements) == 25_000
    assert "more faults" in found.faults[-1][1]


def test_one_text_for_many_names_is_not_repeated_without_end():
    texts = "".join(f"License: N{number}\n {'word ' * 2000}{number}\n\n" for number in range(50))
    names = "".join(f"Files: *\nLicense: N{number % 50} or N{number // 50}\n\n" for number in range(2500))
    found = read(texts + names)
    assert sum(len(one.text) for one in found.statements if " or " in one.raw) < 10 * len(texts + names)

"""The structure of debian/copyright: what the format allows, and what people write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.licenses._deb822 import BLANK_INSIDE, NOT_INDENTED, NOT_UTF8, STRAY
from sbomctl.licenses._dep5 import NEXT_LICENSE, NO_BLANK, NO_FILES, NO_LICENSE, SECOND_LINE, read_dep5

HEADER = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"


def structure(text, header=HEADER + "\n"):
    found = read_dep5((header + text).encode())
    assert found
    return found


def faults(found):
    return [reason for _, reason in found.faults]


def test_the_three_kinds_of_paragraphs():
    found = structure(
        "Files: *\n src/?.c\nCopyright: 2001 A\n           2002-2003 B <b@example.org>\nLicense: GPL-2+ or Foo\n\n"
        "License: Foo\n Do what\n .\n   you like.\n",
        HEADER + "Upstream-Name: foo\nLicense: GPL-2+\nCopyright: 2000 All\n\n",
    )
    assert [(one.synopsis, one.line) for one in found.header] == [("GPL-2+", 3)]
    (files,) = found.files
    assert (files.line, files.patterns) == (6, ("*", "src/?.c"))
    assert [(one.synopsis, one.line, one.end_line, one.text) for one in files.licenses] == [
        ("GPL-2+ or Foo", 10, 10, "")
    ]
    assert [(one.synopsis, one.end_line, one.text) for one in found.texts] == [("Foo", 15, "Do what\n\n  you like.")]
    assert found.copyrights == ((4, "2000 All"), (8, "2001 A"), (9, "2002-2003 B <b@example.org>"))
    assert not found.faults


@pytest.mark.parametrize(
    "header",
    [
        "Format: http://www.debian.org/doc/packaging-manuals/copyright-format/1.0\n\n",
        "Format: http://svn.debian.org/wsvn/dep/web/deps/dep5.mdwn?op=file&rev=135\n\n",
        "Format-Specification: http://dep.debian.net/deps/dep5/\n\n",
        "FORMAT :\n http://example.org/\n\n",
        "Copyright-Format: 1\n\n",
        "\ufeffFormat: x\r\n\r\n",
        "# a comment\nFormat: x\n\n",
        "Upstream-Name: no format named\n\n",
        "",
        "Packaged by hand on a Monday.\n\nFormat: x\n\n",
        "Packaged by hand on a Monday.\n\n",
    ],
)
def test_forms_of_the_header(header):
    (files,) = structure("Files: *\nCopyright: A\nLicense: ISC\n", header).files
    assert files.licenses[0].synopsis == "ISC"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Copyright: 2001 A\n\nLicense:\n\nYou may do what you like.\n",
        "This package was made by A.\n\nLicense: GPL\n\nFiles: debian/*\nLicense: MIT\n",
        "Format: x\n\nNothing follows.\n",
        "Files: *\n\nCopyright: none\n",
        "Nothing of the kind.",
    ],
)
def test_what_is_not_machine_readable(text):
    assert read_dep5(text.encode()) is None


def test_names_in_any_case_and_spelling():
    found = structure("files: a\nCOPYRIGHT: A\nLicence : MIT\n\nFile: b\nCopyright: B\nLICENSE:ISC\n")
    assert [(one.patterns, one.licenses[0].synopsis) for one in found.files] == [(("a",), "MIT"), (("b",), "ISC")]


def test_line_ends_tabs_and_latin_1():
    found = read_dep5(
        HEADER.encode() + b"\r\nFiles: *\r\n\tb\r\nCopyright: J\xf6rg\r\nLicense: X\r\n\ttext\r\n\t.\r\n more\r\n"
    )
    assert found.files[0].patterns == ("*", "b")
    assert found.files[0].licenses[0].text == "text\n\nmore"
    assert found.copyrights == ((5, "J\xf6rg"),)
    assert found.faults == ((5, NOT_UTF8),)


def test_a_synopsis_that_slipped():
    found = structure("Files: *\nCopyright: A\nLicense:\n Apache-2.0\n the text of it\n\nLicense: A or\n B\n text\n")
    assert [(one.synopsis, one.text) for one in found.files[0].licenses] == [("Apache-2.0", "the text of it")]
    assert [(one.synopsis, one.text) for one in found.texts] == [("A or B", "text")]
    assert faults(found) == [SECOND_LINE] * 2


def test_a_text_without_a_synopsis_stays_a_text():
    (files,) = structure("Files: *\nCopyright: A\nLicense:\n You may use this freely, and sell it.\n").files
    assert files.licenses[0][0] == ""
    assert files.licenses[0].text == "You may use this freely, and sell it."


def test_blank_lines_where_none_should_be():
    found = structure("Files: *\nCopyright: A\nLicense: X\n first\n\n second\n\n\n third\n")
    assert found.files[0].licenses[0].text == "first\n\nsecond\n\n\nthird"
    assert faults(found) == [BLANK_INSIDE]


def test_no_blank_lines_where_some_should_be():
    found = structure("Files: a\nCopyright: A\nLicense: MIT\nFiles: b\nLicense: ISC\nCopyright: B\n", HEADER)
    assert [(one.patterns, one.licenses[0].synopsis) for one in found.files] == [(("a",), "MIT"), (("b",), "ISC")]
    assert faults(found) == [NO_BLANK] * 2


def test_a_text_whose_indentation_is_lost():
    found = structure(
        "License: X\nThis is the text.\n\nWith a note: it goes on.\n# not a comment here\n\nFiles: *\nLicense: X\n"
    )
    assert found.texts[0].text == "This is the text.\n\nWith a note: it goes on.\n# not a comment here"
    assert faults(found) == [NOT_INDENTED]


def test_a_license_below_its_paragraph():
    found = structure("Files: a\nCopyright: A\n\nLicense: MIT\n text\n\nFiles: b\nCopyright: B\n\nComment: none\n")
    assert [one.patterns for one in found.files] == [("a",)]
    assert [one.synopsis for one in found.files[0].licenses] == [one.synopsis for one in found.texts] == ["MIT"]
    assert faults(found) == [NEXT_LICENSE, NO_LICENSE]


def test_several_licenses_in_a_paragraph():
    found = structure("Files: *\nCopyright: A\nLicense: MIT\nLicense: ISC\n text\nLicense: MIT\n other\n")
    assert [(one.synopsis, one.text) for one in found.files[0].licenses] == [("ISC", "text"), ("MIT", "other")]


def test_no_files_field():
    found = structure("Copyright: A\nLicense: MIT\n")
    assert [(one.patterns, one.licenses[0].synopsis) for one in found.files] == [((), "MIT")]
    assert faults(found) == [NO_FILES]


def test_stray_text_is_told():
    found = structure("Files: *\nLicense: MIT\n\nBy the way,\n it rained.\n\nFiles: b\nLicense: ISC\n")
    assert len(found.files) == 2
    assert found.faults == ((6, STRAY),)


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data):
    read_dep5(b"Format: x\n" + data)


FIELDS = st.sampled_from(
    ["Files: *\n", "License: A or B\n", "License:\n", "Copyright: C\n", "\n", " .\n", " text\n", "text\n", "\t\n",
     "# c\n", "Format: x\n", "License : D, and E\n", "X: y\n", " A\n", "\r\n"]
)  # fmt: skip


@given(st.lists(FIELDS, max_size=25))
def test_every_license_line_is_kept(lines):
    text = HEADER + "".join(lines)
    found = read_dep5(text.encode())
    if found:
        kept = [*found.header, *found.texts, *(one for part in found.files for one in part.licenses)]
        assert all(any(name in one.synopsis for one in kept) for name in ("A or B", "D, and E") if f": {name}" in text)

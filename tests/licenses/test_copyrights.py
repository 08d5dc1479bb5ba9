"""Copyright statements of texts."""

from __future__ import annotations

import pytest
from conftest import ends
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.licenses.copyrights import copyright_statements, copyrights

STATEMENTS = {
    "# Copyright (C) 1999, 2000,\n#   2001 Foo\n# Author: X": ["Copyright (C) 1999, 2000, 2001 Foo"],
    "Copyright: 2001-2003 A, B": ["Copyright: 2001-2003 A, B"],
    "/* Copyright \xa9 2001 Foo. All rights reserved. */": ["Copyright \xa9 2001 Foo. All rights reserved."],
    "\xa9 Jane Doe": ["\xa9 Jane Doe"],
    "(C)opyright 2006 Carl": ["(C)opyright 2006 Carl"],
    "Copr. 1998 Foo": ["Copr. 1998 Foo"],
    "Copyright {c} Mark Kilgard, 1994.": ["Copyright {c} Mark Kilgard, 1994."],
    "copyrighted by Linus Torvalds and others.": ["copyrighted by Linus Torvalds and others."],
    "Portions copyright Robert de Bath": ["Portions copyright Robert de Bath"],
    "This software is Copyright (c) 2001 Zope": ["This software is Copyright (c) 2001 Zope"],
    "2009-2015 (c) Paul Davis <paul@x.org>": ["2009-2015 (c) Paul Davis <paul@x.org>"],
    "Linus Torvalds (c) 1991": ["Linus Torvalds (c) 1991"],
    "EUPL (c) the European Community 2007": ["(c) the European Community 2007"],
    "(c) Copyright 2001, Foo. Copyright 2002 Bar": ["(c) Copyright 2001, Foo.", "Copyright 2002 Bar"],
    "Copyright (c) 1998\n  Foo Bar\n\nPermission is": ["Copyright (c) 1998 Foo Bar"],
    "Copyright \xa9 2001 Foo\n            2003 Bar\n            Baz": ["Copyright \xa9 2001 Foo 2003 Bar Baz"],
    "% Copyright 2000 The Regents of the University\n% of California.": [
        "Copyright 2000 The Regents of the University of California."
    ],
    "  All files in libev are Copyright (C)2007,2008,2009 Marc Alexander\n  Lehmann.\n": [
        "Copyright (C)2007,2008,2009 Marc Alexander Lehmann."
    ],
    "Copyright npm, Inc.": ["Copyright npm, Inc."],
    "Copyright jQuery Foundation and other contributors": ["Copyright jQuery Foundation and other contributors"],
    "Copyright 1996 by Foo and Bar\n  <foo@a.edu>\n  <bar@b.de>\n": [
        "Copyright 1996 by Foo and Bar <foo@a.edu> <bar@b.de>"
    ],
    "Copyright 2004, NetworkX Developers\nAric Hagberg <a@lanl.gov>\nDan <d@x.y>\n\n": [
        "Copyright 2004, NetworkX Developers Aric Hagberg <a@lanl.gov> Dan <d@x.y>"
    ],
    "Copyright 2002, 2003 University of Southern California, Information\n  Sciences Institute (ISI)": [
        "Copyright 2002, 2003 University of Southern California, Information Sciences Institute (ISI)"
    ],
    "Copyright 1994-2002 W3C, (Massachusetts\nInstitute of Technology, Institut en\nX). All Rights\nReserved.\n": [
        "Copyright 1994-2002 W3C, (Massachusetts Institute of Technology, Institut en X). All Rights Reserved."
    ],
    "Copyright (c) 2001-2019 The Foo Project Contributors and Others Inc\nThe MIT License\n": [
        "Copyright (c) 2001-2019 The Foo Project Contributors and Others Inc"
    ],
    "Copyright 2001 Foo\nLicense: MIT\n": ["Copyright 2001 Foo"],
    "Copyright 2001 Foo\nPermission is hereby granted": ["Copyright 2001 Foo"],
    "Copyright 2019 The Go Authors. All rights reserved. Use of this source code is governed by": [
        "Copyright 2019 The Go Authors. All rights reserved."
    ],
    "written by Philip Hazel, and copyright\nby the University of Cambridge, England.": [
        "copyright by the University of Cambridge, England."
    ],
    "/* SPDX-FileCopyrightText: 2019 Jane Doe <j@example.com> */": ["2019 Jane Doe <j@example.com>"],
    "// SPDX-SnippetCopyrightText: 2020 Foo, under the terms of love": ["2020 Foo, under the terms of love"],
    "COPYRIGHT HOLDER: Hadley": ["COPYRIGHT HOLDER: Hadley"],
    '__copyright__ = "Copyright 2001 Foo"': ["Copyright 2001 Foo"],
    "copyright = u'2013, Foo'": ["2013, Foo"],
    "dnl Copyright 2001 Foo\n": ["Copyright 2001 Foo"],
    '.\\" Copyright (c) 1980 Regents': ["Copyright (c) 1980 Regents"],
    "<p>Copyright &copy; 2001 <a href='x'>Foo</a></p>": ["Copyright \xa9 2001 Foo"],
    "/*! jQuery v3 | (c) OpenJS Foundation and other contributors | jquery.org/license */": [
        "(c) OpenJS Foundation and other contributors"
    ],
    "Copyright (c) 2003 Foo\nCopyright (c) 2003 Foo\r\nCopyright (c) 2004 Foo": [
        "Copyright (c) 2003 Foo",
        "Copyright (c) 2004 Foo",
    ],
    "Copyright:\n 2001 Foo\n 2002, Bar,\n Baz\n\n Other": ["2001 Foo", "2002, Bar, Baz"],
    "Format: x\nCopyright: Nobody in particular has written all this\n           \xa9 2001 Foo": [
        "Nobody in particular has written all this",
        "\xa9 2001 Foo",
    ],
    "Copyright:\n  This program is free software; you can redistribute it": [],
}
NONE = (
    "the above copyright notice and this permission notice shall be included",
    "IN NO EVENT SHALL THE COPYRIGHT HOLDERS OR CONTRIBUTORS BE LIABLE",
    "Copyright Law of 1976",
    "(b) any license; and\n(c) You must retain, in the Source form",
    "under article 11 of the WIPO copyright treaty adopted on 20 December 1996, or",
    "Copyright (C) <year>  <name of author>\nCopyright (C) 19yy name of author",
    "Copyright [yyyy] [name of copyright owner]\nCopyright {yyyy} {name of copyright owner}",
    "Gnomovision version 69, Copyright (C) year name of author",
    "Copyright (c) <dates>, <Copyright Holder>",
    "Yoyodyne, Inc., hereby disclaims all copyright interest in the program",
    "For software which is copyrighted by the Free Software Foundation, write to the Free",
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
    "COPYRIGHTS, TRADEMARKS OR OTHER RIGHTS",
    "see /usr/share/doc/foo/copyright",
    "REUSE-IgnoreStart\nCopyright 2001 Foo\nREUSE-IgnoreEnd\n",
)


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_statement_is_given_as_it_is_written(text):
    assert [statement for _, statement in copyright_statements(text)] == STATEMENTS[text]


@pytest.mark.parametrize("text", NONE)
def test_sentences_about_copyright_and_templates_are_none(text):
    assert copyright_statements(text) == ()


def test_lines_are_counted_from_one_to_the_first_of_a_statement():
    text = "x\r\n\n * Copyright (C) 1999,\n *   2000 Foo\n\fy\n# (c) 2001 Bar"
    assert copyright_statements(text) == ((3, "Copyright (C) 1999, 2000 Foo"), (6, "(c) 2001 Bar"))


@pytest.mark.parametrize(
    "text",
    [
        " Copyright (C) 1989 Free Software Foundation, Inc.,\n 51 Franklin St\n Everyone is permitted to copy and\n",
        "Copyright (C) 2004 Sam Hocevar\n\n Everyone is permitted to copy and distribute verbatim or modified",
        "This License is Copyright \xa9 2005\nLawrence Rosen. Permission is granted to copy",
        "Copyright (C) 1999-2005 Trolltech AS, Norway.\n\nEveryone is permitted to copy and\ndistribute this",
    ],
)
def test_the_copyright_of_a_license_is_not_that_of_the_component(text):
    (one,) = copyrights(text)
    assert one.of_license
    assert copyright_statements(text) == ()
    assert copyright_statements(f"Copyright 2001 Foo\n\n{text}") == ((1, "Copyright 2001 Foo"),)


HOSTILE = (
    "copyright ", "copyright", "(c)", "copyright\n", "Copyright 2001 Foo, ", "Copyright 2001 Foo,\n",
    "copyright" + " " * 200, "portions of the " * 10 + "copyright ", "Copyright:\n", "Copyright:\n 2001 foo\n",
    "Copyright (c) 2001 " + "<{[" * 300, "(c) by Foo\n", "\"'" * 100 + "copyright\n", "2001, " * 100 + "(c) ",
    "Copyright 2001 Foo " + "- " * 300 + "\n", "((((Copyright (c)\n", "&copy; &#169; \\(co ", "a " * 400_000 + "©",
)  # fmt: skip
LARGE = ("copyright ", "copyright", "\nCopyright 2001 Foo" + "a" * 1_000_000)


@pytest.mark.parametrize("piece", HOSTILE, ids=lambda piece: repr(piece[:20]))
def test_time_is_linear(piece):
    with ends():
        copyrights(piece * (1_000_000 // len(piece)))


@pytest.mark.parametrize("piece", LARGE, ids=lambda piece: repr(piece[:20]))
def test_ten_megabytes_of_the_word_take_seconds(piece):
    with ends():
        copyrights(piece * (10_000_000 // len(piece)))


_PIECES = st.sampled_from(
    "copyright Copyright COPYRIGHT (c) \xa9 2001 1999- , . : ; = \n \r\n \t # * // /* */ <!-- --> by of and the Foo "
    "< > ( ) [ ] { } \" ' SPDX-FileCopyrightText: Format: Files: Copyright: \u0130 \u0131 \ufb01 &copy; | all rights "
    "reserved REUSE-IgnoreStart REUSE-IgnoreEnd everyone is permitted to copy".split(" ")
)


@given(st.lists(st.one_of(_PIECES, st.text(max_size=5)), max_size=60).map(" ".join))
def test_any_text_gives_statements_on_lines_that_exist(text):
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = copyrights(text)
    assert len({(one.text, one.of_license) for one in found}) == len(found)
    for one in found:
        assert 1 <= one.line <= len(lines)
        assert one.text == " ".join(one.text.split())
        assert one.text


def test_who_puts_the_own_name_into_a_license_is_kept():
    text = "Copyright (C) 2010 Foo\n\n Everyone is permitted to copy and distribute verbatim or modified"
    assert copyright_statements(text) == ((1, "Copyright (C) 2010 Foo"),)


@given(st.lists(_PIECES, max_size=40).map(" ".join))
def test_the_same_text_indented_or_behind_marks_has_the_same_years(text):
    """Comment marks may not lose a dated statement of one line."""
    line = f"Copyright 2001 {text.split(chr(10))[0]}".replace("\r", "")
    if "*/" not in line and "-->" not in line and "SPDX" not in line and "REUSE" not in line:
        assert copyrights(line)
        assert copyrights(f" * {line}") and copyrights(f"\t# {line}")

"""What makes two license texts the same, and which lines are copyright lines."""

from __future__ import annotations

import pytest
from report_boms import MIT

from sbomctl.reports._plain import LONGEST, block, fence, line, markdown
from sbomctl.reports._text_body import body_of, is_statement


@pytest.mark.parametrize(
    "other",
    [
        MIT.upper(),
        f"Copyright (c) 2020 Jane\n\n{MIT}",
        f"The MIT License (MIT)\n\nCopyright © Jane\nAll rights reserved.\n\n{MIT}",
        "".join(f" * {one}\n" for one in MIT.splitlines()),
        MIT.replace("\n", "\r\n"),
        MIT.replace('"', "''"),
    ],
)
def test_the_same_words_are_the_same_text(other):
    assert body_of(other).key == body_of(MIT).key


def test_items_may_be_numbered_in_any_way():
    numbered = "conditions are met:\n1. keep this; and\n2. keep that."
    assert body_of(numbered).key == body_of("conditions are met:\n  * keep this; and\n  * keep that.").key
    assert body_of(numbered).key == body_of("conditions are met: (a) keep this; and (b) keep that.").key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("under the GNU GPL, version\n2. See there.", "under the GNU GPL, version\n3. See there."),
        ("GPL-2+ for all", "GPL-2 for all"),
        ("THE AUTHOR IS NOT LIABLE", "THE AUTHORS ARE NOT LIABLE"),
        ("Copyright 2020 Jane", "Copyright 2021 Jane"),
    ],
)
def test_other_words_are_another_text(one, other):
    assert body_of(one).key != body_of(other).key


@pytest.mark.parametrize(
    "text",
    [
        "Copyright (c) 2020 Jane Doe",
        " * (C) 1999 Jane",
        "© Jane",
        "Portions Copyright 2001 Jane",
        "All rights reserved.",
        "Copyright (c) <year> <owner>",
    ],
)
def test_copyright_lines(text):
    assert is_statement(text)


@pytest.mark.parametrize(
    "text",
    [
        "copyright notice and this permission notice shall be included in all",
        "COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM",
        "The above copyright notice of 2020",
        "",
    ],
)
def test_lines_of_the_license_itself(text):
    assert not is_statement(text)


def test_text_of_images_is_shown_and_harmless():
    assert line("a\nb\tc\x1b[2J\u202e") == "a b c\\x1b[2J\\u202e"
    assert block("\ufeff\r\n    one\r\n\tx\x07\u202e  \x0c\n    two\n\n") == "one\n    x\\x07\\u202e\ntwo"
    assert markdown("a|b <i>`x`") == "a\\|b \\<i\\>\\`x\\`"
    assert fence("```\n````") == "`````"


def test_a_huge_text_is_cut():
    assert len(block("x" * (LONGEST + 5))) == LONGEST

"""Names beside the texts that they mean."""

from __future__ import annotations

import pytest

from sbomctl.licenses.text import detect
from sbomctl.licenses.text.source import listed_texts

TEXTS = {one.ids[0]: one.text for one in listed_texts()}
OTHER = (
    "This paragraph is about something else, as the files of a project mostly are, and says nothing of licenses. " * 30
)


@pytest.mark.parametrize(
    ("title", "text", "expression"),
    [
        ("Simplified BSD License", "BSD-3-Clause", "BSD-3-Clause"),
        ("This is now licensed under the New BSD License.", "BSD-2-Clause", "BSD-2-Clause"),
        ("BSD 2-Clause License (FreeBSD License)", "BSD-2-Clause-Views", "BSD-2-Clause-Views"),
        ("You can use it under the terms of the GPLv2 or the X11 license.", "MIT", "GPL-2.0-only OR MIT"),
        ("Under the MIT license:", "X11", "X11"),
    ],
)
def test_the_text_decides_what_a_name_above_it_means(title, text, expression):
    assert detect(f"{title}\n\n{TEXTS[text]}").expression == expression


@pytest.mark.parametrize(
    ("grant", "text", "expression"),
    [
        ("foo.c is under the BSD 2-clause license, all others under this one:", "BSD-3-Clause", "BSD-2-Clause"),
        ("Simplified BSD License. " + OTHER, "BSD-3-Clause", "BSD-2-Clause"),
        ("foo.c is under the X11 license. " + OTHER, "MIT", "X11"),
        ("foo.c is under the MIT license.", "MIT-0", "MIT AND MIT-0"),
        ("foo.c is under the MIT license.", "BSD-3-Clause", "MIT"),
    ],
)
def test_a_name_that_is_about_something_else_is_stated(grant, text, expression):
    assert expression in detect(f"{grant}\n\n{TEXTS[text]}").expression


def test_the_address_of_bsd_licenses_adds_nothing_to_the_text_of_one():
    address = "http://www.opensource.org/licenses/bsd-license.php"
    assert detect(f"{TEXTS['BSD-2-Clause']}\n@license {address}").expression == "BSD-2-Clause"
    assert detect(f"{TEXTS['MIT']}\n@license {address}").expression == "BSD-3-Clause AND MIT"

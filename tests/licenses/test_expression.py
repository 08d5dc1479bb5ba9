"""Only what is a valid SPDX expression as it stands becomes one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.licenses.expression import normalize


@pytest.mark.parametrize(
    ("raw", "expression"),
    [
        ("MIT", "MIT"),
        ("mit", "MIT"),
        (" apache-2.0 ", "Apache-2.0"),
        ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("(MIT AND BSD-3-Clause) OR ISC", "(MIT AND BSD-3-Clause) OR ISC"),
        ("MIT AND (MIT OR GPL-2.0-only)", "MIT AND (MIT OR GPL-2.0-only)"),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0"),
        ("GPL-2.0", ""),
        ("GPL", ""),
        ("GPL-2+", ""),
        ("GPLv2+ and MIT", ""),
        ("MIT/X11", ""),
        ("MIT, BSD", ""),
        ("MIT OR", ""),
        ("()", ""),
        ("MIT AND ()", ""),
        ("Classpath-exception-2.0", ""),
        ("MIT WITH GPL-2.0-only", ""),
        ("SEE LICENSE IN LICENSE.md", ""),
        ("", ""),
        ("NOASSERTION", ""),
        ("MIT " * 5000, ""),
    ],
)
def test_normalize(raw, expression):
    assert normalize(raw) == expression


@given(st.text("MIT()ANDORWITH -.+0aG\n", max_size=60))
def test_any_text_gives_an_expression_that_stays_itself(raw):
    once = normalize(raw)
    assert normalize(once) == once

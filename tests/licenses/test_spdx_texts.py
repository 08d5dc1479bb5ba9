"""The standard texts of the SPDX list."""

from __future__ import annotations

from sbomctl.licenses.spdx_list import spdx_list
from sbomctl.licenses.spdx_texts import text_of


def test_licenses_and_exceptions_have_their_text():
    assert "Permission is hereby granted" in text_of("MIT")
    assert text_of("mit") == text_of("MIT")
    assert text_of("MPL-1.1+") == text_of("MPL-1.1")
    assert "GCC RUNTIME LIBRARY EXCEPTION" in text_of("GCC-exception-3.1")


def test_what_is_not_listed_has_none():
    assert text_of("LicenseRef-x") == text_of("GPL-2.0") == text_of("") == ""


def test_nearly_everything_on_the_list_has_one():
    known = spdx_list()
    lacking = [one for one in (*known.licenses, *known.exceptions) if not text_of(one)]
    assert len(lacking) < 0.03 * (len(known.licenses) + len(known.exceptions)), lacking

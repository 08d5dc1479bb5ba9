"""What the texts of exceptions name, and which of it is stated."""

from __future__ import annotations

import pytest

from sbomctl.licenses.text import detect
from sbomctl.licenses.text.source import listed_texts

TEXTS = {one.ids[0]: one.text for one in listed_texts() if one.is_exception}


def test_one_that_defines_which_licenses_it_is_for_states_none_of_them():
    detection = detect(TEXTS["GPL-CC-1.0"])
    assert detection.expression == ""
    assert any("GPL-CC-1.0" in match.remark for match in detection.matches)


@pytest.mark.parametrize(
    ("grant", "expression"),
    [
        ("Licensed under the GNU General Public License version 2.", "GPL-2.0-only WITH GPL-CC-1.0"),
        ("under the GNU LGPL, version 2.1.", "LGPL-2.1-only WITH GPL-CC-1.0"),
        ("Licensed under the MIT license. The rest: GPLv2 only.", "GPL-2.0-only WITH GPL-CC-1.0 AND MIT"),
    ],
)
def test_what_is_granted_beside_it_is_stated_with_it(grant, expression):
    assert detect(f"{grant}\n\n{TEXTS['GPL-CC-1.0']}").expression == expression


@pytest.mark.parametrize(
    ("exception", "expression"),
    [
        ("LLVM-exception", "Apache-2.0 WITH LLVM-exception"),
        ("stunnel-exception", "GPL-1.0-or-later WITH stunnel-exception"),
        ("libpri-OpenH323-exception", "GPL-1.0-or-later WITH libpri-OpenH323-exception"),
        ("mxml-exception", "Apache-2.0 WITH mxml-exception"),
        ("WxWindows-exception-3.1", "LGPL-2.0-or-later WITH WxWindows-exception-3.1"),
        ("GCC-exception-3.1", "GPL-3.0-only WITH GCC-exception-3.1"),
    ],
)
def test_only_the_license_that_it_is_from_counts(exception, expression):
    assert detect(TEXTS[exception]).expression == expression


@pytest.mark.parametrize("exception", ["LLVM-exception", "GPL-CC-1.0", "Classpath-exception-2.0"])
@pytest.mark.parametrize("place", ["{grant}\n\n{text}", "{text}\n\n{grant}"])
@pytest.mark.parametrize("grant", ["Licensed under the MIT license.", "Released under the MPL 1.1."])
def test_grants_beside_it_are_stated(exception, place, grant):
    expected = detect(grant).expression
    assert expected in detect(place.format(grant=grant, text=TEXTS[exception])).expression


def test_a_grant_inserted_into_it_is_stated():
    words = TEXTS["Font-exception-2.0"].split()
    grant = "The fonts of the second volume of this collection are licensed under the terms of the MIT license."
    assert "MIT" in detect(" ".join([*words[:40], grant, *words[40:]])).expression


@pytest.mark.parametrize(
    ("exception", "changes"),
    [
        ("OCaml-LGPL-linking-exception", {"the OCaml Core System": "the Library", "OCaml Core System": "Library"}),
        ("x11vnc-openssl-exception", {"Karl J. Runge": "the author", "its release of x11vnc": "foo"}),
        ("openvpn-openssl-exception", {"OpenVPN Technologies, Inc.": "Foo", "OpenVPN": "foo"}),
    ],
)
def test_names_that_templates_let_be_others(exception, changes):
    text = TEXTS[exception]
    for old, new in changes.items():
        text = text.replace(old, new)
    grant = "under the GNU LGPL, version 2.1 only" if "LGPL" in exception else "under the GNU GPL, version 2 only"
    assert detect(f"{grant}\n\n{text}").expression.endswith(f"-only WITH {exception}")

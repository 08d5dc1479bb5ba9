"""Words that deny a license, change it or only speak of it: none of them may swallow a grant beside them."""

from __future__ import annotations

import pytest

from sbomctl.licenses.text import detect

GRANTS = {
    "MIT License": "MIT",
    "Licensed under the MIT license": "MIT",
    "MIT licensed": "MIT",
    "GNU GPL version 2 or later": "GPL-2.0-or-later",
    "Apache License, Version 2.0": "Apache-2.0",
    "GPLv3": "GPL-3.0-only",
    "Distributed under the terms of the GNU General Public License version 2": "GPL-2.0-only",
    "The BSD 3-clause license applies": "BSD-3-Clause",
    "License: ISC": "ISC",
}
_BESIDE = """
It is not big|It comes without any guarantee|It works with all systems other than Windows
Use it except on Sundays|Use foo instead|It is no longer maintained|It is unlike anything else
It was previously called bar|It was formerly known as bar|It was replaced by bar
It is compatible with Linux|Beware of linking it|It may be combined with others|It asks if not sure
It was modified|It is similar to bar|It is based on bar|It is derived from bar|This means little
Contributions are obeyed|It is not restrictive|It is incompatible with bar|There is a FAQ|See the variant
It was never sold|For example, run it|Do not use it like this|Neither of them works|It has a violation
It is a successor of bar|Contains no viruses|It is contained here|Interaction with it is easy
Nobody may use this or that|Use it instead of bar|This is contrary to bar|It consists of bar
Also read the manual, not this|It cannot be sold|Why not|Changes license never
It is not like bar, nor foo|A copy is not needed|Unsupported, and not tested|This is just such as bar
Before that it was slow
"""
BESIDE = _BESIDE.strip().replace("\n", "|").split("|")
WAYS = (
    "{}. {}.",
    "{}.\n{}.\n",
    "{}\n\n{}\n",
    "{}; {}.",
    "{}: {}",
    " * {}.\n * {}.",
    "- {}\n- {}\n",
    "{}! {}",
    "({}) {}",
    "{}\n{}",
    "<li>{}</li><li>{}</li>",
    "{}, see https://www.example.org/. {}.",
)


@pytest.mark.parametrize("beside", BESIDE)
def test_the_sentence_before_or_after_does_not_swallow_a_grant(beside):
    for grant, expression in GRANTS.items():
        for way in WAYS:
            assert expression in detect(way.format(beside, grant)).expression, way.format(beside, grant)
        assert expression in detect(f"{grant}. {beside}.").expression
        assert expression in detect(f"{grant}\n{beside}").expression


_STATED = """
MIT | It is fast, not big. MIT License
MIT | This file may not be used except under the MIT license.
MIT | It may not be distributed other than under the MIT license
MIT | You may not use this file except in compliance with the MIT license.
MIT | You cannot use this except under the MIT license.
MIT | Do not distribute except under the MIT license.
MIT | Do not use it unless under the MIT license.
MIT | You may not copy it if not under the MIT license.
MIT | No license other than the MIT license applies.
MIT | There are no licenses other than the MIT license.
MIT | Nothing but the MIT license applies.
MIT | Any use other than under the MIT license is forbidden.
MIT | Use is subject to, and not limited by, the MIT license.
MIT | You must obey the MIT license.
MIT | released under the MIT license instead of the GPL
MIT | We use the MIT license rather than the GPL.
MIT | The project now uses the MIT license instead.
MIT | Foo (formerly Bar) is MIT licensed.
MIT | Foo, previously Bar, MIT licensed
MIT | foo, formerly known as bar, is under the MIT license
MIT | previously under the GPL, now under the MIT license
MIT | formerly GPL, now MIT licensed
MIT | The library contained here is MIT licensed.
MIT | It is GPL compatible and MIT licensed.
MIT | It is POSIX compatible and MIT licensed.
MIT | A POSIX-compatible, MIT-licensed shell.
MIT | A POSIX-compatible MIT-licensed shell.
MIT | It is distributed under the less restrictive MIT license.
MIT | It is licensed under the non-exclusive MIT license
MIT | This is not GPL, but MIT licensed.
MIT | It is not under the GPL but under the MIT license.
MIT | not big, MIT licensed
MIT | It is under the MIT license, not under the GPL.
MIT | unlike foo, MIT licensed
MIT | All files except foo.c are under the MIT license.
MIT | Everything not in contrib is under the MIT license.
MIT | Anything not mentioned: MIT License
MIT | Files not listed are under the MIT license.
MIT | Where not noted MIT license applies
MIT | If a file has no notice, the MIT license applies.
MIT | It is no longer GPL, but under the MIT license.
MIT | No longer under the GPL: MIT license.
MIT | Not for production use - MIT License
MIT | (not tested) MIT License
MIT | Status: not tested\\nMIT License
MIT | Please cite us. Not required by the MIT license.
MIT | Like foo, MIT licensed.
MIT | MIT License, compatible with everything
MIT | MIT License (compatible with the GPL)
MIT | Licensed under the MIT license, which is compatible with the GPL.
MIT | Licensed under the GPL-compatible MIT license.
MIT | MIT licensed, with modifications by foo
MIT | provided as is without warranty under the MIT license
MIT | use without restriction under the MIT license
MIT | It contains no GPL code and is under the MIT license
MIT | foo is a modified version of the MIT-licensed bar.
MIT | Based on foo, released under the MIT license.
MIT | This is based on foo under the MIT license.
MIT | Derived from foo, MIT License.
MIT | This is derived from foo (MIT license).
MIT | Similar to foo but released under the MIT license.
MIT | When combined with foo this is distributed under the MIT license.
MIT | The result of linking it with readline is covered by the MIT license.
GPL-2.0-only | if not, the GNU General Public License version 2 applies
GPL-2.0-only | You must obey the GNU General Public License version 2 in all respects.
GPL-2.0-only | It is not public domain but GPL version 2.
GPL-2.0-only | It's not the LGPL, it's the GPL version 2.
GPL-2.0-only | The former license was replaced with the GPL version 2.
GPL-3.0-only AND MIT | It is available not only under the MIT license but also under the GPL version 3.
GPL-3.0-only AND MIT | It is not only MIT licensed but also GPL version 3 licensed.
BSD-3-Clause | Licensed under the modified BSD license
MIT | It is not under the GPL or the LGPL but under the MIT license.
MIT | Not under the GPL\\nMIT License
MIT | It contains no GPL code. Or the MIT license applies.
MIT | It contains no GPL code, and the MIT license applies.
MIT | Not under the GPL: MIT license
MIT | not GPL (MIT license)
MIT | This does not mean much. It is under the MIT license.
MIT | Not that this means much, but it is under the MIT license.
MIT | foo combined with bar is released under the MIT license
MIT | It was combined with code licensed under the MIT license.
MIT | When combined with bar this is released under the MIT license.
MIT | If linked with bar it is distributed under the MIT license.
MIT | Your use will be governed by the MIT license
MIT | The change date is in the log. It is under the MIT license
MIT | An exception allows linking with it, and it is under the MIT license.
MIT | Linking against it is permitted under the MIT license
MIT | Do not ship this without a copy. It is under the MIT license
MIT | The license was changed from GPL to the MIT license.
MIT | It was changed from the MIT licensed original to fit.
MIT | The file was moved from contrib. MIT license
GPL-2.0-only AND MIT | Code had to be relicensed from GPL version 2 to the MIT license, which not all did.
MIT | Changed from foo, MIT license, to bar
MIT | It is available at no cost under the MIT license
"""
STATED = _STATED.strip().split("\n")


@pytest.mark.parametrize("row", STATED)
def test_a_grant_that_other_words_stand_around(row):
    expression, _, text = row.partition(" | ")
    assert detect(text.replace("\\n", "\n")).expression == expression


@pytest.mark.parametrize("text", [
    "It is not under the GPL",
    "This is not under the\nGNU General Public License.",
    "/* This is not under the\n * GNU General Public License.\n */",
    " -- This is not under the\n -- GNU General Public License.",
    "It isn't GPL licensed",
    "It is no longer under the GPL version 2.",
    "It is not (yet) under the GPL",
    "It is not, however, under the GPL.",
    "It is not and never was under the GPL.",
    "This is not GPL software.",
    "There is no GPL code inside",
    "This program is neither MIT nor GPL licensed.",
    "It is neither under the GPL nor under the MIT license.",
    "It was never under the GPL.",
    "This cannot be licensed under the MIT license.",
    "It is compatible with the GPL version 2.",
    "The MIT license is compatible with the GPL.",
    "GPL-incompatible licenses",
    "unlike the GPL version 2",
    "previously licensed under the GPL version 2",
    "See the GPL FAQ.",
    "a violation of the GPL version 2",
    "more restrictive than the GPL version 2",
])  # fmt: skip
def test_a_denial_states_nothing(text):
    assert detect(text).matches == ()


@pytest.mark.parametrize("text", [
    "a modified MIT license",
    "modified version of the MIT license",
    "This software is distributed under a modified MIT license.",
    "Licensed under a modified version of the MIT license",
    "Licensed under a modified version of the GNU Lesser General Public License.",
    "It is released under a slightly modified version of the Apache License 2.0.",
    "Licensed under the MIT license with modifications.",
    "Licensed under the MIT license, with restrictions.",
    "Distributed under a variant of the MIT license",
    "Distributed under terms similar to the BSD license",
    "released under a license based on the MIT license",
    "provided under a license other than the GPL",
])  # fmt: skip
def test_another_form_of_a_license_is_an_unknown_one(text):
    (match,) = detect(f"foo\n{text}\nbar").matches
    assert (match.expression, match.rule, match.is_text, match.line) == ("", "unknown-text", True, 2)
    assert "another form" in match.remark


def test_another_form_does_not_swallow_the_license_itself():
    found = detect("foo is under the MIT license, bar is under a modified MIT license.")
    assert [one.expression for one in found.matches] == ["MIT", ""]
    assert detect("foo is under a modified MIT license, bar is under the MIT license.").expression == "MIT"


@pytest.mark.parametrize(
    "code",
    [
        "EXPORT_SYMBOL_GPL(foo)",
        "int flags = MXMR_GPL;",
        "if (modes[i].gpl)",
        "    palette.gpl",
        "lgpl.obj: lgpl.c",
        "gpl_only, false",
    ],
)
def test_parts_of_names_in_code_grant_nothing(code):
    assert detect(code).expression == ""


@pytest.mark.parametrize(
    "text",
    [
        "It is _GPL_ software.",
        "It is *GPL*.",
        "See `GPL`_ for more",
        "This program is GPL.See the manual",
        "released under gpl.see the manual",
        "license_gpl",
        "MODULE_LICENSE_GPL",
        "see gpl.txt",
        "foo_gpl.c is GPL",
        "dual_bsd_gpl",
        "COPYING.GPL",
    ],
)
def test_names_that_only_look_like_code_are_names(text):
    assert "GPL" in detect(text).expression

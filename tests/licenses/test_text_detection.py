"""Licenses in texts: what is stated where, and what it comes to."""

from __future__ import annotations

import os
from functools import lru_cache

import pytest
from conftest import ends
from hypothesis import given, settings
from hypothesis import strategies as st

from sbomctl.licenses.text import detect, index
from sbomctl.licenses.text.index import build, load, parse
from sbomctl.licenses.text.source import KnownText, known_texts

GRANTS = {
    "Dual licensed under the MIT and GPL licenses.": "GPL-1.0-or-later OR MIT",
    "GNU GPL as published by the FSF; either version 2, or (at your option) any later version": "GPL-2.0-or-later",
    "under the GNU Lesser General Public License, version 2.1 of the License only.": "LGPL-2.1-only",
    "either version 2 of the License, or version 3 of the GNU General Public License": "GPL-3.0-only",
    "licensed under version 3 of the GNU Affero General Public License": "AGPL-3.0-only",
    "GNU Free Documentation License, Version 1.2 or any later version": "GFDL-1.2-or-later",
    "released under the same terms as Perl itself": "Artistic-1.0-Perl OR GPL-1.0-or-later",
    "MIT licensed": "MIT",
    "Licensed under the Apache License, Version 2.0 with LLVM Exceptions": "Apache-2.0 WITH LLVM-exception",
    "MPL 1.1/GPL 2.0/LGPL 2.1": "GPL-2.0-or-later OR LGPL-2.1-or-later OR MPL-1.1",
    "-- SPDX-License-Identifier: (GPL-2.0+ OR MIT)": "GPL-2.0-or-later OR MIT",
    "see https://creativecommons.org/licenses/by-sa/3.0/": "CC-BY-SA-3.0",
    "It is compatible with the GPL and was tested on 4.4BSD by Mit": "",
    "It does nothing about copying.": "",
    "under open source licenses like the MIT license": "",
    "Current version of the ISC DHCP distribution": "",
    "License: LGPL-3+ or GPL-2+": "GPL-2.0-or-later OR LGPL-3.0-or-later",
    "under two licenses: 1) the GNU LGPL 2) the Common Public License": "CPL-1.0 AND LGPL-2.0-or-later",
    "under the GPL version 2 or later. The manual is distributed under the GPL.": "GPL-2.0-or-later",
    "https://example.org/blob/master/MIT-LICENCE.md": "MIT",
    "https://example.org/blob/master/LICENSE": "",
    "SPDX-License-Identifier: MIT. Parts are under the GPL version 2.": "GPL-2.0-only AND MIT",
    "SPDX-License-Identifier: MIT.": "MIT",
    "SPDX-License-Identifier: MIT OR GPL-2.0 or later": "GPL-2.0-or-later OR MIT",
    "This is distributed under the GPL and LGPL.": "GPL-1.0-or-later AND LGPL-2.0-or-later",
    "GPL/LGPL": "GPL-1.0-or-later OR LGPL-2.0-or-later",
    "/* SPDX-License-Identifier: MIT */ /* parts are under the ISC license */": "ISC AND MIT",
    "# SPDX-License-Identifier: (MIT OR\n#   Apache-2.0)": "Apache-2.0 OR MIT",
    "REUSE-IgnoreStart\nSPDX-License-Identifier: MIT\nREUSE-IgnoreEnd\nSPDX-License-Identifier: ISC": "ISC",
    "under the GPL version 3. You may dynamically link rsync with the OpenSSL library": "GPL-3.0-only WITH "
    "rsync-linking-exception",
}


@lru_cache(maxsize=1)
def texts():
    return {one.ids[0]: one.text for one in reversed(known_texts())}


@pytest.mark.parametrize("text", GRANTS)
def test_a_grant(text):
    assert detect(text).expression == GRANTS[text]


@pytest.mark.parametrize(
    "value",
    ["MIT AND Foo", "MIT AND GPL-2.0-onlyy", "MIT OR", "MIT AND (GPL", "GPL-2.0 WITH foo", "MIT with some changes",
     "MIT and parts GPL-2.0", "MIT & GPL"],
)  # fmt: skip
def test_a_tag_that_is_an_expression_only_at_its_start_is_unknown(value):
    (match,) = detect(f"// SPDX-License-Identifier: {value}").matches
    assert (match.expression, match.rule, match.is_text, match.raw) == ("", "unknown-text", True, value)
    assert value in match.remark


def test_every_known_text_is_itself():
    wrong = [ids for ids, text, _ in known_texts() if not _is(text, ids)]
    assert len(wrong) <= len(known_texts()) // 100, wrong


def _is(text: str, ids: tuple[str, ...]) -> bool:
    matches = [one for one in detect(text).matches if one.is_text]
    stated = {part for one in matches for part in (*one.candidates, *one.expression.split(), *one.remark.split())}
    return bool(stated & set(ids)) and bool(matches)


def test_all_texts_of_a_file_are_found_with_their_lines():
    text = "\n".join(["one", texts()["ISC"], "two", texts()["MIT"], "three", texts()["ISC"]])
    found = [one for one in detect(text).matches if one.is_text]
    assert [one.expression for one in found] == ["ISC", "MIT", "ISC"]
    lines = text.split("\n")
    assert [lines[one.end_line - 1].split()[-1] for one in found] == ["SOFTWARE.", "SOFTWARE.", "SOFTWARE."]
    assert [one.coverage for one in found] == [1.0, 1.0, 1.0]


def test_a_text_in_comment_marks_with_another_name_in_it():
    body = texts()["BSD-3-Clause"].replace("the copyright holder nor", "Example Ltd. nor")
    found = detect("/*\n" + "\n".join(f" * {line}" for line in body.split("\n")) + "\n */\nint main;\n")
    (match,) = found.matches
    assert (match.expression, match.rule) == ("BSD-3-Clause", "text")
    assert "lacks" in match.remark


def test_gpl_text_alone_leaves_the_version_open_and_a_grant_decides():
    (match,) = detect(texts()["GPL-2.0-only"]).matches
    assert match.expression == "GPL-2.0-only"
    assert match.candidates == ("GPL-2.0-only", "GPL-2.0-or-later")
    grant = "distributed under the GNU GPL version 2 or any later version\n"
    assert detect(grant + texts()["GPL-2.0-only"]).expression == "GPL-2.0-or-later"


def test_a_word_of_another_license_makes_it_another_license():
    """A score would not see it: one word of 183."""
    text = texts()["BSD-2-Clause"]
    assert detect(text).expression == "BSD-2-Clause"
    assert detect(text.replace("must retain", "must not endorse and must retain")).expression != "BSD-2-Clause"


def test_an_exception_goes_to_its_license():
    text = "under the GNU General Public License, version 2.\n\n" + texts()["Classpath-exception-2.0"]
    assert detect(text).expression == "GPL-2.0-only WITH Classpath-exception-2.0"


def test_an_exception_is_not_one_from_a_license_that_needs_none():
    text = f"under the GPL, version 3 or later.\n\n{texts()['MIT']}\n\n{texts()['GCC-exception-3.1']}"
    assert detect(text).expression == "GPL-3.0-or-later WITH GCC-exception-3.1 AND MIT"


def test_texts_without_what_the_list_has_behind_them():
    """COPYING.LESSER without the GPL, the Apache license without its appendix."""
    lesser = texts()["LGPL-3.0-only"].partition("GNU GENERAL PUBLIC LICENSE\nVersion 3")[0]
    assert len(lesser) < 10_000
    assert detect(lesser).expression == "LGPL-3.0-only"
    assert detect(texts()["GPL-3.0-only"] + "\n" + lesser).expression == "LGPL-3.0-only"
    assert detect(texts()["Apache-2.0"].partition("END OF TERMS")[0]).expression == "Apache-2.0"


def test_a_name_of_a_debian_copyright_file_is_explained_by_its_text():
    body = texts()["BSD-4-Clause-UC"].replace("\n", "\n ")
    text = f"Format: x\n\nFiles: *\nCopyright: me\nLicense: BSD\n\nLicense: BSD\n {body}\n"
    assert detect(text).expression == "BSD-4-Clause-UC"


def test_where_a_text_is_kept_is_no_grant():
    where = "\nOn Debian systems the complete text of the GPL version 2 is in /usr/share/common-licenses/GPL-2.\n"
    assert detect("Format: x\nFiles: *\nLicense: GPL-2+\n" + where).expression == "GPL-2.0-or-later"


def test_a_protected_name_must_be_there():
    text = texts()["Saxpath"]
    assert detect(text).expression == "Saxpath"
    assert detect(text.replace("SAXPath", "Other").replace("saxpath", "other")).expression == ""


def test_terms_that_are_only_like_a_known_text_are_said_to_be_unknown():
    words = texts()["Apache-1.1"].split()
    changed = " ".join("other" if at % 8 == 0 else word for at, word in enumerate(words))
    (match,) = [one for one in detect(changed).matches if one.is_text]
    assert (match.rule, match.expression) == ("unknown-text", "")
    assert "lacks" in match.remark


def test_index_is_the_same_again_and_damage_is_noticed(tmp_path):
    some = [KnownText(("A",), "one two three four five six"), KnownText(("B",), "seven eight nine ten eleven twelve")]
    data = build(some).dump()
    assert data == build(some).dump()
    again = parse(data)
    assert again is not None
    assert again.dump() == data
    assert parse(data[:-1] + b"x") is None
    assert parse(b"") is None


def test_index_is_kept_and_read_again(tmp_path):
    index._loaded.cache_clear()
    first = load(tmp_path)
    (file,) = tmp_path.iterdir()
    index._loaded.cache_clear()
    assert load(tmp_path).dump() == first.dump()
    file.write_bytes(b"damaged")
    index._loaded.cache_clear()
    assert load(tmp_path).dump() == first.dump()


def test_a_new_index_takes_the_place_of_those_that_nobody_uses_any_more(tmp_path):
    day = 24 * 60 * 60
    for name, age in (("old", 2 * day), ("old.1234.part", 2 * day), ("others", 60), ("others.5678.part", 60)):
        file = tmp_path / f"license-index-{name}"
        file.touch()
        os.utime(file, (file.stat().st_mtime - age,) * 2)
    (tmp_path / "other.harvest").touch()
    os.utime(tmp_path / "other.harvest", (0, 0))
    index._loaded.cache_clear()
    load(tmp_path)
    left = {file.name for file in tmp_path.iterdir()}
    (own,) = left - {"license-index-others", "license-index-others.5678.part", "other.harvest"}
    assert len(left) == 4, "what another version used just now, or is writing, stays"
    os.utime(tmp_path / own, (0, 0))
    index._loaded.cache_clear()
    load(tmp_path)
    assert (tmp_path / own).stat().st_mtime > day, "a use of it is noted"


@settings(max_examples=60)
@given(
    st.text()
    | st.lists(
        st.sampled_from(["gpl", "version 2", "or", "later", "MIT", "\n", "license:", "http://x.org/", "WITH"])
    ).map(" ".join)
)
def test_anything_is_read(text):
    found = detect(text)
    assert all(1 <= one.line <= one.end_line <= text.count("\n") + 1 for one in found.matches)


@pytest.mark.parametrize(
    "unit", ["license ", "gpl version 2 or ", "<a ", "http://www.gnu.org/licenses/gpl ", "License: X\n", "("]
)
def test_time_is_linear(unit):
    with ends():
        detect(unit * (1_000_000 // len(unit)))

"""Names in running text: what grants a license, and what only speaks of one."""

from __future__ import annotations

import pytest

from sbomctl.licenses.text import detect
from sbomctl.licenses.text.source import listed_texts

NOTICE = "Permission to use this file is described elsewhere, where everybody can read it. " * 8
"""More words than a notice has."""

SAID = {
    "not distributed under the terms of the GNU GPL but released under the MIT license": "MIT",
    "This license is derived from the MIT License.": "",
    "It is based on BSD-licensed code.": "BSD-3-Clause",
    "The Modified MIT License": "",
    "The MIT License (MIT) with restrictions": "",
    '"GPL" means the GNU General Public License, version 2.': "",
    "modified under the GNU General Public License": "GPL-1.0-or-later",
    "Licensed under AGPL": "AGPL-3.0-or-later",
    "gpl v2 plus": "GPL-2.0-or-later",
    "It is not licensed under the GPL or LGPL.": "",
    "wants to stay a free library, not GPL/LGPL": "",
    "in any form which would require the file itself to be covered by the terms of the GPL or the GNU LGPL": "",
    "GPL-compatible doesn't mean that we're distributing Python under the GPL.": "",
    "in combination with another program licensed under the GNU General Public License": "",
    "where this software is combined with software released under the terms of the GPL": "",
    "The program does not contain any code subject to the GNU General Public License": "",
    "License: GPL2 w/ CPE": "GPL-2.0-only WITH Classpath-exception-2.0",
    "The CPE of this package. License: GPL2": "GPL-2.0-only",
    "GPL-2.0-with-autoconf-exception 2.0": "GPL-2.0-only WITH Autoconf-exception-2.0",
    "under the GPL version 3 with the Bison exception 2.2": "GPL-3.0-only WITH Bison-exception-2.2",
    "under the GNU LGPL version 2.1 with the OCaml LGPL Linking Exception": "LGPL-2.1-only WITH "
    "OCaml-LGPL-linking-exception",
    "LGPL 2.1 with the GPL Cooperation Commitment": "LGPL-2.1-only WITH GPL-CC-1.0",
    "License: LGPL-3.0-linking-exception": "LGPL-3.0-only",
    "There is an exception: version 2.0. Licensed under the GPL version 2": "GPL-2.0-only",
    "Released under the FreeBSD License (http://www.freebsd.org/copyright/freebsd-license.html)": "BSD-2-Clause-Views",
    "Simplified BSD License, http://www.freebsd.org/copyright/freebsd-license.html": "BSD-2-Clause-Views",
    "Released under the FreeBSD License": "BSD-2-Clause",
    "licensed under the Apache License 2.0 with an exception to allow linking against GPL2/LGPL2 code": "Apache-2.0",
    "GPL Ghostscript is distributed under the GNU AGPL, version 3": "AGPL-3.0-only",
    "As of the Change Date, in accordance with the Business Source License 1.1, use of this software will be governed "
    "by the Apache License, Version 2.0": "BUSL-1.1",
    "may be distributed without a copy of the GNU LGPL": "",
    "under terms of either version 2 or version 3 of the GNU General Public License": "GPL-2.0-only OR GPL-3.0-only",
    "under the GNU General Public License as published by the FSF, using version 2 of the License": "GPL-2.0-only",
    "under the GNU General Public License version 2.0 (at your option) any later version": "GPL-2.0-or-later",
    f'under the GNU LGPL version 2.1 (the "LGPL"). {NOTICE * 2} Use it under the LGPL or the Apache License 2.0': (
        "Apache-2.0 AND LGPL-2.1-only"
    ),
    "under the wxWindows Library Licence": "LGPL-2.0-or-later WITH WxWindows-exception-3.1",
    "Freely available under the terms of the Lua license": "MIT",
    "License: Bouncy Castle Licence (http://www.bouncycastle.org/licence.html)": "MIT",
    "licensed under ALv2": "Apache-2.0",
    "The license changed from CC-BY-NC-4.0 to CC-BY-4.0 in May.": "CC-BY-4.0",
    "relicensed from the LGPL to MIT license": "MIT",
    "License: CeCILL Free Software License Agreement v2.1": "CECILL-2.1",
    "License: GNUGPLv2+": "GPL-2.0-or-later",
    "License: LGPL21": "LGPL-2.1-only",
    "License: GNULGPL21plus": "LGPL-2.1-or-later",
    "License: AGPLv30": "AGPL-3.0-only",
    "released under the lgpl v21": "LGPL-2.1-only",
    "licensed under the NewBSD": "BSD-3-Clause",
    "This program is GPL'd": "GPL-1.0-or-later",
    "this is gpld software": "GPL-1.0-or-later",
    "licensed under the AGPL v2": "",
    "License: GPL version 7": "",
    "either version 2 of the named License, or any later version of the GPL, version 2 of the named License, or any "
    "later version": "GPL-2.0-or-later",
    "OpenJDK is licensed under the GPLv2+CE.": "GPL-2.0-only WITH Classpath-exception-2.0",
    "available under the GPLv2+ and nothing else": "GPL-2.0-or-later",
    'define DRIVER_LICENSE "Dual BSD/GPL"': "BSD-3-Clause OR GPL-2.0-only",
    "licenseId: NetCDF": "NetCDF",
    "License: Nokia-Qt-exception-1.1": "",
    "<name>GNU Lesser GPL</name> <url>http://www.gnu.org/licenses/lgpl-3.0.html</url>": "LGPL-3.0-only",
    "under the LaTeX Project Public License, version 1.3": "LPPL-1.3c",
    "protected by the EUPL version 1.2": "EUPL-1.2",
    "Licensed under the Simplified BSD License, which is the BSD license in bsd.txt": "BSD-2-Clause",
    "permission to link this program with works licensed under the Mozilla Public License": "",
    "licensed under the Business Source License 1.1, converting to the Apache License 2.0 after four years": "BUSL-1.1",
    "released under the GNU GLPv2+": "GPL-2.0-or-later",
    "distributed under the same license as Vim itself": "Vim",
    "subject to the Go license": "BSD-3-Clause",
    "This is not a BSD license. It cannot be licensed under the MIT license.": "",
    "It contains no GPL code, and may be used under a license other than the GPL.": "",
    "linking it does not cause the resulting executable to be covered by the GNU General Public License": "",
    "a license functionally equivalent to the MIT license": "",
    "under a license equivalent to the LGPL and the MIT license": "MIT",
    "released under the Zope Public License (ZPL) Version 1.0": "",
    "under the Code Project Open License (CPOL); either version 1.0 of the License, or any later version": "",
    "under the Code Project Open License (CPOL) version 1.02": "CPOL-1.02",
    "Distributed under the MIT license.\n1.2 first release": "MIT",
    "MIT license. Version 1.2 of this program": "MIT",
    "Link to the project\nLicensed under the MIT license": "MIT",
    "You may combine them freely. Distributed under the BSD 3-clause license.": "BSD-3-Clause",
    "This program is linked with foo, and released under the GPL version 3.": "GPL-3.0-only",
    "Other than foo this is under the MIT license": "MIT",
    "Licensed under the Apache License.\n3.1 Building": "Apache-2.0",
    "distributed under the GNU Lesser General Public License": "LGPL-2.1-or-later",
    "distributed under the GNU Library or Lesser General Public License": "LGPL-2.0-or-later",
    "distributed under the GNU Lesser General Public License, version 2 or later": "LGPL-2.0-or-later",
    "License: http://www.opensource.org/licenses/bsd-license.php": "BSD-3-Clause",
    "under the Simplified BSD License (http://www.opensource.org/licenses/bsd-license.php)": "BSD-2-Clause",
    "License: http://www.gnu.org/copyleft/lesser.html": "LGPL-2.1-or-later",
    "under the GNU General Public License as published by the Free Software Foundation, Inc., 675 Mass Ave, Cambridge, "
    "USA; either version 2 of the License, or (at your option) any later version": "GPL-2.0-or-later",
    "under the GNU General Public License as published by the Free Software Foundaton; either version two of the "
    "License, a copy of which is in COPYING, or (at your options) any later version": "GPL-2.0-or-later",
    '"under the terms of the GNU General Public License as published by\\n"\n"the Free Software Foundation; either '
    'version 3 of\\nthe License, or\\n"\n"(at your option) any later version.\\n"': "GPL-3.0-or-later",
    "under the GNU General Public License; either version 2 of the License, but not any later version": "GPL-2.0-only",
    "# Some suggested licenses:\n# - MIT\n# - GPLv3\n# - ISC\nlicense: unknown": "",
    '["MIT", "GPL-3.0", "ISC", "Apache-2.0", "LGPL-3.0+", "BSD-3-Clause", "MPL-2.0", "AGPL-3.0", "CC0"]': "",
    "foo.c is under the GPL version 2 or later. bar.c is under the GPL version 2 only.": (
        "GPL-2.0-only AND GPL-2.0-or-later"
    ),
    "foo.c is under the LGPL version 2.1 only. bar.c is under the LGPL version 2.1 or later.": (
        "LGPL-2.1-only AND LGPL-2.1-or-later"
    ),
    "foo is under the GPL version 2. bar is distributed under the terms of the GNU Library General Public License.": (
        "GPL-2.0-only AND LGPL-2.0-or-later"
    ),
    "foo is distributed under the terms of the GNU General Public License. The terms of the GNU General Public License "
    "cover the whole.": "GPL-1.0-or-later",
    "under the LGPL version 2.1. See the GNU General Public License for details.": "LGPL-2.1-only",
    "foo is under GPL version 2. Requires Qt or any later toolkit.": "GPL-2.0-only",
    "foo is under GPL version 2, with Qt or any later version.": "GPL-2.0-or-later",
    "either version 2. of the GNU GPL, a copy of which is in COPYING. Or any later version.": "GPL-2.0-or-later",
    "either version 2 of the GNU GPL; and the following terms": "GPL-2.0-only",
    "Version: MPL 1.1/GPL 2.0. You may use it under the terms of the GNU General Public License version 2 or later.": (
        "GPL-2.0-or-later OR MPL-1.1"
    ),
}


@pytest.mark.parametrize("text", [
    "released under the Zope Public License (ZPL) Version 1.0",
    "This program is under the Mozilla Public License,\nversion 3.7.",
])  # fmt: skip
def test_a_version_that_the_list_does_not_have_is_an_unknown_license(text):
    (match,) = detect(text).matches
    assert (match.expression, match.rule, match.is_text) == ("", "unknown-text", True)
    assert match.end_line == text.count("\n") + 1
    assert "does not have" in match.remark


@pytest.mark.parametrize("text", SAID)
def test_what_is_said(text):
    assert detect(text).expression == SAID[text]


def test_the_gpl_without_a_version_is_talk_where_a_long_text_states_something_else():
    grant = "Licensed under the Apache License, Version 2.0. "
    assert detect(grant + NOTICE + "OpenSSH contains no GPL code.").expression == "Apache-2.0"
    assert detect(NOTICE + "See the GNU General Public License.").expression == "GPL-1.0-or-later"


def test_an_ambiguous_name_in_a_long_text_states_nothing():
    assert detect(NOTICE + "It prints like the BSD license does.").expression == ""
    assert detect(NOTICE + "It is released under the BSD license.").expression == "BSD-3-Clause"


def test_an_agreement_that_nobody_knows_does_not_state_what_it_names():
    agreement = "The Licensor hereby tells the Licensee what this Agreement says; each Licensor may terminate it. " * 3
    names = "MIT License, GNU General Public License. "
    assert detect(agreement + names).expression == ""
    assert (
        detect(agreement + "Parts are licensed under the GNU GPL version 2. " + agreement + names).expression
        == "GPL-2.0-only"
    )
    assert detect(f"Files: *\nLicense: ISC\n {agreement}\n MIT License").expression == "ISC AND MIT"


AGREEMENT = "The Licensor hereby tells the Licensee what this Agreement says; each Licensor may terminate it. " * 3
TERMS = "see http://www.apache.org/licenses/LICENSE-2.0 for the full terms"


@pytest.mark.parametrize("said", [TERMS, "Read the Apache License 2.0 and the MIT License."])
def test_an_agreement_that_only_names_or_refers_to_licenses_is_unknown(said):
    (match,) = detect(f"{AGREEMENT}\n{said}.\n{AGREEMENT}").matches
    assert (match.rule, match.expression, match.is_text) == ("unknown-text", "", True)
    assert "agreement" in match.remark


@pytest.mark.parametrize(
    ("grant", "expression"),
    [
        ("Parts are licensed under the Apache License 2.0", "Apache-2.0"),
        ("Parts are licensed under the Apache License, {}", "Apache-2.0"),
        ("licensed under the GNU LGPL version 2.1 and/or the GNU GPL versions 2.0 and 3.0", "GPL-2.0-only"),
        ("SPDX-License-Identifier: Apache-2.0\n", "Apache-2.0"),
        ("This license is granted pursuant to the GNU General Public License v.2", "GPL-2.0-only"),
    ],
)
def test_what_an_agreement_grants_is_stated(grant, expression):
    assert expression in detect(f"{AGREEMENT}\n{grant.format(TERMS)}.\n{AGREEMENT}").expression


def test_a_license_that_is_badly_copied_is_what_it_is_called():
    words = next(one.text for one in listed_texts() if one.ids[0] == "APSL-2.0").split()
    detection = detect(" ".join(words[:40] + [word for at, word in enumerate(words[40:]) if at % 60 < 45]))
    assert detection.expression == "APSL-2.0"
    assert any(match.rule == "unknown-text" for match in detection.matches)


def test_a_list_is_not_granted_because_its_first_entry_is():
    names = "GNU Lesser General Public License version 2.1\nQ Public License Version 1.0\nMozilla Public License 1.1"
    assert "MPL" not in detect(f"{AGREEMENT}\nlicensed under the {names}\n{AGREEMENT}").expression
    assert (
        "MPL-1.1"
        in detect(f"{AGREEMENT}\nlicensed under the {names}".replace("\nMoz", " or the Moz") + AGREEMENT).expression
    )


def test_an_address_in_a_notice_or_beside_a_text_is_stated():
    assert detect(TERMS).expression == "Apache-2.0"
    assert detect(f"{NOTICE} {TERMS}").expression == "Apache-2.0"

"""The curations file: what it says, and every fault of it at once."""

from __future__ import annotations

import pytest

from sbomctl.config.curations import load_curations
from sbomctl.errors import ConfigError
from sbomctl.model import Choice, Curation, Curations

WHOLE = """\
curations:
  - id: C-1
    component: pkg:deb/debian/zlib1g
    versions: ">=1:1.2,<1:2"
    concluded: zlib
    author: legal@acme.example
    reason: read the text
choices:
  - {id: E-1, component: "*", given: MIT or GPL-2.0, choose: MIT, author: legal, reason: no source}
"""


def load(tmp_path, text: str) -> Curations:
    file = tmp_path / "curations.yaml"
    file.write_text(text, encoding="utf-8")
    return load_curations(file)


def faults(tmp_path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert caught.value.exit_code == 2
    return [str(fault).partition("curations.yaml:")[2] for fault in caught.value.faults]


def test_the_whole_file(tmp_path):
    assert load(tmp_path, WHOLE) == Curations(
        "curations.yaml",
        (Curation("C-1", "pkg:deb/debian/zlib1g", "legal@acme.example", "read the text", ">=1:1.2,<1:2",
                  concluded="Zlib", line=2),),
        (Choice("E-1", "*", "GPL-2.0-only OR MIT", "MIT", "legal", "no source", line=9),),
    )  # fmt: skip


def test_every_fault_is_told_at_its_place(tmp_path):
    text = """\
curations:
  - {id: C-1, component: "pkg:deb/debian/a", concluded: GPLv2, author: x, reason: y}
  - {id: C-1, component: "pkg:deb/debian/b", author: x, reason: y}
  - {id: C-2, component: "pkg:deb/debian/c", versions: "about 2", concluded: MIT, author: x, reason: y}
choices:
  - {id: E-1, component: "*", given: MIT, choose: MIT, author: x, reason: y}
  - {id: E-2, component: "*", given: MIT OR ISC, choose: Zlib, author: x, reason: y}
"""
    assert faults(tmp_path, text) == [
        "2:57: 'GPLv2' is no license expression: 'GPLv2' is no SPDX license identifier",
        "3:5: sets nothing; give one of declared, concluded, copyrights",
        "3:10: 'C-1' is already the id of line 2",
        "4:56: 'about 2' is no condition on a version, as in '>=5.2,<5.3'",
        "6:38: 'MIT' offers no choice; it has no OR at its top",
        "7:58: Zlib is not offered; the branches are ISC, MIT",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("curations: []\n", "1:12: the list is empty"),
        ("curations:\n  - {id: C, component: zlib, concluded: MIT, author: x, reason: y}\n", "2:24: 'zlib' is not"),
        ("curations:\n  - {id: C, component: '*', concluded: MIT, author: x}\n", "2:5: 'reason' is missing"),
        ("curation:\n  - {}\n", "1:1: unknown key 'curation', did you mean 'curations'?"),
        ("{}\n", "1:1: "),
    ],
)
def test_what_the_schema_refuses(tmp_path, text, fault):
    assert faults(tmp_path, text)[0].startswith(fault)

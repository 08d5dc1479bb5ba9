"""What every dialect promises, and which one is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT, ends
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.licenses.base import Context, Declared
from sbomctl.licenses.dialects import DIALECTS, dialect, resolve
from sbomctl.licenses.dialects._gnu import Bare, gnu_license
from sbomctl.licenses.expression import canonical
from sbomctl.model import OsRelease

FIELDS = st.sampled_from(
    ["", "License", "License-Expression", "Classifier", "license", "licenses", "url", "license-file"]
)
WORDS = st.sampled_from(
    ["GPL-2+", "GPLv2", "MIT", "BSD", "and", "or", "OR", "with", "(", ")", ",", ";", "/", "&", "|", "exception",
     "and/or", "Artistic", "any later version", "GPL", "NOASSERTION", "Apache", "License ::", "custom:x", "\n",
     "SUSE-x", "é", "+"]
)  # fmt: skip
PHRASES = st.lists(WORDS, max_size=14).map(" ".join)
TEXTS = st.one_of(PHRASES, st.text(max_size=60), st.lists(WORDS, max_size=8).map("".join))
SYSTEMS = st.sampled_from([None, OsRelease("fedora", "40"), OsRelease("rhel", "8"), OsRelease("", "x" * 50)])
MEGABYTE = 1 << 20


def test_every_module_is_registered():
    folder = ROOT / "sbomctl/licenses/dialects"
    modules = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    assert [one.name for one in DIALECTS] == sorted(modules)
    assert all(one.about for one in DIALECTS)


@pytest.mark.parametrize("name", [one.name for one in DIALECTS])
@given(strings=st.lists(st.builds(Declared, TEXTS, FIELDS), max_size=4), os=SYSTEMS)
def test_any_text_has_a_reading(name, strings, os):
    found = dialect(name).declare(strings, Context(("scope", "pkg"), os))
    assert len(found.readings) == len(strings)
    for one in (*found.readings, found):
        assert one.expression == (canonical(one.expression) if one.expression else "")
    for reading in found.readings:
        assert list(reading.candidates) == sorted({canonical(one) for one in reading.candidates})
        assert reading.expression or reading.remark
        assert len(reading.candidates) < 100
    assert dialect(name).declare(strings, Context(("scope", "pkg"), os)) == found


@pytest.mark.parametrize("name", [one.name for one in DIALECTS])
@pytest.mark.parametrize(
    "unit", ["MIT AND ", "a", " ", "(", ",", "/", "MIT\n", "GPL with ", "GPL-2 or ", "BSD or later ", "SUSE-x ", "()"]
)
def test_a_megabyte_is_read_in_one_pass(name, unit):
    text = unit * (MEGABYTE // len(unit))
    with ends():
        for field in ("", "Classifier"):
            dialect(name).declare([Declared(text, field)], Context(("x",)))


@pytest.mark.parametrize(
    "text",
    [
        " and ".join(["BSD"] * 1000),
        " and ".join(f"name{number}" for number in range(800)),
        " and ".join(f"BSD or name{number}" for number in range(400)),
        "MIT, and ISC, or " * 450 + "Zlib",
        "MIT (a) " * 1000,
        "/".join(["MIT", "BSD", "name"] * 700),
        "MIT ISC " * 1000,
        "(MIT or (" * 800,
        "+" * 8000,
        "GPL-2, or " * 800,
    ],
)
@pytest.mark.parametrize("name", [one.name for one in DIALECTS])
def test_the_longest_strings_that_are_read_word_by_word(name, text):
    with ends():
        dialect(name).declare([Declared(text)], Context(("x",)))


@pytest.mark.parametrize(
    ("writer", "os", "name"),
    [
        ("dpkg", OsRelease("ubuntu"), "debian"),
        ("deb", None, "debian"),
        ("rpm", OsRelease("fedora"), "fedora"),
        ("rpm", OsRelease("almalinux", id_like=("rhel", "centos", "fedora")), "fedora"),
        ("rpm", OsRelease("amzn"), "fedora"),
        ("rpm", OsRelease("own-distro", id_like=("centos",)), "fedora"),
        ("rpm", OsRelease("opensuse-leap", id_like=("suse", "opensuse")), "suse"),
        ("rpm", OsRelease("sles"), "suse"),
        ("rpm", OsRelease("poky"), "yocto"),
        ("rpm", OsRelease("petalinux"), "yocto"),
        ("rpm", None, "fedora"),
        ("rpm", OsRelease("linux"), "fedora"),
        ("opkg", OsRelease("openwrt", id_like=("lede", "openwrt")), "openwrt"),
        ("opkg", OsRelease("angstrom"), "yocto"),
        ("opkg", None, "yocto"),
        ("apk", OsRelease("alpine"), "alpine"),
        ("apk", OsRelease("postmarketos", id_like=("alpine",)), "alpine"),
        ("apk", OsRelease("openwrt"), "openwrt"),
        ("python", None, "python"),
        ("pypi", None, "python"),
        ("npm", None, "npm"),
        ("cargo", None, "cargo"),
        ("composer", None, "composer"),
        ("maven", None, "maven"),
        ("golang", None, "spdx"),
        ("gem", None, "spdx"),
        ("generic", OsRelease("debian"), "spdx"),
        ("syft", None, "spdx"),
    ],
)
def test_who_reads_what(writer, os, name):
    assert resolve(writer, os).name == name


@given(st.text("agplfd123. +onlyrte", max_size=30))
def test_what_is_no_name_of_gnu_is_left_alone(text):
    for bare in Bare:
        reading = gnu_license(text, bare)
        assert reading is None or reading.expression or reading.candidates


def test_tables_lie_in_the_package():
    folder = Path(ROOT, "sbomctl/licenses")
    assert {path.name for path in folder.glob("*.tsv")} == {"aliases.tsv", "exceptions.tsv"}

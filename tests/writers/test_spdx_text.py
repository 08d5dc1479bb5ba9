"""Values as SPDX documents may carry them."""

import pytest

from sbomctl.writers._spdx_text import Agent, AgentKind, agent, digest, line, purl, text, url

PERSON, ORGANIZATION, UNKNOWN = AgentKind.PERSON, AgentKind.ORGANIZATION, AgentKind.UNKNOWN


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("Matthias Klose <doko@debian.org>", Agent("Matthias Klose", "doko@debian.org", PERSON)),
        ("Jean-loup O'Brien Jr. <j@example.org>", Agent("Jean-loup O'Brien Jr.", "j@example.org", PERSON)),
        (
            "Debian OpenSSL Team <pkg-openssl-devel@alioth-lists.debian.net>",
            Agent("Debian OpenSSL Team", "pkg-openssl-devel@alioth-lists.debian.net", ORGANIZATION),
        ),
        ("Red Hat, Inc. <http://bugzilla.example>", Agent("Red Hat, Inc. <http://bugzilla.example>", "", ORGANIZATION)),
        ("Poky <poky@yoctoproject.org>", Agent("Poky", "poky@yoctoproject.org", UNKNOWN)),
        ("Jane Doe", Agent("Jane Doe", "", UNKNOWN)),
        ("<jane@example.org>", Agent("jane@example.org", "jane@example.org", UNKNOWN)),
        ("A <a@x.org>, B <b@x.org>", Agent("A <a@x.org>, B <b@x.org>", "", UNKNOWN)),
        ("two\nlines", Agent(r"two\x0alines", "", UNKNOWN)),
        ("  ", None),
    ],
)
def test_agent(stated, expected):
    assert agent(stated) == expected


@pytest.mark.parametrize("good", ["https://zlib.net/", "http://a.b.example:80/x?y=z#f", "ftp://ftp.gnu.org/gnu/"])
def test_url(good):
    assert url(good) == good


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "zlib.net",
        "https://localhost/",
        "https://a b.example/",
        "javascript:alert(1)",
        "https://x.org/<a>",
        "file:///x",
    ],
)
def test_not_url(bad):
    assert url(bad) == ""


def test_vcs_url_only_where_it_is_asked_for():
    assert url("git+https://example.org/x.git@abc", vcs=True)
    assert not url("git+https://example.org/x.git@abc")


def test_long_hostile_url_is_refused_quickly():
    assert url("https://" + "a-" * 100_000) == ""


def test_purl_has_no_space():
    assert purl("pkg:deb/debian/a@1") == "pkg:deb/debian/a@1"
    assert purl("pkg:deb/debian/a b@1") == ""
    assert purl("nothing") == ""


def test_digest():
    assert digest("sha256:" + "0f" * 32) == ("sha256", "0f" * 32)
    assert digest("sha256:0f") is None
    assert digest("deadbeef") is None


def test_line_and_text():
    assert line(" a\tb\nc\x85 ") == r"a\x09b\x0ac"
    assert text(" a\tb\r\nc\rd\x00 ") == "a\tb\nc\\x0dd\\x00"
    assert line("\ud800") == r"\ud800"

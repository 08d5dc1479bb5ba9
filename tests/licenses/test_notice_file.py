"""NOTICE files."""

from __future__ import annotations

import pytest

from sbomctl.layers.patterns import Gate
from sbomctl.licenses.base import FileLicenses
from sbomctl.licenses.notice_file import NoticeFile
from sbomctl.model import LicenseKind

TEXT = "Apache Foo\nCopyright 2001-2003 Foo\n\nThis product includes software by Bär (c) 2009 Bär.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_the_whole_text_is_kept_with_its_statements(encoding):
    read = NoticeFile().read("usr/share/doc/foo/NOTICE", TEXT.encode(encoding))
    assert read == FileLicenses(notice=TEXT, copyrights=((2, "Copyright 2001-2003 Foo"), (4, "(c) 2009 Bär.")))


@pytest.mark.parametrize("data", [b"", b" \n", b"\x7fELF\0"])
def test_what_is_no_text_is_none(data):
    assert NoticeFile().read("NOTICE", data) is None


def test_the_licenses_are_those_that_the_text_detector_sees():
    read = NoticeFile().read("NOTICE", b"Foo uses zlib.\n\nIt is licensed under the MIT license.\n")
    assert read is not None
    assert [(one.expression, one.line, one.kind) for one in read.statements][-1] == ("MIT", 3, LicenseKind.DETECTED)


def test_names():
    gate = Gate(NoticeFile.wants)
    for name in ("NOTICE", "NOTICE.txt", "NOTICES.md", "META-INF/NOTICE-foo", "THIRD-PARTY-NOTICES.txt",
                 "ThirdPartyNotices.html", "third_party_notices"):  # fmt: skip
        assert gate(f"usr/lib/foo/{name}"), name
    for name in ("AUTHORS", "NOTICE.py", "notice.h", "libnotice.so"):
        assert not gate(f"usr/lib/foo/{name}"), name

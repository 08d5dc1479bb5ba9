import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from sbomctl.catalogers._deb822 import field_line, read_fields, split_records
from sbomctl.catalogers._purl import purl
from sbomctl.catalogers._relations import capability_names, source_and_version, sources_used
from sbomctl.model import SourceRef


def read(data):
    return [(record.line, read_fields(record.data).values) for record in split_records(data)]


def faults(data):
    return [
        (record.line + fault.line, fault.reason)
        for record in split_records(data)
        for fault in read_fields(record.data).faults
    ]


def test_records_know_their_line():
    assert read(b"\n\nPackage: a\nX: 1\n\n\n\nPackage: b\n") == [(3, {"package": "a", "x": "1"}), (8, {"package": "b"})]


def test_continuation_lines_keep_their_shape():
    assert read(b"D: one\n two\n  three \n .\n")[0][1] == {"d": "one\ntwo\n three\n."}


def test_names_are_case_insensitive_and_values_may_hold_colons():
    assert read(b"PACKAGE:a\nUrl: http://x:1/\n")[0][1] == {"package": "a", "url": "http://x:1/"}


def test_carriage_returns_are_line_ends():
    assert read(b"Package: a\r\nV: 1\r\n\r\nPackage: b\r\n") == [(1, {"package": "a", "v": "1"}), (4, {"package": "b"})]


def test_a_line_of_blanks_ends_a_record():
    assert read(b"Package: a\n \t\nPackage: b\n") == [(1, {"package": "a"}), (3, {"package": "b"})]


def test_a_line_of_blanks_before_a_continuation_does_not():
    assert read(b"Package: a\nD: x\n \n y\nH: z\n") == [(1, {"package": "a", "d": "x\n\ny", "h": "z"})]


def test_a_missing_blank_line_loses_no_record():
    records = split_records(b"X: 0\n\nPackage: a\nV: 1\nPackage: b\nV: 2\nPackage: c\n")
    assert [(r.line, r.data, bool(r.fault)) for r in records] == [
        (1, b"X: 0", False),
        (3, b"Package: a\nV: 1", False),
        (5, b"Package: b\nV: 2", True),
        (7, b"Package: c", True),
    ]


def test_stray_lines_are_one_fault_and_the_rest_is_read():
    data = b"\nPackage: a\nno field\nnone either\n: nameless\n# comment\nV: 1\n"
    assert read(data) == [(2, {"package": "a", "v": "1"})]
    assert faults(data) == [(3, "4 line(s) of this record are neither field nor continuation")]


def test_a_continuation_of_nothing_is_a_fault():
    assert faults(b" x\nPackage: a\n") == [(1, "1 line(s) of this record are neither field nor continuation")]


def test_the_first_of_a_repeated_field_is_kept():
    assert read(b"Package: a\nV: 1\nv: 2\n more\nW: 3\n")[0][1] == {"package": "a", "v": "1", "w": "3"}
    assert faults(b"Package: a\nV: 1\nv: 2\n") == [(3, "field v a second time; the first is kept")]


def test_bytes_that_are_no_text():
    data = b"Package: a\nM: \xe9t\x00\n"
    assert read(data) == [(1, {"package": "a", "m": r"\xe9t"})]
    assert faults(data) == [(2, "control characters, left out"), (2, "bytes that are not UTF-8")]


def test_a_huge_record_is_read_and_not_remembered():
    data = b"Package: a\nD: " + b"x" * 200_000
    assert len(read(data)[0][1]["d"]) == 200_000


def test_field_line():
    assert field_line(b"Package: a\nD: License: x\n c\nlicense: MIT\n", "license") == 3
    assert field_line(b"License: MIT", "license") == 0
    assert field_line(b"A: b", "license") == 0


LINE = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20)
FIRST = LINE.map(str.strip)
MORE = LINE.map(str.rstrip).filter(bool)
NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,10}", fullmatch=True).map(str.lower)
PARAGRAPH = st.dictionaries(NAME, st.tuples(FIRST, st.lists(MORE, max_size=3)), min_size=1, max_size=5)


@given(st.lists(PARAGRAPH, max_size=4), st.integers(0, 3))
def test_what_is_written_is_read(paragraphs, blank_lines):
    texts = [
        "".join(f"{name}: {first}\n" + "".join(f" {line}\n" for line in more) for name, (first, more) in p.items())
        for p in paragraphs
    ]
    data = ("\n" * blank_lines + ("\n" * (1 + blank_lines)).join(texts)).encode()
    assert [fields for _, fields in read(data)] == [
        {name: "\n".join((first, *more)) for name, (first, more) in p.items()} for p in paragraphs
    ]
    lines = data.split(b"\n")
    for line, fields in read(data):
        assert lines[line - 1].decode().startswith(next(iter(fields)))


@given(
    st.binary(max_size=400)
    | st.lists(st.sampled_from([b"Package: a", b"\n", b" ", b"\r", b"x:", b"\xff", b"\0"])).map(b"".join)
)
def test_any_bytes_give_records(data):
    for record in split_records(data):
        assert 1 <= record.line <= data.count(b"\n") + 1
        read_fields(record.data)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("libc6 (>= 2.2.1), default-mta | mail-transport-agent", ("default-mta|mail-transport-agent", "libc6")),
        ("python3:any (>= 3.1~), python3", ("python3",)),
        ("a [i386],\n b [!amd64] <!nocheck>,", ("a", "b")),
        ("kernel (= 5.15.134-1-81d76c)", ("kernel",)),
        ("", ()),
        ("(((((,", ("(((((",)),
    ],
)
def test_capability_names(value, names):
    assert capability_names(value) == names


def test_capability_names_of_several_fields_are_united():
    assert capability_names("b, a", "a, c") == ("a", "b", "c")


@pytest.mark.parametrize(
    ("value", "pair"),
    [("gcc-12", ("gcc-12", "")), ("lvm2 (2.03.16-2)", ("lvm2", "2.03.16-2")), ("x (1", ("x", "1")), ("", ("", ""))],
)
def test_source_and_version(value, pair):
    assert source_and_version(value) == pair


def test_sources_used():
    assert sources_used("glibc (= 2.36-9+deb12u4), foo (= 1:2),\n foo (= 1:2), bare", "built-using") == (
        SourceRef("bare", "", relation="built-using"),
        SourceRef("foo", "1:2", relation="built-using"),
        SourceRef("glibc", "2.36-9+deb12u4", relation="built-using"),
    )


PART = st.text("abzAZ019.+~:_-@/ %é?#&=", max_size=8)


@given(st.sampled_from(["deb", "generic", "rpm", "npm", "pypi", "apk"]), PART, PART, PART, PART)
def test_a_purl_is_what_packageurl_makes_of_it(kind, namespace, name, version, arch):
    qualifiers = {"upstream": version, "arch": arch}
    expected = ""
    if name.strip().strip("/"):
        made = PackageURL(kind, namespace or None, name, version or None, qualifiers).to_string()
        expected = re.sub("%..", lambda escape: escape[0].upper(), made)  # the library lowers a name with its escapes
    assert purl(kind, namespace, name, version, qualifiers) == expected


def test_escapes_of_a_name_that_is_lowered_stay_upper_case():
    assert purl("apk", "alpine", "libstdc++", "13.2") == "pkg:apk/alpine/libstdc%2B%2B@13.2"
    assert purl("apk", "alpine", "GTK+2.0", "1") == "pkg:apk/alpine/gtk%2B2.0@1"

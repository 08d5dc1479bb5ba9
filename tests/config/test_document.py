from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.config.composer import Bounds
from sbomctl.config.document import parse, parse_foreign, read
from sbomctl.errors import ConfigError


def refusal(raw: bytes, bounds: Bounds | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(raw, "f.yaml", bounds or Bounds())
    (fault,) = caught.value.faults
    return str(fault)


def test_every_key_and_value_knows_its_place():
    document = parse(b"a: 1\nlist:\n  - {x: one, y: two}\n  - three\n", "f.yaml")
    assert document.data == {"a": 1, "list": [{"x": "one", "y": "two"}, "three"]}
    assert str(document.fault(["a"], "m")) == "f.yaml:1:4: m"
    assert str(document.key_fault(["a"], "m")) == "f.yaml:1:1: m"
    assert str(document.key_fault(["list", 0, "y"], "m")) == "f.yaml:3:14: m"
    assert str(document.fault(["list", 0, "y"], "m")) == "f.yaml:3:17: m"
    assert str(document.fault(["list", 1], "m")) == "f.yaml:4:5: m"
    assert str(document.key_fault(["list", 1], "m")) == "f.yaml:4:5: m"
    assert str(document.fault(["list", 0, "gone", "deeper"], "m")) == "f.yaml:3:5: m", "the deepest place that exists"
    assert str(document.key_fault([], "m")) == "f.yaml:1:1: m"


def test_columns_count_characters_not_bytes():
    document = parse('"ü": "ä"\nß: [é, x]\n'.encode(), "f.yaml")
    assert document.node(["ü"]).mark == (1, 6)
    assert document.node(["ß", 1]).mark == (2, 8)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("2027-06-30", "2027-06-30"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("010", 10),
        ("0x10", "0x10"),
        ("-7", -7),
        ("2.40", 2.4),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("9" * 5000, "9" * 5000),
        ("null", None),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_scalars_follow_yaml_1_2(text, value):
    document = parse(f"key: {text}\n".encode(), "f.yaml")
    assert document.data == {"key": value}
    assert not document.faults


def test_a_number_keeps_the_way_it_was_written():
    assert parse(b"version: 2.40", "f.yaml").node(["version"]).text == "2.40"


def test_faults_that_reading_goes_past_are_gathered():
    document = parse(b"a: 1\na: 2\n1: x\n[q, r]: y\nnull: z\nb: !!python/object:os.system 1\nc: !x {d: 1}\n", "f.yaml")
    assert [str(fault) for fault in document.faults] == [
        "f.yaml:2:1: key 'a' is already given in line 1",
        "f.yaml:3:1: a key must be text; put 1 in quotes",
        "f.yaml:4:1: a key must be text; put it in quotes",
        "f.yaml:5:1: a key must be text; put null in quotes",
        "f.yaml:6:4: tag tag:yaml.org,2002:python/object:os.system is not understood; remove it",
        "f.yaml:7:4: tag !x is not understood; remove it",
    ]
    assert document.data == {"a": 1, "b": "1", "c": {"d": 1}}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "f.yaml:1:1: the file is empty"),
        (b"# only a comment\n", "f.yaml:1:1: the file is empty"),
        (b"a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document; write one per file"),
        (b"ok: 1\nb: \xff\n", "f.yaml:2:4: byte 0xff is not UTF-8"),
        (b"\xef\xbb\xbfb: \xff\n", "f.yaml:1:4: byte 0xff is not UTF-8"),
        (b"\xff\xfea\0", "f.yaml:1:1: byte 0xff is not UTF-8"),
        ("ü: 1\nb: \x01".encode(), "f.yaml:2:4: control characters are not allowed"),
        (b"a: *b\n", "f.yaml:1:4: alias *b has no anchor before it"),
        (b"a: &a [1, *a]\n", "f.yaml:1:11: alias *a stands inside itself"),
        (b"a: [1\nb: }\n", "f.yaml:2:2: not YAML: did not find expected ',' or ']' while parsing a flow sequence"),
        (b"[" * 900, "f.yaml:1:41: nested deeper than 40 levels"),
        (b"- " * 900, "f.yaml:1:81: nested deeper than 40 levels"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_place(raw, expected):
    assert refusal(raw) == expected


def test_alias_bombs_are_refused_before_they_are_built():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    assert refusal("\n".join(lines).encode()) == "f.yaml:5:55: more than 100000 values once aliases are expanded"


def test_aliases_cannot_build_depth():
    lines = ["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 100))]
    assert refusal("\n".join(lines).encode()).endswith("nested deeper than 40 levels")


def test_an_alias_is_the_value_it_names():
    document = parse(b"a: &x {k: 1}\nb: *x\n", "f.yaml")
    assert document.data == {"a": {"k": 1}, "b": {"k": 1}}


def test_the_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    file = tmp_path / "f.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\nb: 3\r\n")
    document = read(file)
    assert document.data == {"a": 1, "b": 2}
    assert str(document.faults[0]) == f"{file}:3:1: key 'b' is already given in line 2"


def test_large_missing_and_odd_files_are_refused(tmp_path):
    large = tmp_path / "large.yaml"
    large.write_bytes(b"a: " + b"x" * (1 << 20))
    with pytest.raises(ConfigError) as caught:
        read(large)
    assert "larger than 1048576 bytes" in str(caught.value.faults[0])
    for odd in (tmp_path, tmp_path / "missing.yaml"):
        with pytest.raises(ConfigError, match=r"cannot read .*(directory)"):
            read(odd)


PIECES = [
    "a",
    ": ",
    "- ",
    "\n",
    "  ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&x ",
    "*x",
    "!t ",
    "'",
    '"',
    "|",
    ">",
    "#",
    "? ",
    "%",
    "é",
    "\t",
    "1",
]


@given(
    st.one_of(
        st.binary(max_size=200), st.lists(st.sampled_from(PIECES), max_size=60).map(lambda p: "".join(p).encode())
    )
)
def test_any_bytes_give_a_document_or_faults_with_places(raw):
    try:
        document = parse(raw, "f.yaml")
    except ConfigError as error:
        faults = error.faults
        assert len(faults) == 1
    else:
        faults = document.faults
        json.dumps(document.data)
    assert all(fault.line >= 1 and fault.column >= 1 for fault in faults)


def test_files_of_other_programs_may_hold_what_ours_may_not():
    text = b"a: &x 1\n80: !tag v\n? {k: 1}\n: 2\n---\n# nothing\n---\nb: !!str 7\n"
    documents, faults = parse_foreign(text, "f.yaml")
    assert [document.data for document in documents] == [{"a": 1, "80": "v"}, None, {"b": "7"}]
    assert not faults
    assert documents[0].root.items["80"].tag == "!tag"
    assert documents[2].root.items["b"].mark == (8, 4)
    with pytest.raises(ConfigError, match="cannot be read"):
        parse_foreign(b"a: &x 1\n---\nb: *x\n", "f.yaml")
    with pytest.raises(ConfigError) as caught:
        parse_foreign(b"a: [1, 2]\n---\n" * 20, "f.yaml", Bounds(nodes=50))
    assert "more than 50 values" in str(caught.value.faults[0])

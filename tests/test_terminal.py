from __future__ import annotations

import pytest

from sbomctl.terminal import counted, pad, printable, shorten, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ünïcode 名前 😀", "plain text, ünïcode 名前 😀"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\tb\nc\rd\x07\x7f", "a\\x09b\\x0ac\\x0dd\\x07\\x7f"),
        ("\x9b31m", "\\x9b31m"),
        ("exe.\u202etxt\u2066", "exe.\\u202etxt\\u2066"),
        ("zero\u200bwidth\ufeff\u2028", "zero\\u200bwidth\\ufeff\\u2028"),
        ("\U000e0041", "\\U000e0041"),
        ("\udcff", "\\udcff"),
    ],
)
def test_nothing_reaches_a_terminal_unescaped(text, shown):
    assert printable(text) == shown
    assert printable(text).isprintable()


def test_widths_are_those_of_a_terminal():
    assert [width(text) for text in ("", "abc", "名前", "e\u0301", "ü")] == [0, 3, 4, 1, 1]


@pytest.mark.parametrize("text", ["", "abc", "abcdefghij", "名前名前名前", "a名b前c名", "e\u0301" * 20])
@pytest.mark.parametrize("columns", [1, 2, 3, 5, 9, 10, 11])
def test_shortened_text_fits_and_fills(text, columns):
    short = shorten(text, columns)
    assert width(short) <= columns
    assert width(pad(short, columns)) == columns
    assert short == text if width(text) <= columns else short.endswith("…") and text.startswith(short[:-1])


def test_counts_are_in_words():
    assert [counted(1, "layer"), counted(0, "layer"), counted(1204, "entry", "entries")] == [
        "1 layer",
        "0 layers",
        "1,204 entries",
    ]

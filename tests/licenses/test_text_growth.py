"""What detection costs grows as the text does: counted in instructions of the interpreter, not in seconds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sbomctl.licenses.text import detect, words
from sbomctl.licenses.text.source import listed_texts

DETECTOR = str(Path(words.__file__).parent)
SLACK = 1.15  # what a longer text may cost more for each of its characters


def instructions(text):
    """How many the detector executes; what C code does in one of them is not seen."""
    count = 0

    def trace(frame, event, _argument):
        nonlocal count
        if not frame.f_code.co_filename.startswith(DETECTOR):
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        count += event == "opcode"
        return trace

    detect(text)  # what is remembered is remembered for both
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        detect(text)
    finally:
        sys.settrace(before)
    return count


def _texts():
    return {one.ids[0]: one.text for one in sorted(listed_texts(), reverse=True)}


@pytest.mark.parametrize(
    "unit",
    [
        "the license is licensed under a copyright license ",
        "GPL version 2 or any later version ",
        "License: GPL-2+ or MIT\n",
        "https://www.gnu.org/licenses/gpl-2.0.html ",
        "licenselicense",
        "1.2.3+.4",
        "<a <p &amp; ",
        "Copyright (c) 2001 by the authors\n",
        "It is (not) GPL 2, compatible. ",
        "not GPL 2 (compatible\n\n",
    ],
)
def test_a_repeated_unit(unit):
    small, large = (instructions((unit * size)[:size]) for size in (2_000, 20_000))
    assert large <= 10 * SLACK * small


@pytest.mark.parametrize("license_id", ["MIT", "BSD-3-Clause", "Apache-2.0"])
def test_a_repeated_text(license_id):
    text = _texts()[license_id] + "\n"
    small, large = (instructions(text * times) for times in (3, 30))
    assert large <= 10 * SLACK * small


def test_lines_of_a_text_in_another_order():
    text = "\n".join(reversed(_texts()["MIT"].split("\n"))) + "\n"
    small, large = (instructions(text * times) for times in (3, 30))
    assert large <= 10 * SLACK * small


def _different_texts(count):
    return [text for _, text in sorted(_texts().items()) if 800 < len(text) < 2500][:count]


def test_many_different_texts():
    """Alone a text rules out those like it at once; among others each costs at most half as much again."""
    alone = sum(map(instructions, _different_texts(30)))
    together = instructions("\n\n".join(_different_texts(30)))
    assert together <= 1.6 * alone


def test_twice_as_many_different_texts():
    small, large = (instructions("\n\n".join(_different_texts(count))) for count in (60, 120))
    assert large <= 2 * SLACK * small

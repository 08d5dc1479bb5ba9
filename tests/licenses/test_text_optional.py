"""Texts without the parts that need not be there."""

from __future__ import annotations

import re
from functools import lru_cache

import pytest

from sbomctl.licenses.text import detect
from sbomctl.licenses.text.optional import shortened
from sbomctl.licenses.text.source import listed_texts

NOTE = "Please note: the people who wrote this like coffee, tea\nand (some say) letters very much."
TERMS = " ".join(f"You may use part {number} of it for anything you like." for number in range(9))
LAST = "The authors ask everybody who sells it to tell them where it is sold, and why."
PATTERN = [
    r"[ ]*(?P<copyright>.{0,5000})[ ]*(|please note: the people who wrote this like coffee, tea[ ]*(|too)[ ]*",
    r"and \(some say\) letters very much\.)[ ]*you may use part .+",
    r"[ ]*(|the authors ask everybody who sells it to tell[ ]*(?P<who>.+)[ ]*where it is sold, and why\.)[ ]*",
]


@lru_cache(maxsize=1)
def texts():
    return {name: one.text for one in listed_texts() for name in one.ids}


def words(text):
    return re.findall(r"\w+", text)


def test_each_part_is_left_out_and_all_of_them():
    first, second, both = map(words, shortened(f"{NOTE}\n{TERMS}\n{LAST}", PATTERN))
    assert first == words(f"{TERMS} {LAST}")
    assert second == words(f"{NOTE} {TERMS}")
    assert both == words(TERMS)


def test_what_does_not_fit_is_not_used():
    assert list(shortened(f"{NOTE.replace('people', 'person')}\n{TERMS}", PATTERN)) == []
    assert list(shortened(f"{NOTE.replace('letters', 'letters ' * 9)}\n{TERMS}", PATTERN)) == []
    assert list(shortened(TERMS, [])) == []


def test_a_text_of_which_little_is_left_is_none():
    assert list(shortened(f"{NOTE}\nYou may use it.", PATTERN)) == []


@pytest.mark.parametrize("part", ["(|", "(|(((", "(|a)(|", "(|\\"])
def test_a_pattern_that_does_not_end_is_no_error(part):
    assert list(shortened(TERMS, [part])) == []


CUT = {
    "GPL-2.0-only": r"END OF TERMS AND CONDITIONS.*",
    "LGPL-2.1-only": r"END OF TERMS AND CONDITIONS.*",
    "AFL-2.1": r"--\s+END OF ACADEMIC FREE LICENSE.*",
    "ImageMagick": r"\A.*?(?=Terms and Conditions for Use)",
    "MIT-CMU": r"\A.*?(?=Permission to use)",
    "W3C-19980720": r"_{9,}.*",
    "DocBook-XML": r"Contacting the Author.*",
    "VSL-1.0": r"\A.*?(?=Redistribution and use)",
    "Abstyles": r"\A.*?(?=Permission is granted)",
}


@pytest.mark.parametrize("license_id", CUT)
def test_a_text_without_what_may_be_left_out_is_still_the_same(license_id):
    text = re.sub(CUT[license_id], "", texts()[license_id], flags=re.DOTALL)
    assert len(text) < 0.97 * len(texts()[license_id])
    assert detect(text).expression == license_id

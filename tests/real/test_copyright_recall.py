"""Copyright statements against those that others read in Debian's files.

The labels are ScanCode's: of machine-readable files what debian-inspector gives of the fields, of the
others what ScanCode found, which it writes without accents.
"""

from __future__ import annotations

import re
import unicodedata

import pytest
import yaml
from conftest import shared

from sbomctl.licenses.copyrights import copyrights

# recall, share of ours in which some word of a label stands; the misses are labels that run into the next line
_LEAST = {"machine-readable": (0.995, 0.98), "free": (0.97, 0.98)}
_COMMON = frozenset("copyright copyrights copyrighted c by the and of all rights reserved copr parts portions".split())


def _words(text: str) -> frozenset[str]:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return frozenset(re.findall(r"[^\W_]+", plain.casefold())) - _COMMON


@pytest.mark.parametrize("kind", _LEAST)
def test_what_others_found_is_found(kind):
    labels = hits = given = known = 0
    for labelled in sorted(shared("real/licence/debian-copyright").rglob("*-detailed.expected.yml")):
        text = labelled.with_name(labelled.name.removesuffix("-detailed.expected.yml")).read_text("utf-8", "replace")
        if (kind == "free") == text.lstrip().startswith("Format"):
            continue
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        wanted = yaml.load(labelled.read_text("utf-8"), loader).get("copyright") or ""
        expected = [words for line in wanted.splitlines() if (words := _words(line))]
        found = [_words(one.text) for one in copyrights(text)]
        labels += len(expected)
        hits += sum(any(words <= ours for ours in found) for words in expected)
        given += len(found)
        known += sum(bool(ours & frozenset().union(*expected)) for ours in found)
    recall, precision = _LEAST[kind]
    assert labels > 500
    assert hits >= recall * labels
    assert known >= precision * given

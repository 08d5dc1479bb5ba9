"""The names of Creative Commons licenses: their parts in any order, versions, places, and none at all."""

from __future__ import annotations

import pytest

from sbomctl.licenses.text import detect

NAMES = {
    "Creative Commons Attribution 3.0": "CC-BY-3.0",
    "Creative Commons Attribution-ShareAlike 4.0 International License": "CC-BY-SA-4.0",
    "Creative Commons Attribution-Share Alike license, V4.0": "CC-BY-SA-4.0",
    "Attribution-NonCommercial-NoDerivs 2.5": "CC-BY-NC-ND-2.5",
    "Attribution-NoDerivs-Non Commercial 1.0": "CC-BY-NC-ND-1.0",
    "Creative Commons Attribution-Noncommercial-No Derivative Works 3.0 Unported License": "CC-BY-NC-ND-3.0",
    "Creative Commons Attribution-Non-Commercial-No Derivate 3.0": "CC-BY-NC-ND-3.0",
    "Creative Commons Attribution 3.0 United States License": "CC-BY-3.0-US",
    "Attribution-NonCommercial-NoDerivs 3.0 IGO": "CC-BY-NC-ND-3.0-IGO",
    "Creative Commons Attribution 3.0 Unported": "CC-BY-3.0",
    "CC BY 4.0": "CC-BY-4.0",
    "CC-BY-NC-SA 2.0": "CC-BY-NC-SA-2.0",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", ["{}", "licensed under the {}.", "This picture is under {}, and free."])
def test_names_are_read_with_their_versions(name, way):
    assert detect(way.format(name)).expression == NAMES[name]


@pytest.mark.parametrize("kind", ["", "-ShareAlike", "-NonCommercial", "-NonCommercial-ShareAlike", "-NoDerivs"])
def test_a_name_without_a_version_leaves_it_open(kind):
    (match,) = detect(f"licensed under the Creative Commons Attribution{kind} License").matches
    assert match.expression.endswith("-4.0")
    assert len(match.candidates) == 5
    assert "leaves open" in match.remark


def test_an_address_tells_the_version_that_a_name_leaves_open():
    text = "under the Creative Commons Attribution license (http://creativecommons.org/licenses/by/3.0/us/)"
    assert detect(text).expression == "CC-BY-3.0-US"


@pytest.mark.parametrize(
    "text",
    [
        "This is compiled with cc by default, and with another compiler when asked for. Read the license first.",
        "Attribution is required for all files.",
        "The creative commons of all people.",
    ],
)
def test_words_that_are_no_names(text):
    assert detect(text).expression == ""

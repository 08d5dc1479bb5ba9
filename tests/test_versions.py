"""Orders and ranges of versions, compared with the programs that define them where they are installed."""

from __future__ import annotations

import itertools
import subprocess

import pytest
from conftest import tool
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.versions import compare, conditions, in_range

RISING = {
    "deb": ["1.0~rc1-1", "1.0-1", "1.0-1+b1", "1.0-2", "1.0a-1", "1.0+dfsg-1", "1.2-1", "1.10-1", "1:0.1-1"],
    "rpm": ["1.0~rc1-1", "1.0-1.el9", "1.0-1.el10", "1.0^git1-1", "1.0.1-1", "1.10-1", "1:0.1-1"],
    "apk": ["1.0_alpha-r0", "1.0_rc1-r0", "1.0-r0", "1.0-r10", "1.0_p1-r0", "1.1.1a-r0", "1.1.1w-r0", "1.10-r0"],
    "pypi": ["1.0.dev1", "1.0rc1", "1.0", "1.0.post1", "1.2", "1.10", "1!0.1"],
    "npm": ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0", "1.2.0", "1.10.0"],
    "generic": ["1.0~rc1", "1.0", "1.0^git", "1.0.1", "1.2", "1.10", "2024"],
}


@pytest.mark.parametrize("kind", RISING)
def test_each_ecosystem_has_its_order(kind):
    for (low, one), (high, other) in itertools.product(enumerate(RISING[kind]), repeat=2):
        assert compare(kind, one, other) == (low > high) - (low < high), (one, other)


def test_debian_versions_are_ordered_as_dpkg_orders_them():
    dpkg = tool("dpkg")
    known = [*RISING["deb"], "5.2.15-2+b1", "5.2.15-2", "2.36-9+deb12u10", "2.36-9+deb12u9", "0~20220503-4", "1.0"]
    for one, other in itertools.combinations(known, 2):
        less = subprocess.run([dpkg, "--compare-versions", one, "lt", other], check=False).returncode == 0
        assert (compare("deb", one, other) < 0) == less, (one, other)


def test_rpm_versions_are_ordered_as_rpm_orders_them():
    rpm = tool("rpm")
    known = ["1.0~rc1", "1.0", "1.0^git1", "1.0.1", "1.10", "5.5p1", "5.5p10", "1.a", "20240101", "1_0"]
    for one, other in itertools.combinations(known, 2):
        asked = f"%{{lua: print(rpm.vercmp('{one}', '{other}'))}}"
        done = subprocess.run([rpm, "--eval", asked], capture_output=True, text=True, check=True)
        assert compare("rpm", f"{one}-1", f"{other}-1") == int(done.stdout), (one, other)


@pytest.mark.parametrize(
    ("version", "spec", "inside"),
    [
        ("5.2.15-2", ">=5.2,<5.3", True),
        ("5.3-1", ">=5.2,<5.3", False),
        ("5.2.15-2", "5.2.15-2", True),
        ("5.2.15-2", "= 5.2.15-2", True),
        ("5.2.15-2", "!=5.2.15-2", False),
        ("5.2.15-2", "", True),
        ("5.2.15-2", "*", True),
        ("5.2.15-2+b1", ">5.2.15-2, <=5.2.15-2+b1", True),
        ("1:1.0", "<2", False),
    ],
)
def test_ranges(version, spec, inside):
    assert in_range("deb", version, spec) is inside


@pytest.mark.parametrize("spec", [">=", ">=1,", ",", "1 2", ">1 <2", "~>1", "1.*", ">=1||<2", "=>1"])
def test_a_range_that_is_none_is_refused(spec):
    with pytest.raises(ValueError, match="no condition"):
        conditions(spec)


@pytest.mark.parametrize("kind", [*RISING, "cargo", "golang", "maven", "gem", "alpm", ""])
@given(versions=st.lists(st.text(max_size=12), min_size=2, max_size=2))
def test_what_is_no_version_is_compared_all_the_same(kind, versions):
    one, other = versions
    assert compare(kind, one, other) == -compare(kind, other, one)
    assert compare(kind, one, one) == 0


def test_hostile_versions_cost_nothing():
    assert compare("deb", "1" * 100_000, "1" * 100_000) == 0
    assert compare("npm", "1." * 100_000, "2") < 0

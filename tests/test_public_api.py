"""The Python API is what it says, and importing the package loads none of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import sbomctl
from sbomctl.errors import ConfigError


def test_every_public_name_is_there_and_documented():
    assert len(sbomctl.__all__) <= 25
    assert sorted(sbomctl.__all__) == sorted(name for names in sbomctl._HOMES.values() for name in names)
    for name in sbomctl.__all__:
        assert getattr(sbomctl, name).__doc__, name


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(sbomctl, "no_such_name")


def test_importing_the_package_loads_no_room():
    code = "import sbomctl, sys; print(*[name for name in sys.modules if name.startswith('sbomctl.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


@pytest.mark.parametrize("number", [{"jobs": -1}, {"max_layer_bytes": 0}, {"syft_timeout": 0}])
def test_numbers_that_no_scan_can_use_are_refused_at_once(number):
    with pytest.raises(ConfigError, match=next(iter(number))):
        sbomctl.ScanOptions(**number)

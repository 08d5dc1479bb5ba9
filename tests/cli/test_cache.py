from __future__ import annotations

import os
import re
import time

import pytest
from click.testing import CliRunner
from conftest import layer, tar_of

from sbomctl import api
from sbomctl.cli.main import cli
from sbomctl.errors import OutputError
from sbomctl.layers.harvest import harvest
from sbomctl.layers.store import Store
from sbomctl.sources.base import Limits

DAY = 86_400


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("SBOMCTL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def filled(place, *ages: int) -> int:
    """Keep one layer for each age in days; the bytes of one."""
    with Store(place) as store:
        for number, age in enumerate(ages):
            key = f"{number:064x}"
            store.save(key, harvest(layer(tar_of({"a": "b"})), lambda _: True, Limits()))
            used = time.time() - age * DAY
            os.utime(place / "harvests" / f"{key}.harvest", (used, used))
        return store.kept()[0].size


def cache(*arguments: str, code: int = 0):
    result = CliRunner().invoke(cli, ["cache", *arguments])
    assert result.exit_code == code, result.output
    return result


def test_info_tells_place_number_bytes_and_ages(place):
    assert cache("info").stdout == f"place:   {place}\nholds:   0 layers (0 bytes)\n"
    size = filled(place, 0, 2)
    for name in ("00", "01"):
        os.utime(place / "harvests" / f"{name:0>64}.harvest", (1_700_000_000, 1_700_000_000 + int(name)))
    assert cache("info").stdout == (
        f"place:   {place}\nholds:   2 layers ({2 * size} bytes)\n"
        "oldest:  last used 2023-11-14 22:13:20Z\nnewest:  last used 2023-11-14 22:13:21Z\n"
    )


def test_prune_by_age_and_by_size(place):
    size = filled(place, 0, 2, 40)
    assert cache("prune", "--older-than", "30d").stdout == (
        f"removed 1 layers ({size} bytes), left 2 layers ({2 * size} bytes)\n"
    )
    assert cache("prune", "--max-bytes", str(size)).stdout.startswith("removed 1 layers")
    assert [path.name[:64] for path in (place / "harvests").iterdir()] == ["0" * 64]
    assert cache("prune", "--older-than", "1h", "--max-bytes", "1K").stdout.startswith("removed 0 layers (0 bytes)")


def test_prune_asks_how_much_to_keep(place):
    assert "--max-bytes, --older-than" in cache("prune", code=2).stderr
    assert "is no age" in cache("prune", "--older-than", "yesterday", code=2).stderr
    assert "is no size" in cache("prune", "--max-bytes", "0", code=2).stderr


def test_clear_removes_all_that_is_ours(place):
    size = filled(place, 0, 2)
    (place / "harvests" / "notes.txt").write_text("mine")
    assert cache("clear").stdout == f"removed 2 layers ({2 * size} bytes)\n"
    assert cache("clear").stdout == "removed 0 layers (0 bytes)\n"
    assert [path.name for path in (place / "harvests").iterdir()] == ["notes.txt"]


def test_clear_says_so_when_it_could_not(place):
    filled(place, 0)
    (place / "harvests" / f"{'f' * 64}.harvest").mkdir()
    assert "1 layers could not be removed" in cache("clear", code=3).stderr


def test_a_cache_that_is_refused_is_told_with_the_reason(place):
    place.mkdir()
    place.chmod(0o777)
    shown = cache("info").stdout
    assert shown.startswith("off:     other users may write to the cache")
    assert "chmod go-w" in shown
    for arguments in (["clear"], ["prune", "--max-bytes", "1M"]):
        assert "other users may write" in cache(*arguments, code=3).stderr


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"SBOMCTL_CACHE": "{0}/own", "XDG_CACHE_HOME": "{0}/xdg", "HOME": "{0}/home"}, "{0}/own"),
        ({"SBOMCTL_CACHE": "", "XDG_CACHE_HOME": "{0}/xdg", "HOME": "{0}/home"}, "{0}/xdg/sbomctl/v1"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "{0}/home"}, "{0}/home/.cache/sbomctl/v1"),
        ({"HOME": "{0}/home"}, "{0}/home/.cache/sbomctl/v1"),
    ],
)
def test_where_it_is(tmp_path, monkeypatch, variables, expected):
    for name in ("SBOMCTL_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(tmp_path))
    line = cache("info").stdout.splitlines()[0]
    assert line == f"place:   {expected.format(tmp_path)}"
    with api.open_cache(str(tmp_path / "given")) as store:
        assert store.place == tmp_path / "given"


def test_without_a_home_there_is_none(monkeypatch):
    for name in ("SBOMCTL_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "not/absolute")
    with pytest.raises(OutputError, match="no home"):
        api.open_cache()


def test_help_names_the_subcommands():
    shown = cache("--help").stdout
    assert re.findall(r"^  (clear|info|prune) ", shown, re.MULTILINE) == ["clear", "info", "prune"]

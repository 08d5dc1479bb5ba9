"""The demo product: built twice it is the same, and a scan finds what its description promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import FIXTURES


def build(out: Path) -> dict[str, bytes]:
    """The demo product as `make demo` builds it."""
    product = FIXTURES / "products" / "edge-gateway"
    command = [sys.executable, str(FIXTURES / "build_product.py"), str(product), str(out)]
    subprocess.run(command, check=True, capture_output=True)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = build(tmp_path / "first"), build(tmp_path / "second")
    assert list(first) == ["images/dashboard.tar", "images/modbus-bridge.tar", "images/os.tar.gz", "product.yaml"]
    assert first == second

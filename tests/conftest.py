"""What tests share: fixture images packed in memory, real data, external tools."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sbomctl.layers.harvest import harvest
from sbomctl.layers.patterns import Gate
from sbomctl.layers.stack import Stack
from sbomctl.layers.stack_view import StackView
from sbomctl.model import Layer
from sbomctl.sources.base import Limits
from sbomctl.sources.tar import TarLayer

settings.register_profile(
    "sbomctl",
    deadline=None,  # how busy the machine is must not decide a test,
    derandomize=bool(os.environ.get("CI")),  # nor, in CI, luck
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("sbomctl")

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
SHARED = Path(os.environ.get("SBOMCTL_SHARED") or ROOT.parent / "shared")
UPDATE = bool(os.environ.get("SBOMCTL_UPDATE_FIXTURES"))
REQUIRE_TOOLS = bool(os.environ.get("SBOMCTL_REQUIRE_TOOLS"))


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """No test, and no process that one starts, reads or fills the cache of the person who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SBOMCTL_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def missing(reason: str) -> None:
    """Skip, or fail where everything must be there (CI)."""
    if REQUIRE_TOOLS:
        pytest.fail(reason)
    pytest.skip(reason)


def shared(path: str) -> Path:
    """Real data for tests that lies beside the checkout; skips where there is none (a user's machine)."""
    found = SHARED / "data" / path
    if not found.exists():
        pytest.skip(f"no real data at {found}; set SBOMCTL_SHARED")
    return found


def tool(name: str) -> str:
    """The path of an external program; skips, or fails in CI, where it is missing."""
    beside_python = Path(sys.executable).parent / name
    found = shutil.which(name) or (str(beside_python) if beside_python.exists() else None)
    if found is None:
        missing(f"{name} is not installed")
    return str(found)


@contextmanager
def ends() -> Iterator[None]:
    """Fails for work that takes a minute of the processor: inputs are so large that a quadratic step takes hours.

    No measure of speed, which is what benchmarks/ is for: what is done here takes a second or much less.
    """
    start = time.process_time()
    yield
    assert time.process_time() - start < 60


def expect(actual: str, expected: Path) -> None:
    """Compare with an expected file; SBOMCTL_UPDATE_FIXTURES=1 rewrites it instead."""
    if UPDATE:
        expected.write_text(actual, encoding="utf-8")
    assert actual == expected.read_text(encoding="utf-8")


Entry = str | bytes | None | tuple[str, str]


def tar_of(files: dict[str, Entry], *, fmt: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar: text or bytes are files, None a directory, ("sym" | "hard", target) links; order is kept."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=fmt) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.mode = 0o755 if content is None else 0o644
            data = b""
            if content is None:
                info.type = tarfile.DIRTYPE
            elif isinstance(content, tuple):
                info.type = {"sym": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE}[content[0]]
                info.linkname = content[1]
            else:
                data = content.encode() if isinstance(content, str) else content
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def layer_tar(root: Path) -> bytes:
    """A directory of a fixture as a deterministic tar; ``SOURCE`` files are left out."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(root.rglob("*")):
            if path.name != "SOURCE":
                tar.add(path, path.relative_to(root).as_posix(), recursive=False, filter=_stable)
    return buffer.getvalue()


def _stable(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.mtime = info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def layer(data: bytes, index: int = 0, *, changeset: bool = True, diff_id: str = "", digest: str = "") -> TarLayer:
    """An open layer over bytes."""
    info = Layer(index=index, diff_id=diff_id, digest=digest)
    return TarLayer(info, lambda: io.BytesIO(data), changeset=changeset, name=f"layer {index}")


def stack_of(*tars: bytes, wanted: Callable[[str], bool] = lambda _: True, changeset: bool = True) -> Stack:
    """Layers, lowest first, harvested and stacked."""
    return Stack("image", [harvest(layer(tar, i, changeset=changeset), wanted, Limits()) for i, tar in enumerate(tars)])


def view_of(*tars: bytes, patterns: tuple[str, ...] = ("**/*",)) -> StackView:
    """What a cataloger with these patterns would see."""
    return stack_of(*tars, wanted=Gate(patterns)).view()

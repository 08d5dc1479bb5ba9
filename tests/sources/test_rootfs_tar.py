"""Root filesystems as tar files."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import tar_of
from image_builder import opened, sha256, unprivileged

from sbomctl.errors import CorruptInput, InputError, UnsupportedInput
from sbomctl.model import Platform
from sbomctl.sources.base import Limits

TAR = tar_of({"./": None, "./etc/": None, "./etc/os-release": "ID=x\n", "./etc/.wh.x": "", "./lib": ("sym", "usr/lib")})


def zstd(data: bytes) -> bytes:
    return pytest.importorskip("backports.zstd").compress(data)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress, zstd])
@pytest.mark.parametrize("scheme", ["rootfs:", ""])
def test_one_layer_of_plain_files_however_it_is_compressed(tmp_path, pack, scheme):
    path = tmp_path / "rootfs"
    path.write_bytes(pack(TAR))
    with opened(f"{scheme}{path}", Platform("linux", "arm64")) as image:
        (layer,) = image.layers
        assert not layer.changeset, "whiteout names are files here"
        members = {member.path: b"".join(member.chunks()) for member in layer.members(Limits())}
        assert members["etc/os-release"] == b"ID=x\n"
        assert "etc/.wh.x" in members
        assert layer.digests().diff_id == sha256(TAR)
        assert image.image.id == ""
        assert image.image.platform == Platform("linux", "arm64"), "a tar says nothing, so the product does"
        assert image.syft_target == f"file:{path}"


def test_a_layer_is_read_as_often_as_asked(tmp_path):
    (tmp_path / "r.tar").write_bytes(TAR)
    with opened(str(tmp_path / "r.tar")) as image:
        first = [member.path for member in image.layers[0].members(Limits())]
        assert first == [member.path for member in image.layers[0].members(Limits())] != []


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", CorruptInput),
        (bytes(10240), UnsupportedInput),
        (b"hsqs" + bytes(2000), UnsupportedInput),
        (os.urandom(5000), UnsupportedInput),
        (gzip.compress(b"no tar" * 500), UnsupportedInput),
        (gzip.compress(TAR)[:30], CorruptInput),
    ],
    ids=["nothing", "empty tar", "squashfs", "noise", "text", "truncated"],
)
def test_what_is_no_tar_is_refused(tmp_path, content, error):
    path = tmp_path / "r.tar"
    path.write_bytes(content)
    with pytest.raises(error, match=r"r\.tar") as caught, opened(f"rootfs:{path}"):
        pass
    assert caught.value.hint


def test_a_bomb_is_bounded(tmp_path):
    path = tmp_path / "r.tar.gz"
    path.write_bytes(gzip.compress(tar_of({"bomb": bytes(50 << 20)})))
    with (
        opened(f"rootfs:{path}", limits=Limits(layer_bytes=2 << 20)) as image,
        pytest.raises(CorruptInput, match="more than"),
    ):
        for _ in image.layers[0].members(Limits(layer_bytes=2 << 20)):
            pass


def test_pipes_devices_and_directories_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for target in (tmp_path / "pipe", "/dev/zero", tmp_path):
        with pytest.raises(UnsupportedInput), opened(f"rootfs:{target}"):
            pass
    with pytest.raises(UnsupportedInput, match="is a pipe"), opened(str(tmp_path / "pipe")):
        pass


def test_permission_denied_is_told():
    with TemporaryDirectory() as name:
        path = Path(name, "r.tar")
        path.write_bytes(TAR)
        path.chmod(0)
        Path(name).chmod(0o755)
        for target in (f"rootfs:{path}", str(path), f"docker-archive:{path}"):
            with unprivileged(), pytest.raises(InputError, match="permission denied"), opened(target):
                pass

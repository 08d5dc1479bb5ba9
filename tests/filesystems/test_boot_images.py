"""FIT and uImage as mkimage makes them, and kernels put together as the kernel's own build does."""

from __future__ import annotations

import gzip
import lzma
import random
import struct
import subprocess
from pathlib import Path

import pytest
from conftest import tool
from trees import make, of_file_system

from sbomctl.filesystems import kernels
from sbomctl.filesystems.base import Damaged, Unreadable
from sbomctl.filesystems.blob import Held
from sbomctl.filesystems.boot_images import boot_image, is_boot_image
from sbomctl.filesystems.detect import open_file_system
from sbomctl.filesystems.divided import divided
from sbomctl.filesystems.kernels import Search
from sbomctl.filesystems.walk import find

FIT = """/dts-v1/;
/ { description = "edge"; #address-cells = <1>;
 images {
  kernel-1 { description = "k"; data = /incbin/("kernel"); type = "kernel"; arch = "arm"; os = "linux"; compression = "none"; load = <0>; entry = <0>; hash-1 { algo = "sha256"; }; };
  fdt-1 { data = /incbin/("fdt"); type = "flat_dt"; arch = "arm"; compression = "none"; };
  ramdisk-1 { data = /incbin/("ramdisk"); type = "ramdisk"; arch = "arm"; os = "linux"; compression = "none"; };
 };
 configurations { default = "c"; c { kernel = "kernel-1"; ramdisk = "ramdisk-1"; }; };
};
"""  # noqa: E501


def cpio(folder: Path, files: dict[str, str]) -> bytes:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    names = "\0".join(sorted(str(one.relative_to(folder)) for one in folder.rglob("*"))) + "\0"
    command = [tool("cpio"), "-0", "-o", "-H", "newc", "--quiet"]
    return subprocess.run(command, input=names.encode(), cwd=folder, capture_output=True, check=True).stdout


@pytest.fixture
def ramdisk(tmp_path) -> bytes:
    """As initramfs-tools makes it: microcode first, plain, then what matters, compressed."""
    early = cpio(tmp_path / "early", {"kernel/x86/microcode/AuthenticAMD.bin": "u"})
    return early + gzip.compress(cpio(tmp_path / "main", {"init": "#!/bin/sh\n", "bin/busybox": "\x7fELF"}))


@pytest.fixture
def kernel() -> bytes:
    return bytes(36) + b"\x18\x28\x6f\x01" + random.Random(1).randbytes(5000)


def files(tree) -> set[bytes]:
    return {path for path, entry in of_file_system(tree).entries.items() if entry.sha256}


RAMDISK = {b"kernel/x86/microcode/AuthenticAMD.bin", b"init", b"bin/busybox"}


@pytest.mark.parametrize("options", [[], ["-E"], ["-E", "-p", "0x10000"], ["-E", "-B", "0x1000"]])
def test_fit(options, tmp_path, ramdisk, kernel):
    (tmp_path / "its").write_text(FIT)
    for name, data in {"kernel": kernel, "fdt": b"\xd0\x0d\xfe\xed" + bytes(60), "ramdisk": ramdisk}.items():
        (tmp_path / name).write_bytes(data)
    subprocess.run([tool("mkimage"), *options, "-f", "its", "fit"], cwd=tmp_path, check=True, capture_output=True)
    blob = Held((tmp_path / "fit").read_bytes())
    found = boot_image(blob)
    assert (found.kind, found.faults) == ("FIT image", ())
    assert {one.name: one.blob.pread(0, one.blob.size) for one in found.contents} == {
        "kernel-1": kernel, "fdt-1": b"\xd0\x0d\xfe\xed" + bytes(60), "ramdisk-1": ramdisk
    }  # fmt: skip
    division = divided(blob)
    assert [one.name for one in division.table.partitions] == ["kernel-1", "fdt-1", "ramdisk-1"]
    assert files(open_file_system(division.blobs[2])) == RAMDISK
    assert files(division.loose) == {b"kernel-1", b"fdt-1"}


def test_a_fit_that_is_cut_off(tmp_path, ramdisk, kernel):
    (tmp_path / "its").write_text(FIT)
    for name, data in {"kernel": kernel, "fdt": b"x", "ramdisk": ramdisk}.items():
        (tmp_path / name).write_bytes(data)
    subprocess.run([tool("mkimage"), "-E", "-f", "its", "fit"], cwd=tmp_path, check=True, capture_output=True)
    data = (tmp_path / "fit").read_bytes()
    found = boot_image(Held(data[:-100]))
    assert [one.name for one in found.contents] == ["kernel-1", "fdt-1"]
    assert found.faults[0].startswith("image ramdisk-1: it is cut off")
    with pytest.raises(Damaged):
        is_boot_image(Held(data[:100]))


def test_a_device_tree_is_no_fit(tmp_path):
    (tmp_path / "dts").write_text('/dts-v1/; / { compatible = "edge"; memory { reg = <0 1>; }; };')
    make("dtc", "-q", "-O", "dtb", "-o", tmp_path / "dtb", tmp_path / "dts")
    blob = Held((tmp_path / "dtb").read_bytes())
    assert not is_boot_image(blob)
    with pytest.raises(Unreadable, match="a device tree, which is not read here"):
        open_file_system(blob)


def uimage(folder: Path, kind: str, *parts: bytes) -> bytes:
    for number, data in enumerate(parts):
        (folder / f"p{number}").write_bytes(data)
    names = ":".join(str(folder / f"p{number}") for number in range(len(parts)))
    make("mkimage", "-A", "arm", "-O", "linux", "-T", kind, "-C", "none", "-n", "edge", "-d", names, folder / "uimage")
    return (folder / "uimage").read_bytes()


def test_uimage_with_a_ramdisk(tmp_path, ramdisk):
    division = divided(Held(uimage(tmp_path, "ramdisk", ramdisk)))
    assert division.table.faults == ()
    assert files(open_file_system(division.blobs[0])) == RAMDISK
    assert not files(division.loose)


@pytest.mark.parametrize("tree", [b"", b"\xd0\x0d\xfe\xed" + bytes(61)])
def test_uimage_of_several_parts(tree, tmp_path, ramdisk, kernel):
    division = divided(Held(uimage(tmp_path, "multi", kernel, ramdisk, *([tree] if tree else []))))
    assert [one.type for one in division.table.partitions] == ["kernel", "ramdisk", "flat_dt"][: 3 if tree else 2]
    assert files(open_file_system(division.blobs[1])) == RAMDISK
    assert find(division.loose, b"part-0").pread(0, 10_000) == kernel


def test_uimages_that_are_damaged(tmp_path, ramdisk):
    data = bytearray(uimage(tmp_path, "ramdisk", ramdisk))
    assert boot_image(Held(data[:-1])).faults[0].startswith("it is cut off")
    data[-1] ^= 1
    assert boot_image(Held(bytes(data))).faults == ("the checksum of its data is wrong",)
    data[40] ^= 1
    assert boot_image(Held(bytes(data))).faults[0] == "the checksum of its header is wrong"


def pressed(form: str, data: bytes) -> bytes:
    """As scripts/Makefile.lib of Linux compresses, with the size that it appends."""
    size = struct.pack("<I", len(data))
    if form == "xz":
        filters = [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "dict_size": 32 << 20}]
        return lzma.compress(data, check=lzma.CHECK_CRC32, filters=filters) + size
    commands = {
        "gzip": ["gzip", "-n", "-9"],
        "lzma": ["xz", "--format=lzma", "-9"],
        "lz4": ["lz4", "-q", "-l", "-9", "-c"],
        "lzo": ["lzop", "-q", "-9"],
        "zstd": ["zstd", "-q", "-19"],
        "bzip2": ["bzip2", "-9"],
    }
    program, *options = commands[form]
    done = subprocess.run([tool(program), *options, "-c"], input=data, capture_output=True, check=True)
    return done.stdout + (b"" if form == "gzip" else size)


# what the loaders of Linux hold in front of the kernel: every magic number, to compare with
DECOYS = b"\x1f\x8b\x08\0\x5d\0\0\x80\0\xfd7zXZ\0\x02\x21\x4c\x18\x89LZO\0\r\n\x1a\n\x28\xb5\x2f\xfd" + bytes(40)


OUTER = ("gzip", "xz", "lzma", "lz4", "lzo", "zstd", "bzip2")


@pytest.mark.parametrize(
    ("outer", "inner"), [*((one, "") for one in OUTER), ("lz4", "gzip"), ("xz", "zstd"), ("zstd", "xz")]
)
def test_the_initramfs_in_a_kernel(outer, inner, tmp_path):
    noise = random.Random(2).randbytes(200_000)
    archive = cpio(tmp_path / "root", {"init": "#!/bin/sh\n", "etc/os-release": "ID=edge\n"})
    held = pressed(inner, archive)[: None if inner == "gzip" else -4] if inner else archive
    text = b"Linux version 6.6.0 (edge)\0070701\0" + DECOYS + noise + bytes(1 << 20) + b"\0" * 3
    image = text + held + b"what follows" + noise
    start = bytes(36) + b"\x18\x28\x6f\x01" + bytes(100) + DECOYS
    data = start + pressed(outer, image) + b"more of the loader" * 10
    blob = Held(data)
    assert is_boot_image(blob)
    division = divided(blob)
    tree = open_file_system(division.blobs[0])
    assert tree.faults == ()
    assert files(tree) == {b"init", b"etc/os-release"}
    assert files(division.loose) == {b"kernel"}


def test_a_kernel_that_is_not_compressed(tmp_path):
    archive = cpio(tmp_path / "root", {"init": "x"})
    data = bytes(0x38) + b"ARM\x64" + bytes(5000) + archive + b"\1" * 5000
    assert files(open_file_system(divided(Held(data)).blobs[0])) == {b"init"}


def test_the_archive_that_every_kernel_has_does_not_count(tmp_path):
    (tmp_path / "root/dev").mkdir(parents=True)
    (tmp_path / "root/root").mkdir()
    search = Search()
    assert search.initramfs(Held(bytes(5000) + cpio(tmp_path / "root", {}) + bytes(5000))) is None
    assert search.initramfs(Held(DECOYS)) is None
    assert not search.is_cut


@pytest.mark.parametrize("padding", [b"\xff", b"\0"])
@pytest.mark.parametrize("kind", ["squashfs", "ext4"])
def test_what_follows_an_image_is_read_too(padding, kind, tmp_path, kernel):
    """Firmware for flash: a kernel, padded to the next erase block, then the root file system."""
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/os-release").write_text("ID=edge\n")
    if kind == "squashfs":
        make("mksquashfs", tmp_path / "root", tmp_path / "behind", "-quiet", "-no-progress")
    else:
        make("mke2fs", "-q", "-t", kind, "-d", tmp_path / "root", tmp_path / "behind", "1M")
    (tmp_path / "kernel").write_bytes(kernel)
    only_kernel = FIT.partition("  fdt-1")[0]
    (tmp_path / "its").write_text(only_kernel + ' }; configurations { c { kernel = "kernel-1"; }; }; };')
    for options in ([], ["-E"]):
        make("mkimage", *options, "-f", tmp_path / "its", tmp_path / "fit")
        for boot in (uimage(tmp_path, "kernel", kernel), (tmp_path / "fit").read_bytes()):
            firmware = boot + padding * (-len(boot) % 65536) + (tmp_path / "behind").read_bytes()
            division = divided(Held(firmware))
            assert division.table.faults == ()
            assert [one.name for one in division.table.partitions][1:] == ["behind"]
            assert files(open_file_system(division.blobs[1])) == {b"etc/os-release"}
            assert divided(Held(boot + padding * 100_000)).table.partitions == division.table.partitions[:1]


def test_what_follows_an_image_and_cannot_be_read_is_told(tmp_path, kernel):
    division = divided(Held(uimage(tmp_path, "kernel", kernel) + b"more"))
    with pytest.raises(Unreadable):
        open_file_system(division.blobs[1])
    assert not find(division.loose, b"behind")


def test_kernels_full_of_what_looks_compressed_are_given_up_and_that_is_told(monkeypatch, tmp_path):
    """However often a FIT names the same bytes, all of its kernels together cost no more than a bound."""
    pressed_often = gzip.compress(bytes(2 << 20)) * 3
    opened = []
    real = kernels.decompressed
    monkeypatch.setattr(kernels, "decompressed", lambda *words: opened.append(words) or real(*words))
    (tmp_path / "kernel").write_bytes(bytes(36) + b"\x18\x28\x6f\x01" + bytes(100) + pressed_often)
    facts = 'description = "k"; type = "kernel"; arch = "arm"; os = "linux"; compression = "none";'
    facts += " load = <0>; entry = <0>;"
    named = "".join(f'k{number} {{ data = /incbin/("{tmp_path}/kernel"); {facts} }};\n' for number in range(20))
    (tmp_path / "its").write_text(
        f'/dts-v1/; / {{ description = "edge"; #address-cells = <1>; images {{ {named} }}; '
        'configurations { default = "c"; c { kernel = "k0"; }; }; };'
    )
    make("mkimage", "-f", tmp_path / "its", tmp_path / "fit")
    assert divided(Held((tmp_path / "fit").read_bytes())).table.faults[0].startswith("there is more in its kernels")
    assert len(opened) == 32
    assert divided(Held(bytes(0x38) + b"ARM\x64" + DECOYS * 100)).table.faults

"""Archives that Linux starts with, in the image: copies of its files, or something that nobody recorded."""

from __future__ import annotations

import gzip
import lzma
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from conftest import missing, stack_of, tar_of, tool
from elf_files import elf
from hypothesis import given, settings
from hypothesis import strategies as st
from portable_executables import pe
from test_unrecorded import BUSYBOX, DEBIAN, OWNS, scanned

from sbomctl.catalogers._portable import sections
from sbomctl.engine.initramfs import Initramfs

ROOT = DEBIAN | OWNS | {"bin/busybox": BUSYBOX, "usr/share/initramfs-tools/init": "#!/bin/sh\nexec switch_root\n"}
INIT = ROOT["usr/share/initramfs-tools/init"]
COPIES = {"bin/busybox": BUSYBOX, "init": INIT, "conf/arch.conf": "MODULES=most\n"}
INITRD = "boot/initrd.img-6.1.0"
STUBS = Path("/usr/lib/systemd/boot/efi")


def uimage(data: bytes) -> bytes:
    """A ramdisk as mkimage wraps it; the sums are right."""
    head = struct.pack(
        ">4sIIIIIIBBBB32s", b"\x27\x05\x19\x56", 0, 0, len(data), 0, 0, zlib.crc32(data), 5, 2, 3, 0, b""
    )
    return head[:4] + struct.pack(">I", zlib.crc32(head)) + head[8:] + data


@pytest.fixture
def archive(tmp_path):
    """Made by GNU cpio."""

    def made(files: dict[str, str | bytes]) -> bytes:
        root = tmp_path / "tree"
        shutil.rmtree(root, ignore_errors=True)
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        names = "\n".join(sorted(path.relative_to(root).as_posix() for path in root.rglob("*")))
        command = [tool("cpio"), "--quiet", "-o", "-H", "newc"]
        return subprocess.run(command, input=names.encode(), cwd=root, check=True, capture_output=True).stdout

    return made


def told(*tars: dict) -> list[tuple[str, str]]:
    found, _ = scanned(*tars)
    return [(str(one.location), one.reason) for one in found.problems if one.found_by == "initramfs"]


def test_copies_of_files_of_the_image_say_nothing_new(archive):
    microcode = archive({"kernel/x86/microcode/GenuineIntel.bin": b"\1\0\0\0" * 100})
    for content in (archive(COPIES), microcode + gzip.compress(archive(COPIES)), lzma.compress(archive(COPIES))):
        assert told(ROOT | {INITRD: content}) == []


def test_what_is_no_copy_is_told_with_its_name_and_a_remedy(archive):
    ours = archive(COPIES | {"sbin/unlock": elf(), "scripts/ours": "#!/bin/sh\n", "bin/busybox": BUSYBOX + b"x"})
    ((place, reason),) = told(ROOT, {INITRD: gzip.compress(ours), "boot/initrd.img": ("sym", "initrd.img-6.1.0")})
    assert place == f"image layer 1 {INITRD}", "a link to it is not another one"
    first, _, remedy = reason.partition("; ")
    assert first == (
        "3 of 4 programs, libraries, scripts and modules in its initramfs are no copies of files of the image: "
        "bin/busybox, sbin/unlock, scripts/ours"
    )
    assert "give it as an image of its own: disk:FILE" in remedy


def test_a_module_is_the_same_in_another_compression(archive):
    module = "lib/modules/6.1.0/kernel/net/can.ko"
    files = ROOT | {f"usr/{module}.xz": lzma.compress(elf())}
    assert told(files | {INITRD: archive({module: elf()})}) == []
    assert told(files | {INITRD: archive({module.replace("can", "other"): elf()})})
    assert told(files | {f"usr/{module}": elf() + b"x", INITRD: archive({module: elf()})}), "that can be compared"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        (INITRD, b"\x1f\x8b\x08" + bytes(100), "its compressed part is damaged"),
        (INITRD, gzip.compress(b"no archive" * 10), "is not read here"),
        ("boot/initrd", b"hsqs" + bytes(100), "it is no cpio archive, compressed or not, and no image that holds one"),
        ("partition-1/uInitrd", b"\x27\x05\x19\x56" + bytes(10), "the initramfs was not looked into"),
        ("boot/efi/EFI/Linux/a.efi", pe({".linux": b"x", ".initrd": b"x"}), "objcopy --dump-section .initrd"),
    ],
    ids=["damaged", "something else", "a squashfs", "cut off", "unified"],
)  # fmt: skip
def test_what_cannot_be_opened_is_told(name, content, why):
    ((_, reason),) = told(ROOT | {name: content})
    assert reason.startswith("the initramfs was not looked into: ")
    assert why in reason
    assert "; to have it looked into, " in reason


def test_one_that_is_too_big_is_told(archive):
    content = archive(COPIES)
    looking = Initramfs(stack_of(tar_of(ROOT | {INITRD: content})), most=200)
    looking.read((INITRD, 0), content[:200])
    (problem,) = looking.problems
    assert f"only files up to 0 MiB are opened, it has {len(content):,} bytes" in problem.reason


def test_a_damaged_end_is_told(archive):
    ((_, reason),) = told(ROOT | {INITRD: archive(COPIES)[:-600]})
    assert reason.startswith("not all of the initramfs could be read")


@pytest.mark.parametrize(
    "files",
    [
        {"boot/initramfs.conf": "MODULES=dep\n" * 1000},
        {"opt/data.cpio": b"x\0"},
        {"boot/efi/EFI/BOOT/bootx64.efi": pe({".sdmagic": b"x"})},
        {INITRD: ""},
        {"boot/uImage": "text"},
    ],
    ids=["settings", "elsewhere", "a boot loader", "empty", "text"],
)  # fmt: skip
def test_what_is_none_is_not_taken_for_one(files):
    assert told(ROOT | files) == []


def test_an_image_without_any_is_not_read_again():
    _, layers = scanned(ROOT | {"boot/grub/grub.cfg": "x"})
    assert [one.readings for one in layers] == [1]


def test_sections_of_anything():
    assert sections(pe({".a": b"one", ".b": b"two"})) == {".text": b"", ".a": b"one", ".b": b"two"}
    whole = pe({".linux": b"x" * 100})
    for end in range(0, len(whole), 7):
        assert set(sections(whole[:end])) <= {".text", ".linux"}
    assert sections(whole[:0x3C] + b"\xff\xff\xff\xff" + whole[0x40:]) == {}


def test_a_unified_kernel_image_as_objcopy_makes_it(archive, tmp_path):
    """A real stub of systemd; what it starts is found, and what it carries compared."""
    stub = next(iter(sorted(STUBS.glob("linux*.efi.stub"))), None) or missing("systemd-boot-efi is not installed")
    parts = {
        "osrel": b'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n', "uname": b"6.1.0-13-amd64",
        "linux": b"Linux version 6.1.0-13-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP\0",
        "initrd": gzip.compress(archive(COPIES | {"sbin/ours": elf()})),
    }  # fmt: skip
    command = [tool("objcopy")]
    for number, (name, content) in enumerate(parts.items(), 1):
        (tmp_path / name).write_bytes(content)
        command += ["--add-section", f".{name}={tmp_path / name}", "--change-section-vma", f".{name}={number << 24:#x}"]
    unified = tmp_path / "unified.efi"
    subprocess.run([*command, stub, unified], check=True, capture_output=True)
    place = "boot/efi/EFI/Linux/debian.efi"
    found, _ = scanned(ROOT | {place: Path(unified).read_bytes()})
    linux, systemd = [one for one in found.packages if one.found_by == "unified-kernel"]
    assert (linux.name, linux.version, linux.files) == ("linux", "6.1.0-13-amd64", (place,))
    assert linux.description.startswith("unified kernel image for Debian GNU/Linux 12 (bookworm): Linux version 6.1.0")
    assert (systemd.name, systemd.files) == ("systemd-stub", (place,))
    assert systemd.version
    assert place not in [one.path for one in found.unowned]
    ((where, reason),) = told(ROOT | {place: Path(unified).read_bytes()})
    assert where.endswith(place)
    assert reason.startswith("1 of 3 programs, libraries, scripts and modules in its initramfs are no copies")
    assert "sbin/ours" in reason
    assert "objcopy --dump-section .initrd=FILE" in reason


@settings(max_examples=150)
@given(st.data())
def test_damage_is_told_and_never_an_error(data):
    """Of each form one file, with bytes changed or cut off; what is left may be whole or is told as damaged."""
    name, content = data.draw(st.sampled_from(WHOLE))
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(changed[: data.draw(st.integers(1, len(changed)))])
    looking = Initramfs(stack_of(tar_of({name: content})))
    looking.read((name, 0), content)
    assert not [one for one in looking.problems if "failed" in one.reason], looking.problems


def entry(name: str, content: bytes) -> bytes:
    """One file in a cpio archive (newc)."""
    fields = (0, 0o100755, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % one for one in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)


PLAIN = entry("init", b"#!/bin/sh\n") + entry("bin/x", elf()) + entry("TRAILER!!!", b"")
WHOLE = (
    (INITRD, PLAIN),
    (INITRD, gzip.compress(PLAIN, mtime=0)),
    ("boot/uInitrd", uimage(PLAIN)),
    ("boot/a.efi", pe({".linux": b"x", ".initrd": PLAIN})),
)

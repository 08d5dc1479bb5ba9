"""Disk images: every partition is a layer or a problem."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import tool
from image_builder import opened, read_all
from trees import MIB, make, sized

from sbomctl import api
from sbomctl.cli.main import cli
from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.model import FileType, ImageSpec, Product, Role
from sbomctl.sources.base import Limits
from sbomctl.sources.detect import find_source

STATUS = "Package: {}\nStatus: install ok installed\nArchitecture: arm64\nVersion: 1.0-1\nDescription: x\n"
FSTAB = "# comment\nLABEL=rootfs / ext4 defaults 0 1\nPARTUUID=6c586e13-01 /boot/firmware vfat defaults 0 2\n"


def rootfs(folder: Path, package: str = "edge", fstab: str = FSTAB) -> Path:
    """A small Debian."""
    files = {
        "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
        "etc/fstab": fstab,
        "etc/passwd": "root:x:0:0::/:/bin/sh\n",
        "usr/bin/edge": "#!/bin/sh\n",
        "usr/lib/libedge.so": "\x7fELF",
        "var/lib/dpkg/status": STATUS.format(package),
        f"var/lib/dpkg/info/{package}.list": "/usr/bin/edge\n/usr/lib/libedge.so\n",
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    (folder / "usr/bin/second").hardlink_to(folder / "usr/bin/edge")
    return folder


def ext4(source: Path, image: Path, *options: str, size: int = 8) -> Path:
    make("mkfs.ext4", "-q", "-F", "-L", "rootfs", *options, "-d", source, sized(image, size * MIB))
    return image


def fat(image: Path, files: dict[str, str], size: int = 8) -> Path:
    make("mkfs.vfat", "-n", "BOOTFS", "-i", "6c586e13", sized(image, size * MIB))
    for name, content in files.items():
        (image.parent / name).write_text(content)
        make("mcopy", "-i", image, image.parent / name, "::/")
    return image


def disk(path: Path, label: str, parts: list[tuple[str, Path | bytes | None, int]]) -> Path:
    """A disk with partitions of so many MiB; each an image, bytes, or nothing."""
    script = [f"label: {label}", *(["label-id: 0x6c586e13"] if label == "dos" else [])]
    start = 1
    places = []
    for words, content, size in parts:
        script.append(f"start={start * 2048},size={size * 2048}{words}")
        places.append((start, content))
        start += size
    sized(path, (start + 1) * MIB)
    subprocess.run([tool("sfdisk"), "-q", path], input="\n".join(script).encode(), check=True, capture_output=True)
    with path.open("r+b") as file:
        for at, content in places:
            file.seek(at * MIB)
            file.write(content.read_bytes() if isinstance(content, Path) else content or b"")
    return path


@pytest.fixture
def raspberry(tmp_path) -> Path:
    boot = fat(tmp_path / "boot.img", {"config.txt": "[all]\n", "LICENCE.broadcom": "text"})
    root = ext4(rootfs(tmp_path / "root"), tmp_path / "root.img")
    return disk(tmp_path / "rpi.img", "dos", [(",type=c", boot, 8), (",type=83", root, 8)])


def test_the_root_is_the_lowest_layer_and_the_others_are_where_fstab_mounts_them(raspberry):
    with opened(f"disk:{raspberry}") as image:
        said = [layer.created_by for layer in image.image.layers]
        assert said == ["partition 2 (rootfs): ext4, label rootfs", "partition 1 (BOOTFS): FAT12, label BOOTFS"]
        assert image.problems == ()
    root, boot = read_all(f"disk:{raspberry}")
    assert root["etc/os-release"] == b'ID=debian\nVERSION_ID="12"\n'
    assert boot == {
        "boot/firmware": b"",
        "boot/firmware/LICENCE.broadcom": b"text",
        "boot/firmware/config.txt": b"[all]\n",
    }


def test_members_come_in_path_order_and_second_names_are_links(raspberry):
    with opened(f"disk:{raspberry}") as image:
        members = [(m.path, m.type, m.link_target) for m in image.layers[0].members(Limits())]
    paths = [path for path, _, _ in members]
    assert paths == sorted(paths, key=lambda path: path.split("/"))
    assert ("usr/bin/edge", FileType.REGULAR, "") in members
    assert ("usr/bin/second", FileType.HARDLINK, "usr/bin/edge") in members


def inventory(target: str):
    product = Product("edge", images=(ImageSpec("os", Role.BASE_OS, target),))
    return api.scan(product, api.ScanOptions(engine="native", cache=False))[0]


def packed(raw: Path, image: Path) -> None:
    """``raw`` in the form that the name of ``image`` says."""
    if image.name in WAYS:
        program, *options = WAYS[image.name]
        with raw.open("rb") as source, image.open("wb") as target:
            subprocess.run([tool(program), *options, "-c"], stdin=source, stdout=target, check=True)
        return
    data = raw.read_bytes()
    parts = [data[at : at + 3 * MIB] for at in range(0, len(data), 3 * MIB)]
    match image.name:
        case "rpi.gz":
            image.write_bytes(gzip.compress(data))
        case "rpi.members.gz":
            image.write_bytes(b"".join(map(gzip.compress, parts)))
        case "rpi.frames.zst":
            for number, part in enumerate(parts):
                (raw.parent / f"part{number}").write_bytes(part)
                make("zstd", "-q", raw.parent / f"part{number}", "-o", raw.parent / f"part{number}.zst")
            image.write_bytes(b"".join((raw.parent / f"part{n}.zst").read_bytes() for n in range(len(parts))))
        case "rpi.xz":
            image.write_bytes(lzma.compress(data, preset=0))
        case "rpi.bz2":
            image.write_bytes(bz2.compress(data))
        case "rpi.qcow2":
            make("qemu-img", "convert", "-c", "-O", "qcow2", raw, image)
        case "rpi.zip":
            (raw.parent / "rpi.img.bmap").write_text("<?xml version='1.0'?>\n<bmap/>\n")
            make("zip", "-q", "-j", image, raw, raw.parent / "rpi.img.bmap")


WAYS = {
    "rpi.lz4": ["lz4", "-q"],
    "rpi.linked.lz4": ["lz4", "-q", "-BD", "-B4", "-BX", "--content-size"],
    "rpi.legacy.lz4": ["lz4", "-q", "-l"],
    "rpi.lzo": ["lzop", "-q"],
    "rpi.best.lzo": ["lzop", "-q", "-9", "--crc32"],
    "rpi.lzma": ["xz", "-q", "--format=lzma", "-0"],
    "rpi.blocks.xz": ["xz", "-q", "-0", "-T2", "--block-size=1MiB"],
    "rpi.zst": ["zstd", "-q"],
}


@pytest.mark.parametrize(
    "name",
    ["rpi.img", "rpi.gz", "rpi.members.gz", "rpi.xz", "rpi.bz2", "rpi.frames.zst", *WAYS, "rpi.qcow2", "rpi.zip"],
)
def test_a_scan_finds_the_packages_in_every_form_of_the_disk(raspberry, name):
    image = raspberry.with_name(name)
    packed(raspberry, image)
    found = inventory(str(image))
    assert [package.name for package in found.packages] == ["edge"]
    assert not found.problems
    assert (found.coverage.files, found.coverage.unowned_files) == (2, 0)
    assert find_source(str(image))[0].scheme == "disk"


def test_slots_that_hold_the_same_are_counted_once(tmp_path):
    """Made twice, so that identities and times differ and only the content is equal."""
    root = rootfs(tmp_path / "root", fstab="")
    parts = [
        (",name=rootA", ext4(root, tmp_path / "a"), 8),
        (",name=rootB", ext4(root, tmp_path / "b", "-b", "1024"), 8),
    ]
    image = disk(tmp_path / "ab.img", "gpt", [*parts, (",name=data", None, 4)])
    with opened(f"disk:{image}") as found:
        said = [layer.created_by for layer in found.image.layers]
    assert said == [
        "partition 1 (rootA): ext4, label rootfs, the same is in partition 2 (rootB)",
        "partition 3 (data): nothing but zeros",
    ]
    assert not inventory(f"disk:{image}").problems


@pytest.fixture
def two_roots(tmp_path) -> Path:
    first = ext4(rootfs(tmp_path / "one", "first"), tmp_path / "a")
    second = ext4(rootfs(tmp_path / "two", "second"), tmp_path / "b")
    return disk(tmp_path / "two.img", "gpt", [(",name=rootA", first, 8), (",name=rootB", second, 8)])


def test_a_second_root_that_differs_is_a_problem_with_its_remedy(two_roots):
    found = inventory(f"disk:{two_roots}")
    assert [package.name for package in found.packages] == ["first"]
    (problem,) = found.problems
    assert "partition 2 (rootB): another root file system" in problem.reason
    assert "disk:two.img:2" in problem.reason


@pytest.mark.parametrize("name", ["2", "rootB"])
def test_a_partition_can_be_chosen(two_roots, name):
    found = inventory(f"disk:{two_roots}:{name}")
    assert [package.name for package in found.packages] == ["second"]
    assert not found.problems


def test_a_partition_that_is_not_there(two_roots):
    with pytest.raises(UnsupportedInput, match="'rootC'") as error, opened(f"disk:{two_roots}:rootC"):
        pass
    assert "partition 1 (rootA), partition 2 (rootB)" in error.value.hint


def swap() -> bytes:
    return bytes(4086) + b"SWAPSPACE2"


UNREADABLE = {
    b"LUKS\xba\xbe": "an encrypted volume (LUKS)",
    b"verity\0\0": "a dm-verity hash tree",
    b"XFSB": "an XFS file system",
    bytes(1024) + b"\x10\x20\xf5\xf2": "an F2FS file system",
    swap(): "a swap area",
    b"UBI#": "the first header of the UBI image is damaged",
    b"\xd0\x0d\xfe\xed": "the device tree is damaged",
    b"\x28\xcd\x3d\x45": "a big-endian cramfs",
    b"\x45\x3d\xcd\x28": "a cramfs",
    b"sqsh": "a big-endian squashfs",
    bytes(8) + b"\xf9\x9f\x12\x7b\x9c\x4d\x82\x96": "an index of casync",
    bytes(8) + b"\x51\xbb\x5b\xea\xbc\xfa\x96\x13": "an archive of casync",
    b"\x9a\x62\x78\xd0" + bytes(1020) + b"\xe2\xe1\xf5\xe0": "a composefs image",
    b"never seen": "no file system that is known here",
}


def test_what_is_not_read_is_named_and_the_rest_is_read(tmp_path):
    root = ext4(rootfs(tmp_path / "root", fstab=""), tmp_path / "a")
    image = disk(tmp_path / "many.img", "gpt", [("", root, 8), *(("", start, 1) for start in UNREADABLE)])
    found = inventory(f"disk:{image}")
    assert [package.name for package in found.packages] == ["edge"]
    said = sorted(problem.reason for problem in found.problems)
    assert len(said) == len(UNREADABLE)
    for number, name in enumerate(UNREADABLE.values(), 2):
        assert any(text.startswith(f"partition {number} (Linux): {name}") for text in said), (name, said)


def test_a_disk_of_nothing_that_is_read(tmp_path):
    image = disk(tmp_path / "luks.img", "gpt", [("", b"LUKS\xba\xbe", 1)])
    found = inventory(f"disk:{image}")
    assert any("LUKS" in problem.reason for problem in found.problems)


def test_a_partition_that_is_damaged(tmp_path):
    root = ext4(rootfs(tmp_path / "root", fstab=""), tmp_path / "a")
    bad = bytearray(root.read_bytes())
    bad[1024 + 0x18 : 1024 + 0x1C] = b"\x06\0\0\0"
    bad[1024 + 0x28 : 1024 + 0x2C] = bytes(4)
    image = disk(tmp_path / "bad.img", "gpt", [("", root, 8), ("", bytes(bad), 8)])
    (problem,) = inventory(f"disk:{image}").problems
    assert problem.reason == (
        "partition 2 (Linux): its superblock contradicts itself (sizes of inodes, descriptors or groups)"
    )


def test_data_outside_of_the_partitions_is_told(raspberry):
    with raspberry.open("r+b") as file:
        file.seek(8192)
        file.write(b"bootloader")
    (problem,) = inventory(f"disk:{raspberry}").problems
    assert problem.reason.startswith("bytes 512 to 1,048,576 are in no partition")


def test_the_writable_half_of_an_overlay_is_told(tmp_path):
    (tmp_path / "data/upper/etc").mkdir(parents=True)
    (tmp_path / "data/work").mkdir()
    root = ext4(rootfs(tmp_path / "root", fstab=""), tmp_path / "a")
    image = disk(tmp_path / "o.img", "gpt", [("", root, 8), (",name=rw", ext4(tmp_path / "data", tmp_path / "b"), 8)])
    (problem,) = inventory(f"disk:{image}").problems
    assert problem.reason.startswith("partition 2 (rw): a writable overlay")


def test_bare_file_systems_have_schemes_of_their_own(tmp_path):
    root = rootfs(tmp_path / "root")
    image = ext4(root, tmp_path / "root.ext4")
    make("mksquashfs", root, tmp_path / "root.squashfs", "-noappend", "-no-progress", "-quiet")
    for scheme in ("ext", "squashfs"):
        target = str(tmp_path / f"root.{'ext4' if scheme == 'ext' else scheme}")
        assert find_source(target)[0].scheme == scheme
        assert [package.name for package in inventory(f"{scheme}:{target}").packages] == ["edge"]
        assert [package.name for package in inventory(f"disk:{target}").packages] == ["edge"]
    with pytest.raises(UnsupportedInput, match="no squashfs file system"), opened(f"squashfs:{image}"):
        pass


def test_a_file_system_gives_what_a_tar_of_it_gives(tmp_path):
    root = rootfs(tmp_path / "root")
    image = ext4(root, tmp_path / "root.ext4")
    subprocess.run(["tar", "-C", root, "--sort=name", "-cf", tmp_path / "root.tar", "."], check=True)
    as_tar, as_image = inventory(f"rootfs:{tmp_path / 'root.tar'}"), inventory(f"ext:{image}")
    assert [one.purl for one in as_image.packages] == [one.purl for one in as_tar.packages]
    assert (as_image.coverage, as_image.unowned) == (as_tar.coverage, as_tar.unowned)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (bytes(5000), UnsupportedInput, "holds nothing but zeros"),
        (b"LUKS\xba\xbe" + bytes(5000), UnsupportedInput, r"an encrypted volume \(LUKS\), which is not read here"),
        (b"MZ" + bytes(5000), UnsupportedInput, "no file system that is known here"),
        (bytes(512) + b"EFI PART" + bytes(5000), CorruptInput, "GPT is damaged"),
        (b"hsqs" + bytes(50), CorruptInput, "ends at 54"),
    ],
)
def test_files_that_are_no_disk(tmp_path, data, error, message):
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(error, match=message), opened(f"disk:{tmp_path / 'file'}"):
        pass


def test_a_file_system_larger_than_allowed(tmp_path):
    image = ext4(rootfs(tmp_path / "root"), tmp_path / "root.ext4")
    for limits in (Limits(members=5), Limits(layer_bytes=100)):
        with opened(f"ext:{image}") as found, pytest.raises(CorruptInput, match="more than"):
            list(found.layers[0].members(limits))


def test_a_huge_sparse_file_is_told_and_not_expanded(tmp_path):
    root = rootfs(tmp_path / "root")
    with (root / "huge").open("wb") as file:
        file.truncate(1 << 40)
    image = ext4(root, tmp_path / "root.ext4")
    with opened(f"ext:{image}") as found:
        (fault,) = [member.fault for member in found.layers[0].members(Limits()) if member.fault]
    assert fault == "sparse file of 1,099,511,627,776 bytes was not read"


def test_the_same_image_gives_the_same_document(raspberry, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    copy = shutil.copy(raspberry, tmp_path / "elsewhere/rpi.img")
    assert inventory(f"disk:{raspberry}") == inventory(f"disk:{copy}")


def test_an_encrypted_partition_makes_the_result_incomplete(tmp_path):
    root = ext4(rootfs(tmp_path / "root", fstab=""), tmp_path / "a")
    image = disk(tmp_path / "luks.img", "gpt", [("", root, 8), ("", b"LUKS\xba\xbe", 1)])
    command = ["scan", "--strict", "--engine", "native", "--no-cache", f"disk:{image}"]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 4
    assert "partition 2 (Linux): an encrypted volume (LUKS), which is not read here" in result.output


def flash(folder: Path, fstab: str) -> Path:
    """A UBI image with a volume of settings before the one with the root."""
    (folder / "data/state").mkdir(parents=True)
    (folder / "data/state/id").write_text("7\n")
    lines = []
    for number, (name, source) in enumerate(
        {"data": folder / "data", "rootfs": rootfs(folder / "root", "edge", fstab)}.items()
    ):
        make("mkfs.ubifs", "-m", 2048, "-e", 126976, "-c", 100, "-r", source, folder / f"{name}.ubifs")
        lines += [f"[{name}]", "mode=ubi", f"image={folder / name}.ubifs", f"vol_id={number}", f"vol_name={name}",
                  "vol_type=dynamic", "vol_size=8MiB"]  # fmt: skip
    (folder / "ini").write_text("\n".join(lines) + "\n")
    make("ubinize", "-o", folder / "flash.ubi", "-p", 131072, "-m", 2048, folder / "ini")
    return folder / "flash.ubi"


@pytest.mark.parametrize("device", ["ubi0:data", "/dev/ubi0_0", "ubi0_0"])
def test_the_volumes_of_an_ubi_image_are_its_partitions(device, tmp_path):
    image = flash(tmp_path, f"ubi0:rootfs / ubifs defaults 0 0\n{device} /var/lib/edge ubifs defaults 0 0\n")
    with opened(str(image)) as found:
        said = [layer.created_by for layer in found.image.layers]
    assert said == ["volume 1 (rootfs): UBIFS", "volume 0 (data): UBIFS"]
    assert read_all(f"disk:{image}")[1]["var/lib/edge/state/id"] == b"7\n"
    found = inventory(str(image))
    assert [package.name for package in found.packages] == ["edge"]
    assert not found.problems
    assert not inventory(f"disk:{image}:data").packages


@pytest.mark.parametrize("program", ["mkfs.ubifs", "mkfs.jffs2"])
def test_bare_file_systems_of_flash(program, tmp_path):
    root, image = rootfs(tmp_path / "root"), tmp_path / "image"
    if program == "mkfs.ubifs":
        make(program, "-m", 2048, "-e", 126976, "-c", 100, "-r", root, image)
    else:
        make(program, "-r", root, "-b", "-o", image)
    found = inventory(str(image))
    assert [package.name for package in found.packages] == ["edge"]
    assert not found.problems


def test_zip_archives_that_hold_no_image_or_several(tmp_path, raspberry):
    (tmp_path / "readme").write_text("text")
    make("zip", "-q", "-j", tmp_path / "none.zip", tmp_path / "readme")
    make("zip", "-q", "-j", tmp_path / "two.zip", raspberry, tmp_path / "root.img")
    make("zip", "-q", "-j", "-P", "secret", tmp_path / "locked.zip", raspberry)
    for name, said in {
        "none.zip": "no disk image is in the zip archive",
        "two.zip": "several images are in the zip archive: root.img, rpi.img",
        "locked.zip": "the zip archive is encrypted",
    }.items():
        with pytest.raises(UnsupportedInput, match=said), opened(f"disk:{tmp_path / name}"):
            pass
    whole = (tmp_path / "two.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorruptInput, match="damaged zip archive"), opened(f"disk:{tmp_path / 'cut.zip'}"):
        pass


@pytest.mark.parametrize("method", ["deflate", "bzip2"])
def test_zip_archives_with_a_damaged_member(method, tmp_path):
    """Wherever in it the damage is; each codec has errors of its own."""
    noise = fat(tmp_path / "disk.img", {"noise": random.Random(1).randbytes(2 << 20).hex()})
    make("zip", "-q", "-j", "-Z", method, tmp_path / "whole.zip", noise)
    whole = (tmp_path / "whole.zip").read_bytes()
    for at in (80, len(whole) // 2):
        (tmp_path / "bad.zip").write_bytes(whole[:at] + bytes(20) + whole[at + 20 :])
        with pytest.raises(CorruptInput, match="damaged"), opened(str(tmp_path / "bad.zip")):
            pass


@pytest.mark.parametrize("name", [*WAYS, "rpi.zip"])
def test_compressed_disks_that_are_cut_off_or_damaged(name, tmp_path, raspberry):
    image = tmp_path / name
    packed(raspberry, image)
    data = image.read_bytes()
    image.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(CorruptInput), opened(f"disk:{image}"):
        pass
    image.write_bytes(data + b"something else")
    if "lz" in name and "lzma" not in name:
        with pytest.raises(CorruptInput, match="something else follows"), opened(f"disk:{image}"):
            pass


def initramfs(folder: Path) -> Path:
    """A root in a compressed archive, behind an archive of microcode."""
    root = rootfs(folder / "root", fstab="")
    (folder / "early/kernel/x86/microcode").mkdir(parents=True)
    (folder / "early/kernel/x86/microcode/GenuineIntel.bin").write_text("u")
    parts = []
    for tree in (folder / "early", root):
        names = b"\0".join(str(one.relative_to(tree)).encode() for one in sorted(tree.rglob("*"))) + b"\0"
        command = [tool("cpio"), "-0", "-o", "-H", "newc", "--quiet"]
        parts.append(subprocess.run(command, input=names, cwd=tree, capture_output=True, check=True).stdout)
    (folder / "initrd.img").write_bytes(parts[0] + gzip.compress(parts[1]))
    return folder / "initrd.img"


ITS = """/dts-v1/;
/ {
 description = "edge";
 images {
  kernel { data = /incbin/("zImage"); type = "kernel"; arch = "arm"; os = "linux"; compression = "none"; load = <0>;
           entry = <0>; };
  ramdisk { data = /incbin/("initrd.img"); type = "ramdisk"; arch = "arm"; os = "linux"; compression = "none"; };
 };
 configurations { default = "c"; c { kernel = "kernel"; ramdisk = "ramdisk"; }; };
};
"""


@pytest.mark.parametrize("form", ["initrd.img", "uInitrd", "fitImage", "zImage"])
def test_the_root_may_be_an_initramfs(form, tmp_path):
    image = initramfs(tmp_path)
    (tmp_path / "zImage").write_bytes(bytes(36) + b"\x18\x28\x6f\x01" + bytes(2000) + image.read_bytes())
    if form == "uInitrd":
        make("mkimage", "-A", "arm", "-O", "linux", "-T", "ramdisk", "-C", "none", "-d", image, tmp_path / form)
    elif form == "fitImage":
        (tmp_path / "its").write_text(ITS)
        (tmp_path / "zImage").write_bytes(bytes(36) + b"\x18\x28\x6f\x01" + bytes(2000))
        subprocess.run([tool("mkimage"), "-E", "-f", "its", form], cwd=tmp_path, check=True, capture_output=True)
    target = str(tmp_path / form)
    assert find_source(target)[0].scheme == "disk"
    found = inventory(target)
    assert [package.name for package in found.packages] == ["edge"]
    assert not found.problems
    layers = read_all(target)
    assert layers[0]["kernel/x86/microcode/GenuineIntel.bin"] == b"u"
    others = {"fitImage": {"image", "image/kernel"}, "zImage": {"image", "image/kernel"}}
    assert {path for layer in layers[1:] for path in layer} == others.get(form, set())


def test_a_ramdisk_that_is_damaged_is_told(tmp_path):
    (tmp_path / "bad").write_bytes(initramfs(tmp_path).read_bytes()[:-30])
    make("mkimage", "-A", "arm", "-O", "linux", "-T", "ramdisk", "-C", "none", "-d", tmp_path / "bad", tmp_path / "u")
    assert any("its compressed part ends early" in one.reason for one in inventory(f"disk:{tmp_path / 'u'}").problems)
    (tmp_path / "bad").write_bytes(b"nothing that is known")
    make("mkimage", "-A", "arm", "-O", "linux", "-T", "ramdisk", "-C", "none", "-d", tmp_path / "bad", tmp_path / "u")
    said = [one.reason for one in inventory(f"disk:{tmp_path / 'u'}").problems]
    assert "image 1 (ramdisk): no file system that is known here" in said


def test_a_kernel_alone_is_a_file_and_no_root(tmp_path):
    (tmp_path / "zImage").write_bytes(bytes(36) + b"\x18\x28\x6f\x01" + bytes(2000))
    found = inventory(str(tmp_path / "zImage"))
    assert not found.packages
    assert found.problems
    assert [set(layer) for layer in read_all(str(tmp_path / "zImage"))] == [{"image", "image/kernel"}]


@pytest.mark.parametrize("name", ["initrd.img", "inner.img", "inner.img.gz", "inner.members.img.gz", "link"])
def test_a_file_in_a_partition_may_hold_the_root(name, tmp_path):
    """As installers and boot partitions have them: an initramfs, a disk, a compressed one, a link to one."""
    outer = tmp_path / "outer"
    (outer / "opt").mkdir(parents=True)
    (tmp_path / "i").mkdir()
    shutil.copy(initramfs(tmp_path / "i"), outer / "opt/initrd.img")
    root = ext4(rootfs(tmp_path / "inner", fstab=""), tmp_path / "root.img")
    disk(outer / "opt/inner.img", "gpt", [("", root, 8)])
    whole = (outer / "opt/inner.img").read_bytes()
    for suffix, place in (("", len(whole)), (".members", 1 << 20)):  # pigz and others write several members
        parts = [gzip.compress(part) for part in (whole[:place], whole[place:]) if part]
        (outer / f"opt/inner{suffix}.img.gz").write_bytes(b"".join(parts))
    (outer / "opt/link").symlink_to("/opt/inner.img")
    bare = ext4(outer, tmp_path / "bare", size=64)
    image = disk(tmp_path / "flasher.img", "gpt", [(",name=flash", bare, 64)])
    for target in (f"{image}:flash/opt/{name}", f"disk:{image}:1/opt/{name}", f"disk:{bare}:/opt/{name}"):
        found = inventory(target)
        assert [package.name for package in found.packages] == ["edge"]
        assert not found.problems
    with pytest.raises(UnsupportedInput, match="no file 'opt/none'"), opened(f"disk:{image}:1/opt/none"):
        pass
    with pytest.raises(UnsupportedInput, match="no partition 'root'"), opened(f"disk:{image}:root/opt/{name}"):
        pass


def test_the_second_root_of_a_disk_in_a_disk(tmp_path, two_roots):
    (tmp_path / "outer").mkdir()
    shutil.copy(two_roots, tmp_path / "outer/inner.img")
    image = disk(tmp_path / "f.img", "gpt", [("", ext4(tmp_path / "outer", tmp_path / "bare", size=48), 48)])
    (problem,) = inventory(f"disk:{image}:1/inner.img").problems
    assert "disk:f.img:1/inner.img:2" in problem.reason
    assert [package.name for package in inventory(f"disk:{image}:1/inner.img:2").packages] == ["second"]


def test_a_fit_or_flash_image_in_a_partition(tmp_path):
    """As OpenWrt has them: the root is a squashfs in a FIT, the settings are in a volume."""
    make(
        "mksquashfs", rootfs(tmp_path / "root", fstab=""), tmp_path / "squashfs", "-noappend", "-no-progress", "-quiet"
    )
    (tmp_path / "kernel").write_bytes(b"no kernel that is known")
    its = (
        ITS.replace("zImage", "kernel")
        .replace("initrd.img", "squashfs")
        .replace('"ramdisk"; arch', '"filesystem"; arch')
    )
    (tmp_path / "its").write_text(its)
    subprocess.run([tool("mkimage"), "-E", "-f", "its", "fit"], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "data").mkdir()
    volumes = flash(tmp_path / "data", "")
    image = disk(tmp_path / "router.img", "gpt", [(",name=production", tmp_path / "fit", 4), ("", volumes, 8)])
    found = inventory(f"disk:{image}")
    assert [package.name for package in found.packages] == ["edge"]
    (problem,) = found.problems
    assert problem.reason.startswith("partition 2 (Linux), volume 1 (rootfs): another root")
    assert "disk:router.img:2.1" in problem.reason
    with opened(f"disk:{image}") as layers:
        assert [layer.created_by for layer in layers.image.layers] == [
            "partition 1 (production), image 2 (ramdisk): squashfs (gzip)",
            "partition 2 (Linux), volume 0 (data): UBIFS",
            "partition 1 (production): FIT image",
        ]
    paths = [path for layer in read_all(f"disk:{image}")[1:] for path in layer]
    assert "partition-2/volume-0/state/id" in paths
    assert "partition-1/kernel" in paths
    for name in ("2.1", "rootfs"):
        assert not inventory(f"disk:{image}:{name}").problems


@pytest.mark.parametrize("padding", [b"\xff" * 70_000, b"\0" * 5000, b""])
def test_a_file_system_behind_another_is_told(padding, tmp_path):
    """A dump of flash has no table; of what lies in a row the first is read."""
    make("mksquashfs", rootfs(tmp_path / "root"), tmp_path / "one", "-quiet", "-no-progress")
    one = (tmp_path / "one").read_bytes()
    (tmp_path / "two").write_bytes(one + padding + one)
    (tmp_path / "free").write_bytes(one + padding + b"a trailer, no file system")
    told = f": another file system lies behind it, at byte {len(one) + len(padding):,}, and was not read"
    with opened(str(tmp_path / "two")) as image:
        assert image.problems == (f"squashfs (gzip){told}",)
    with opened(str(tmp_path / "free")) as image:
        assert image.problems == ()
    with opened(str(disk(tmp_path / "disk.img", "dos", [("", tmp_path / "two", 4)]))) as image:
        assert image.problems == (f"partition 1 (Linux){told}",)
    (tmp_path / "odd").write_bytes(one[:40] + b"\xff" * 8 + one[48:])  # it claims that no number of bytes is enough
    with opened(str(tmp_path / "odd")) as image:
        list(image.layers[0].members(Limits()))
        assert image.layers[0].digests().fault.startswith("it is cut off")

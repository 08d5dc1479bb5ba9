"""SWUpdate archives made by cpio."""

from __future__ import annotations

import hashlib
import json
import random

import pytest
from bundle_builder import swu
from image_builder import opened
from system_builder import debian, ext4, listed, of_tree, packages, run, scan, squashfs, write
from test_disk import disk

from sbomctl.errors import CorruptInput, DigestMismatch, SbomctlError, UnsupportedInput
from sbomctl.sources._sw_description import Described, described
from sbomctl.sources.detect import find_source

# From the syntax that SWUpdate's documentation shows: two slots, comments, texts in parts, lists and arrays.
LIBCONFIG = """/* An update */
software =
{
    version = "1.0" ".1";  # of the product
    hardware-compatibility: [ "rev1", "rev2" ];
    stable = {
        copy1: {
            images: ( {
                filename = "rootfs.ext4.gz"; type = "raw"; compressed = "zlib"; installed-directly = true;
                device = "/dev/mmcblk0p2"; sha256 = "SHA256";
            }, { filename = "app.tar.gz"; type = "archive"; path = "/opt/app"; } );
        };
        copy2: { images: ( { filename = "rootfs.ext4.gz"; device = "/dev/mmcblk0p3"; } ); };
    };
    scripts: ( { filename = "post.sh"; type = "shellscript"; } ); // runs last
};
"""
FIT = """/dts-v1/;
/ { description = "edge"; #address-cells = <1>;
    images { kernel-1 { description = "k"; data = /incbin/("DATA"); type = "kernel"; arch = "arm64"; os = "linux";
        compression = "none"; load = <0>; entry = <0>; }; };
    configurations { default = "c"; c { kernel = "kernel-1"; }; };
};
"""


@pytest.fixture
def root(tmp_path):
    return write(debian(tmp_path / "root"), {"usr/share/noise": random.Random(1).randbytes(20_000)})


def images(*entries: dict[str, object]) -> str:
    return json.dumps({"software": {"version": "2", "hardware-compatibility": ["1.0"], "images": list(entries)}})


@pytest.mark.parametrize("form", ["newc", "crc"])
def test_an_archive_with_a_libconfig_description(tmp_path, root, form):
    run("gzip", ext4(root, tmp_path / "rootfs.ext4"))
    write(tmp_path, {"app/bin/app": "app", "post.sh": "#!/bin/sh\n"})
    run("tar", "-C", tmp_path / "app", "-czf", tmp_path / "app.tar.gz", ".")
    files = [tmp_path / name for name in ("rootfs.ext4.gz", "app.tar.gz", "post.sh")]
    description = LIBCONFIG.replace("SHA256", hashlib.sha256(files[0].read_bytes()).hexdigest())
    archive = swu(tmp_path, description, *files, form=form)
    assert find_source(str(archive))[0].scheme == "swu"
    with opened(str(archive)) as found:
        entries = listed(found)
        expected = of_tree(root) | {"opt/app/bin/app": entries["opt/app/bin/app"]}
        added = {"lost+found", "opt/app", "opt/app/bin", "bundle", "bundle/post.sh"}
        assert {path: what for path, what in entries.items() if path not in added} == expected
        assert found.image.layers[0].created_by == (
            "SWUpdate archive 1.0.1 for hardware rev1, image rootfs.ext4.gz: ext4"
        )
        assert not found.problems
    one = scan(str(archive))["os"]
    assert packages(one) == ["edge 1.0-1"]
    assert not one.problems


@pytest.mark.parametrize(("program", "suffix"), [("zstd", ".zst"), ("xz", ".xz")])
def test_compressed_images_with_a_json_description(tmp_path, root, program, suffix):
    image = squashfs(root, tmp_path / "root.squashfs")
    run(program, "-q", image)
    entry = {"filename": image.name + suffix, "type": "ubivol", "volume": "rootfs", "compressed": program}
    with opened(str(swu(tmp_path, images(entry), tmp_path / (image.name + suffix)))) as found:
        assert listed(found) == of_tree(root)
        assert not found.problems


def test_a_disk_and_whatever_cannot_be_read(tmp_path, root):
    write(tmp_path, {"uboot.bin": b"\x14\0\0\xea" * 200, "secret.enc": random.Random(2).randbytes(4000)})
    write(tmp_path, {"a.delta": b"rs\x026" + bytes(50), "b.zck": bytes(50) + b"x"})
    disk(tmp_path / "sd.wic", "gpt", [(",name=root", ext4(root, tmp_path / "root.ext4"), 16)])
    run("gzip", tmp_path / "sd.wic")
    entries = [
        {"filename": "sd.wic.gz", "type": "raw", "compressed": "zlib"},
        {"filename": "uboot.bin", "type": "raw"},
        {"filename": "secret.enc", "type": "raw", "encrypted": True},
        {"filename": "a.delta", "type": "rdiff_image"},
        {"filename": "b.zck", "type": "delta"},
    ]
    files = [tmp_path / str(one["filename"]) for one in entries]
    archive = swu(tmp_path, images(*entries), *files)
    with opened(str(archive)) as found:
        assert {path: what for path, what in listed(found).items() if path != "lost+found"} == of_tree(root)
        assert "image sd.wic.gz: partition 1 (root): ext4" in found.image.layers[0].created_by
        assert found.problems == (
            "image a.delta: a binary delta (rdiff); the image that it makes is not in it",
            "image b.zck: a delta update, whose parts lie elsewhere; the image that it makes is not read",
            "image secret.enc: it is encrypted, so it is not read",
            "image uboot.bin: no file system that is known here",
        )
    assert packages(scan(str(archive))["os"]) == ["edge 1.0-1"]


def test_flash_and_boot_images(tmp_path, root):
    """A UBI with two volumes, of which one is the root, and a kernel with its device tree in a FIT."""
    for name, tree in (("root", root), ("data", write(tmp_path / "data", {"a.txt": "a"}))):
        run("mkfs.ubifs", "-r", tree, "-m", 2048, "-e", 126976, "-c", 200, "-o", tmp_path / f"{name}.ubifs")
    volume = "[{0}]\nmode=ubi\nimage={1}/{0}.ubifs\nvol_id={2}\nvol_size=8MiB\nvol_type=dynamic\nvol_name={0}\n"
    write(tmp_path, {"ubi.cfg": volume.format("root", tmp_path, 0) + volume.format("data", tmp_path, 1)})
    run("ubinize", "-p", "128KiB", "-m", 2048, "-o", tmp_path / "flash.ubi", tmp_path / "ubi.cfg")
    write(tmp_path, {"Image": b"kernel" * 100, "edge.its": FIT.replace("DATA", str(tmp_path / "Image"))})
    run("mkimage", "-f", tmp_path / "edge.its", tmp_path / "fitImage")
    entries = [{"filename": name, "type": "raw"} for name in ("fitImage", "flash.ubi")]
    archive = swu(tmp_path, images(*entries), tmp_path / "fitImage", tmp_path / "flash.ubi")
    with opened(str(archive)) as found:
        entries = listed(found)
        added = {path for path in entries if path not in of_tree(root) and entries[path][0] == "regular"}
        assert added == {"flash.ubi-volume-1/a.txt", "fitImage/kernel-1"}
        assert "image flash.ubi: volume 0 (root): UBIFS" in found.image.layers[0].created_by
        assert found.image.layers[0].created_by.startswith("SWUpdate archive 2 for hardware 1.0, ")
        assert not found.problems


def test_without_a_usable_description_the_images_are_found_all_the_same(tmp_path, root):
    archive = swu(tmp_path, "\x00\xff encrypted", squashfs(root, tmp_path / "root.squashfs"))
    with opened(str(archive)) as found:
        assert listed(found) == of_tree(root)


@pytest.mark.parametrize(
    "description",
    [
        "\x00\xff encrypted",
        'software = { version = "1"; odd = \'x\'; images: ( { filename = "secret.enc"; encrypted = true; } ); };',
        '{"software": {"version": "1"}}',
        'software = { version = "1"; images: ( { filename = "root.squashfs"; }',
    ],
)
def test_files_of_which_nothing_is_known_are_told(description, tmp_path, root):
    """An encrypted image looks like nothing; when the description cannot be read it may be any of the files."""
    write(tmp_path, {"secret.enc": random.Random(2).randbytes(4000)})
    archive = swu(tmp_path, description, squashfs(root, tmp_path / "root.squashfs"), tmp_path / "secret.enc")
    with opened(f"swu:{archive}") as found:
        assert {path for path in listed(found) if path not in of_tree(root)} == {"bundle", "bundle/secret.enc"}
        assert found.problems == (
            "sw-description cannot be understood, so it is not known whether these files are images: secret.enc",
        )


def test_what_of_a_disk_is_not_read_is_told(tmp_path, root):
    """As for a disk that is given as it is: data outside of its partitions, partitions that are cut off."""
    whole = disk(tmp_path / "sd.wic", "dos", [(",type=83", ext4(root, tmp_path / "root.ext4"), 16), ("", None, 4)])
    with whole.open("r+b") as file:
        file.seek(64 << 10)
        file.write(b"bootloader")
        file.truncate(19 << 20)
    with opened(str(whole)) as found:
        expected = found.problems
    assert len(expected) == 2
    archive = swu(tmp_path, images({"filename": "sd.wic", "type": "raw"}), whole)
    with opened(str(archive)) as found:
        assert found.problems == tuple(f"image sd.wic: {one}" for one in expected)


def test_damage_is_one_error(tmp_path, root):
    image = squashfs(root, tmp_path / "root.squashfs")
    promised = {"filename": image.name, "sha256": hashlib.sha256(image.read_bytes()).hexdigest()}
    archive = swu(tmp_path, images(promised), image)
    whole = archive.read_bytes()
    for size in (115, 4000, len(whole) // 2, whole.rindex(b"TRAILER!!!")):
        archive.write_bytes(whole[:size])
        with pytest.raises(CorruptInput), opened(f"swu:{archive}"):
            pass
    caught = set()
    for at in range(0, len(whole), max(1, len(whole) // 200)):
        archive.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            with opened(f"swu:{archive}") as found:
                assert found.problems or listed(found) == of_tree(root)
        except SbomctlError as error:
            caught.add(type(error))
    assert {DigestMismatch, UnsupportedInput} <= caught
    archive.write_bytes(whole.replace(b"root.squashfs\0", b"boot.squashfs\0"))
    with pytest.raises(CorruptInput, match=r"root\.squashfs of sw-description is not in it"), opened(str(archive)):
        pass


@pytest.mark.parametrize("told", ["of 1,048,577 bytes", "that is no file"])
def test_a_description_that_cannot_be_one(tmp_path, told):
    archive = swu(tmp_path, " " * ((1 << 20) + 1) if "bytes" in told else "")
    if "bytes" not in told:
        archive.write_bytes(archive.read_bytes().replace(b"000081", b"000041", 1))  # a directory
    with pytest.raises(CorruptInput, match=told), opened(f"swu:{archive}"):
        pass


@pytest.mark.parametrize("text", [b"", b"{", b"(" * 100_000, b'a = { b = "', b"\xff\xfe", b"{" * 100_000, b"}}}}))"])
def test_descriptions_that_are_none(text):
    assert described(text).files is None


@pytest.mark.parametrize(
    ("written", "encrypted"),
    [("true", True), ('"true"', True), ('"aes-cbc"', True), ("false", False), ('"false"', False), ('"no"', False)],
)
def test_what_is_encrypted_by_its_description(written, encrypted):
    for text in (
        f'{{"software": {{"images": [{{"filename": "a", "encrypted": {written}}}]}}}}',
        f'software = {{ images: ( {{ filename = "a"; encrypted = {written}; }} ); }};',
    ):
        assert described(text.encode()).files == {"a": Described("images", is_encrypted=encrypted)}


def test_what_a_description_says():
    found = described(LIBCONFIG.replace("SHA256", "0" * 64).encode())
    assert found.version == "1.0.1"
    assert found.hardware == ("rev1", "rev2")
    assert found.files == {
        "rootfs.ext4.gz": Described("images", "raw", "", "0" * 64),
        "app.tar.gz": Described("images", "archive", "/opt/app"),
        "post.sh": Described("scripts", "shellscript"),
    }

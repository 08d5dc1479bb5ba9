"""RAUC bundles made by rauc."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from bundle_builder import rauc
from image_builder import opened
from system_builder import debian, ext4, listed, of_tree, packages, run, scan, squashfs, write

from sbomctl.errors import CorruptInput, DigestMismatch, SbomctlError, UnsupportedInput
from sbomctl.sources.detect import find_source


@pytest.fixture
def root(tmp_path):
    return write(debian(tmp_path / "root"), {"usr/share/noise": random.Random(1).randbytes(20_000)})


def without(entries, *places):
    return {path: what for path, what in entries.items() if path.split("/")[0] not in (*places, "lost+found")}


@pytest.mark.parametrize("form", ["plain", "verity"])
def test_the_rootfs_of_a_bundle_is_the_root(tmp_path, root, form):
    bundle = rauc(tmp_path, {"rootfs": ext4(root, tmp_path / "rootfs.ext4", "-L", "rootfs")}, form)
    assert find_source(str(bundle))[0].scheme == "rauc"
    with opened(str(bundle)) as found:
        assert without(listed(found)) == of_tree(root)
        said = "RAUC bundle edge-gateway 2026.1, image rootfs (rootfs.ext4): ext4, label rootfs"
        assert [layer.created_by for layer in found.image.layers] == [said]
        assert (found.problems, found.inner) == ((), ())
    one = scan(str(bundle))["os"]
    assert packages(one) == ["edge 1.0-1"]
    assert not one.problems
    assert one.image.target == f"rauc:{bundle.name}"


@pytest.mark.parametrize("name", ["rootfs.tar.gz", "rootfs.tar.xz", "rootfs.tar", "rootfs.img", "rootfs.squashfs.zst"])
def test_images_in_other_forms(tmp_path, root, name):
    image = tmp_path / name
    if ".tar" in name:
        run("tar", "-C", root, "-caf", image, ".")
    elif name.endswith(".zst"):
        run("zstd", "-q", squashfs(root, tmp_path / "raw.squashfs"), "-o", image)
    else:
        squashfs(root, image, "-comp", "xz")
    # rauc judges by the name, and knows no .zst
    held = image.rename(tmp_path / "rootfs.img") if name.endswith(".zst") else image
    with opened(f"rauc:{rauc(tmp_path, {'rootfs': held})}") as found:
        assert listed(found) == of_tree(root)
        assert not found.problems


def test_images_beside_the_root(tmp_path, root):
    """A partition where fstab says, one that nothing mounts, a rescue system, an unread bootloader, a hook."""
    write(root, {"etc/fstab": "LABEL=data /srv/data ext4 defaults 0 2\n"})
    images = {
        "bootloader": write(tmp_path, {"u-boot.img": b"\x14\0\0\xea" + b"code" * 100}) / "u-boot.img",
        "rescue": squashfs(debian(tmp_path / "rescue", "rescue"), tmp_path / "rescue.squashfs"),
        "rootfs": ext4(root, tmp_path / "rootfs.ext4"),
        "data": ext4(write(tmp_path / "data", {"a.txt": "a"}), tmp_path / "data.ext4", "-L", "data"),
        "appfs": squashfs(write(tmp_path / "app", {"bin/app": "app"}), tmp_path / "app.img"),
    }
    bundle = rauc(tmp_path, images, files={"hook.sh": "#!/bin/sh\n"})
    with opened(str(bundle)) as found:
        entries = listed(found)
        assert {path for path in entries if "/" in path and path.endswith(("a.txt", "app", "hook.sh"))} == {
            "srv/data/a.txt",
            "appfs/bin/app",
            "bundle/hook.sh",
        }
        assert not [path for path in entries if path.endswith((".img", ".ext4", ".raucm"))]
        assert found.problems == ("image bootloader (u-boot.img): no file system that is known here",)
        (rescue,) = found.inner
        assert listed(rescue) == of_tree(tmp_path / "rescue")
    inventories = scan(str(bundle))
    assert {name: packages(one) for name, one in inventories.items()} == {
        "os": ["edge 1.0-1"],
        "os/rescue": ["rescue 1.0-1"],
    }
    assert packages(scan(f"rauc:{bundle}:rescue")["os"]) == ["rescue 1.0-1"]
    with pytest.raises(UnsupportedInput, match="no image 'nosuch'"), opened(f"rauc:{bundle}:nosuch"):
        pass


def test_the_slot_of_the_root_is_the_root_however_little_is_in_it(tmp_path):
    """A rescue system that looks more like one stays an image of its own."""
    small = write(tmp_path / "small", {"etc/os-release": "ID=edge\n", "bin/busybox": "\x7fELF"})
    images = {
        "rescue": squashfs(debian(tmp_path / "rescue", "rescue"), tmp_path / "rescue.squashfs"),
        "rootfs.0": squashfs(small, tmp_path / "small.squashfs"),
    }
    with opened(str(rauc(tmp_path, images))) as found:
        assert listed(found) == of_tree(small)
        assert [one.image.name for one in found.inner] == ["edge/rescue"]


def test_slots_that_share_a_file_and_files_that_are_equal_are_read_once(tmp_path, root):
    image = ext4(root, tmp_path / "rootfs.ext4")
    second = Path(shutil.copy(image, tmp_path / "other.ext4"))
    bundle = rauc(tmp_path, {"recovery": second, "rootfs": image, "rescue": image})
    with opened(str(bundle)) as found:
        (layer,) = found.image.layers
        assert "image rootfs, rescue (rootfs.ext4)" in layer.created_by
        assert layer.created_by.endswith("the same is in image recovery (other.ext4)")
        assert not found.inner


def test_a_casync_index_is_named(tmp_path, root):
    """Written by hand as casync does: rauc makes them only with casync installed."""
    index = write(tmp_path, {"app.caibx": bytes(8) + bytes.fromhex("f99f127b9c4d8296") + bytes(100)}) / "app.caibx"
    with opened(str(rauc(tmp_path, {"rootfs": ext4(root, tmp_path / "r.ext4"), "app": index}))) as found:
        assert found.problems == (
            "image app (app.caibx): an index of casync, whose chunks lie elsewhere; it is not read",
        )


def test_an_encrypted_bundle_is_named(tmp_path, root):
    bundle = rauc(tmp_path, {"rootfs": ext4(root, tmp_path / "r.ext4")}, "crypt")
    assert not bundle.read_bytes().startswith(b"hsqs")
    reasons = [problem.reason for problem in scan(str(bundle))["os"].problems]
    assert "the bundle is encrypted (format crypt), so the images in it are not read" in reasons


def test_damage_is_one_error(tmp_path, root):
    bundle = rauc(tmp_path, {"rootfs": squashfs(root, tmp_path / "r.squashfs")})
    whole = bundle.read_bytes()
    for size in (len(whole) - 1, len(whole) // 2, 100):
        bundle.write_bytes(whole[:size])
        with pytest.raises(CorruptInput, match=r"no signature ends it"), opened(str(bundle)):
            pass
    bundle.write_bytes(whole)
    caught = set()
    for at in range(0, len(whole) - 8, max(1, len(whole) // 200)):
        bundle.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            with opened(f"rauc:{bundle}") as found:
                assert found.problems or listed(found) == of_tree(root)
        except SbomctlError as error:
            caught.add(type(error))
    assert CorruptInput in caught


def test_a_changed_image_is_a_digest_mismatch(tmp_path, root):
    """The bundle is made again with another image and the old manifest."""
    bundle = rauc(tmp_path, {"rootfs": squashfs(root, tmp_path / "r.squashfs")})
    unpacked = tmp_path / "unpacked"
    run("unsquashfs", "-d", unpacked, bundle)
    image = unpacked / "r.squashfs"
    image.write_bytes(image.read_bytes() + b"x")
    end = int.from_bytes(bundle.read_bytes()[-8:], "big")
    signature = bundle.read_bytes()[-8 - end :]
    again = squashfs(unpacked, tmp_path / "again.raucb")
    again.write_bytes(again.read_bytes() + signature)
    with pytest.raises(DigestMismatch, match=r"r\.squashfs: the content is"), opened(str(again)):
        pass


def test_more_images_than_a_bundle_has(tmp_path, root):
    """Each may be the same content of any size under another name."""
    image = squashfs(root, tmp_path / "r.squashfs")
    content = tmp_path / "content"
    content.mkdir()
    names = [f"{number}.img" for number in range(1001)]
    for name in names:
        (content / name).hardlink_to(image)
    lines = [f"[image.../../{name}]\nfilename={name}\n" for name in names]
    signature = b"\x30\x80" + bytes.fromhex("06092a864886f70d010702") + bytes(100)
    for count, told in ((1001, "1,001 images"), (1, "")):
        write(content, {"manifest.raucm": "".join(lines[:count])})
        bundle = squashfs(content, tmp_path / "many.raucb")
        bundle.write_bytes(bundle.read_bytes() + signature + len(signature).to_bytes(8, "big"))
        if told:
            with pytest.raises(CorruptInput, match=told), opened(f"rauc:{bundle}"):
                pass
        else:
            with opened(f"rauc:{bundle}") as found:
                assert found.image.layers[0].created_by.startswith("RAUC bundle, image ../../0.img (0.img)")

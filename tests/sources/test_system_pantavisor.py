"""Storage as Pantavisor lays it out: objects by digest, trails of hard links to them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import tool
from image_builder import opened
from system_builder import debian, ext4, listed, of_tree, packages, scan, squashfs, write


class Storage:
    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "objects").mkdir(parents=True)

    def revision(self, number: int, files: dict[str, Path | dict]) -> None:
        state: dict[str, object] = {"#spec": "pantavisor-service-system@1"}
        trail = self.path / f"trails/{number}"
        for name, content in files.items():
            place = trail / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, dict):
                state[name] = content
                place.write_text(json.dumps(content))
                continue
            digest = hashlib.sha256(content.read_bytes()).hexdigest()
            stored = self.path / "objects" / digest
            if not stored.exists():
                stored.write_bytes(content.read_bytes())
            place.hardlink_to(stored)
            state[name] = digest
        write(trail, {".pvr/json": json.dumps(state)})


def initrd(folder: Path) -> Path:
    tree = write(folder / "initrd-tree", {"init": "#!/bin/sh\n", "etc/os-release": "ID=pantavisor\nVERSION_ID=19\n"})
    names = "\n".join(sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*")))
    made = subprocess.run(
        [tool("cpio"), "-o", "-H", "newc"], cwd=tree, input=names.encode(), capture_output=True, check=True
    )
    (folder / "initrd").write_bytes(made.stdout)
    subprocess.run([tool("xz"), "--check=crc32", "-f", folder / "initrd"], check=True)
    return folder / "initrd.xz"


@pytest.fixture
def storage(tmp_path):
    made = Storage(tmp_path / "storage")
    modules = squashfs(write(tmp_path / "modules", {"6.1.77/a.ko": "m"}), tmp_path / "modules.squashfs")
    firmware = squashfs(write(tmp_path / "firmware", {"b.bin": "f"}), tmp_path / "firmware.squashfs")
    web = squashfs(debian(tmp_path / "web", "web"), tmp_path / "web.squashfs", "-comp", "xz")
    more = squashfs(write(tmp_path / "more", {"etc/added": "x"}), tmp_path / "more.squashfs")
    kernel = write(tmp_path, {"kernel.img": "kernel"}) / "kernel.img"
    files = {
        "bsp/kernel.img": kernel,
        "bsp/modules.squashfs": modules,
        "bsp/firmware.squashfs": firmware,
        "bsp/pantavisor": initrd(tmp_path),
        "bsp/run.json": {
            "linux": "kernel.img",
            "modules": "modules.squashfs",
            "firmware": "firmware.squashfs",
            "initrd": "pantavisor",
            "addons": [],
        },
        "web/root.squashfs": web,
        "web/more.squashfs": more,
        "web/run.json": {
            "#spec": "service-manifest-run@1",
            "root-volume": "root.squashfs",
            "volumes": ["more.squashfs"],
        },
        "web/src.json": {
            "docker_name": "registry.example/web",
            "docker_tag": "1",
            "docker_digest": "registry.example/web@sha256:b2ad",
        },
        "_config/web/etc/settings": write(tmp_path, {"settings": "s"}) / "settings",
    }
    made.revision(3, files)
    return made, files


def image(storage: Storage) -> str:
    return f"ext:{ext4(storage.path, storage.path.parent / 'pvroot.ext4', size=32)}"


def reasons(found) -> list[str]:
    return [problem.reason for inventory in found.values() for problem in inventory.problems]


def test_the_bsp_is_the_root_and_a_container_an_image(storage, tmp_path):
    made, _ = storage
    with opened(image(made)) as found:
        assert found.problems == ()
        assert [layer.created_by for layer in found.image.layers] == [
            "ext4, bsp/pantavisor, cpio",
            "ext4, bsp/modules.squashfs, squashfs (gzip)",
            "ext4, bsp/firmware.squashfs, squashfs (gzip)",
            "ext4, Pantavisor revision 3",
        ]
        root = listed(found)
        (web,) = found.inner
        assert web.image.name == "edge/web"
        assert [layer.created_by for layer in web.image.layers] == [
            "web/root.squashfs, squashfs (xz), from registry.example/web:1@sha256:b2ad",
            "web/more.squashfs, squashfs (gzip)",
            "_config/web",
        ]
        entries = listed(web)
    expected = of_tree(tmp_path / "web") | of_tree(tmp_path / "more")
    assert entries.pop("etc/settings")[0] == "regular"
    assert entries == expected
    mounted = {"lib/firmware", "lib/firmware/b.bin", "lib/modules", "lib/modules/6.1.77", "lib/modules/6.1.77/a.ko"}
    outside = {path for path in root if not path.startswith("storage/")} - {"lib", "storage"}
    assert outside == {"etc", "etc/os-release", "init"} | mounted
    assert "storage/trails/3/bsp/kernel.img" in root
    assert not [path for path in root if path.startswith("storage/objects/") or path.endswith(".squashfs")]


def test_the_packages_of_a_container(storage):
    found = scan(image(storage[0]))
    assert packages(found["os/web"]) == ["web 1.0-1"]
    assert found["os/web"].image.target == "ext:pvroot.ext4!trails/3/web"


@pytest.mark.parametrize(("boot", "chosen"), [(None, 10), (b"pv_rev=3\0pv_try=10\0", 3), (b"pv_rev=7", 10)])
def test_of_several_revisions_the_one_that_starts_is_read(storage, tmp_path, boot, chosen):
    made, files = storage
    other = squashfs(debian(tmp_path / "newer", "newer"), tmp_path / "newer.squashfs")
    made.revision(10, {**files, "web/root.squashfs": other})
    if boot:
        write(made.path, {"boot/uboot.txt": boot})
    found = scan(image(made))
    assert packages(found["os/web"]) == [("newer" if chosen == 10 else "web") + " 1.0-1"]
    assert [reason for reason in reasons(found) if "objects of this revision" in reason] == [
        f"trails/{13 - chosen}: 1 objects of this revision are not in {chosen} and not in this result"
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: path.write_bytes(path.read_bytes() + b"\0"), "but the state promises"),
        (lambda path: path.write_bytes(b"none"), "no file system that is known here"),
        (os.unlink, "its object is missing"),
    ],
)
def test_objects_that_are_not_what_the_state_promises(storage, change, reason):
    made, files = storage
    digest = hashlib.sha256(files["web/root.squashfs"].read_bytes()).hexdigest()
    change(made.path / "objects" / digest)
    assert any(reason in one for one in reasons(scan(image(made))))


@pytest.mark.parametrize("state", [b"{", b"[]", b'{"web/run.json": 1}', b'{"web/run.json": "../../etc/passwd"}'])
def test_a_state_that_is_none(storage, state):
    made, _ = storage
    (made.path / "trails/3/.pvr/json").write_bytes(state)
    assert reasons(scan(image(made)))


def test_objects_of_no_revision_and_volumes_that_are_not_there_are_told(storage, tmp_path):
    made, files = storage
    made.revision(4, {**files, "web/run.json": {"root-volume": "root.squashfs", "volumes": ["more.squashfs", "gone"]}})
    write(made.path, {"objects/" + "f" * 64: "left by a revision that was removed"})
    with opened(image(made)) as found:
        assert set(found.problems) == {
            "trails/4/web: its volume gone is not in the state",
            "objects: 1 objects of no revision that is here are not in this result",
        }

"""Images whose content is hostile: the scan goes on, says what it could not read, and every document is sound."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile

import pytest
from bad_input import DEBIAN, STATUS, Place, docker_files
from conftest import Entry, tar_of

from sbomctl.model import Bom

NPM = {"app/node_modules/x/package.json": json.dumps({"name": "x", "version": "1", "license": "MIT"})}
OS = {"etc/os-release": DEBIAN["etc/os-release"]}
MODULES = "app/node_modules"
SITE = "usr/lib/python3/dist-packages"


@pytest.fixture
def place(tmp_path, monkeypatch) -> Place:
    return Place.used(tmp_path, monkeypatch)


def rootfs(place, files: dict[str, Entry]) -> str:
    return "rootfs:" + place.write("rootfs.tar", tar_of(files))


def names(bom: Bom) -> set[str]:
    return {component.name for component in bom.components if component.occurrences}


def reasons(bom: Bom) -> str:
    return "\n".join(f"{problem.location.path}: {problem.reason}" for problem in bom.problems)


BROKEN = {
    "dpkg": ({"var/lib/dpkg/status": os.urandom(20_000)}, "var/lib/dpkg/status: bytes that are not UTF-8"),
    "dpkg, zeros": ({"var/lib/dpkg/status": bytes(100_000)}, "var/lib/dpkg/status: control characters"),
    "dpkg, no version": ({"var/lib/dpkg/status": STATUS.replace("Version", "V")}, "demo: record without Version"),
    "apk": ({"lib/apk/db/installed": os.urandom(20_000)}, "lib/apk/db/installed: "),
    "apk, no name": ({"lib/apk/db/installed": "V:1\n\n"}, "a record without a name"),
    "rpm, Berkeley DB": ({"var/lib/rpm/Packages": os.urandom(20_000)}, "var/lib/rpm/Packages: it is no Berkeley DB"),
    "rpm, SQLite": (
        {"var/lib/rpm/rpmdb.sqlite": b"SQLite format 3\0" + os.urandom(20_000)},
        "var/lib/rpm/rpmdb.sqlite: SQLite stopped",
    ),
    "rpm, ndb": ({"var/lib/rpm/Packages.db": b"RpmP" + os.urandom(20_000)}, "var/lib/rpm/Packages.db: "),
    "rpm, empty": ({"var/lib/rpm/Packages": b""}, "var/lib/rpm/Packages: "),
    "opkg": ({"usr/lib/opkg/status": os.urandom(20_000)}, "usr/lib/opkg/status: "),
    "python": ({f"{SITE}/x-1.dist-info/METADATA": os.urandom(5_000)}, "x-1.dist-info/METADATA: "),
    "npm": ({f"{MODULES}/y/package.json": b"\xff\xfe{}"}, "node_modules/y/package.json: not a JSON object"),
    "npm, deep": (
        {f"{MODULES}/y/package.json": b'{"name":"y","version":"1","z":' + b"[" * 100_000},
        "y/package.json: nested too deeply",
    ),
    "os-release": ({"etc/os-release": b"\xff\x1b[31m\n"}, "etc/os-release: "),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_record_is_a_problem_with_its_place(place, case):
    files, reason = BROKEN[case]
    ended = place.scan(rootfs(place, NPM | files), "--strict")
    assert ended.code == 4
    assert reason in reasons(ended.bom)
    assert "x" in names(ended.bom), "what can be read is there"


NO_FILES = {
    "a link to itself": ({"var/lib/dpkg/status": ("sym", "status")}, "a link that leads to no file"),
    "a loop": (
        {"var/lib/dpkg/status": ("sym", "other"), "var/lib/dpkg/other": ("sym", "status")},
        "a link that leads to no file",
    ),
    "a link to nothing": ({"lib/apk/db/installed": ("sym", "/gone")}, "a link that leads to no file"),
    "a hard link to nothing": ({"var/lib/dpkg/status": ("hard", "gone")}, "a hard link to a file that is not there"),
    "a directory": ({"var/lib/rpm/Packages": None}, "a directory is where a package database should be"),
    "a directory that is a loop": ({"var/lib/dpkg": ("sym", "dpkg")}, "a loop of links"),
}  # fmt: skip


@pytest.mark.parametrize("case", NO_FILES)
def test_a_database_that_is_no_file_never_counts_as_an_empty_one(place, case):
    files, reason = NO_FILES[case]
    ended = place.scan(rootfs(place, OS | NPM | files))
    assert reason in reasons(ended.bom)
    assert names(ended.bom) == {"x"}


@pytest.mark.parametrize("kind", [tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_a_database_that_is_a_device_or_pipe(place, kind):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("var/lib/dpkg/status")
        info.type, info.devmajor, info.devminor = kind, 8, 0
        tar.addfile(info)
    data = buffer.getvalue()[:512] + tar_of(NPM)
    ended = place.scan("rootfs:" + place.write("rootfs.tar", data))
    assert "a device, pipe or socket" in reasons(ended.bom)
    assert names(ended.bom) == {"x"}


@pytest.mark.parametrize("link", ["/opt/database", "../../../opt/database", "../../../../../../../opt/database"])
def test_a_database_that_is_linked_to(place, link):
    ended = place.scan(rootfs(place, {**OS, "var/lib/dpkg/status": ("sym", link), "opt/database": STATUS}))
    assert (names(ended.bom), ended.bom.complete) == ({"demo"}, True)


def test_a_database_that_is_another_name_of_a_file_in_a_lower_layer(place):
    lower, upper = tar_of({**OS, "backup": STATUS}), tar_of({"var/lib/dpkg/status": ("hard", "backup")})
    ended = place.scan(place.write("image.tar", tar_of(docker_files(lower, upper))))
    assert (names(ended.bom), ended.bom.complete) == ({"demo"}, True)


@pytest.mark.parametrize("mark", [".wh..wh..opq", ".wh.var", ".wh.", ".wh..", ".wh...", "var/.wh..wh..opq"])
def test_whiteouts_of_everything(place, mark):
    ended = place.scan(place.write("image.tar", tar_of(docker_files(tar_of(DEBIAN), tar_of({mark: ""})))))
    (demo,) = [one for one in ended.bom.components if one.name == "demo" and one.occurrences]
    gone = mark not in (".wh.", ".wh..", ".wh...")
    assert [place.state.value for place in demo.occurrences] == ["deleted" if gone else "visible"]


@pytest.mark.parametrize("name", ["../../etc/cron.d/evil.sh", "/etc/cron.d/evil.sh", "a/../../../etc/cron.d/evil.sh"])
def test_names_that_climb_stay_inside(place, name):
    ended = place.scan(rootfs(place, {**DEBIAN, name: "#!/bin/sh\n"}))
    (facts,) = ended.bom.images
    assert [file.path for file in facts.unowned] == ["etc/cron.d/evil.sh"]
    assert (".." in name) is not ended.bom.complete


def test_two_records_of_one_package(place):
    status = STATUS + STATUS.replace("1.0-1", "2.0-1") + STATUS.replace("arm64", "armhf") + STATUS
    ended = place.scan(rootfs(place, {**DEBIAN, "var/lib/dpkg/status": status}))
    found = {(one.version, one.architecture) for one in ended.bom.components if one.occurrences}
    assert found == {("1.0-1", "arm64"), ("2.0-1", "arm64"), ("1.0-1", "armhf")}
    assert "demo: a second record" in reasons(ended.bom)


UNDECODABLE = {
    **DEBIAN,
    "opt/caf\udce9.sh": "#!/bin/sh\n",
    "opt/\udcff\udcfe.sh": "#!/bin/sh\n",
    "bin/na\u00efve\udcff": b"\x7fELF" + bytes(60),
    "srv/\udce9/node_modules/x/package.json": NPM["app/node_modules/x/package.json"],
}
WRITTEN = ("opt/caf\\xe9.sh", "opt/\\xff\\xfe.sh", "bin/na\u00efve\\xff", "srv/\\xe9/node_modules/x/package.json")


def test_names_that_are_not_utf_8_are_in_every_document(place):
    ended = place.scan(rootfs(place, UNDECODABLE))
    (facts,) = ended.bom.images
    paths = {file.path for file in facts.unowned}
    paths |= {place.location.path for one in ended.bom.components for place in one.occurrences}
    assert paths >= set(WRITTEN)
    for name, data in ended.documents.items():
        if name != "table":  # which lists no paths of packages
            text = data.decode()
            escaped = text.replace("\\\\", "\\") if "json" in name else text
            assert WRITTEN[3] in escaped, name


STEERING = "\x1b]0;owned\x07\x1b[2J\u202e\u2066\x9b31m\x00\x7f\ufffe"


def test_nothing_in_an_image_steers_the_terminal_or_breaks_a_document(place):
    manifest = {"name": "x", "version": f"1{STEERING}", "license": f"MIT{STEERING}", "description": STEERING}
    manifest |= {"author": STEERING, "homepage": f"http://{STEERING}", "dependencies": {STEERING: "1"}}
    record = f"Package: demo\nStatus: install ok installed\nVersion: 1{STEERING}\nMaintainer: {STEERING}\n\n"
    files = {
        "etc/os-release": f'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="{STEERING}"\n',
        "var/lib/dpkg/status": record,
        "usr/share/doc/demo/copyright": f"Format: x\n\nFiles: *\nLicense: MIT{STEERING}\n",
        f"{MODULES}/x/package.json": json.dumps(manifest),
        f"opt/{STEERING[:-2]}\n]]>&<.sh".replace("\x00", ""): "#!/bin/sh\n",
        f"{SITE}/y-1.dist-info/METADATA": f"Name: y\nVersion: 1{STEERING}\nLicense: {STEERING}\n",
    }
    ended = place.scan(rootfs(place, files), "--verbose")
    assert {"demo", "x"} <= names(ended.bom)


def test_a_layer_whose_labels_and_steps_steer_the_terminal(place):
    changes = {"config": {"Labels": {STEERING: STEERING}}, "created": STEERING}
    changes |= {"history": [{"created_by": STEERING}], "architecture": f"arm{STEERING}"}
    ended = place.scan(place.write("image.tar", tar_of(docker_files(tar_of(DEBIAN), **changes))))
    assert names(ended.bom) == {"demo"}


LONG = 100 << 20
LINES = {
    "one field": b"Description: " + b"x" * LONG + b"\n",
    "one dependency list": b"Depends: " + b"a, " * (LONG // 20) + b"\n",
    "blank continuation lines": b"X: a\n" + b" \n" * (LONG // 20),
    "one key": b"k" * LONG + b"\n",
}


@pytest.mark.parametrize("case", LINES)
def test_a_record_of_many_megabytes(place, case):
    record = STATUS.encode().rstrip(b"\n") + b"\n" + LINES[case]
    ended = place.scan(rootfs(place, {**DEBIAN, "var/lib/dpkg/status": record}), formats=("sbomctl-json",))
    assert names(ended.bom) == {"demo"}


def test_a_name_that_no_file_can_have_is_left_out_and_told(place):
    files = {**DEBIAN, "d/" * 40_000 + "deep.sh": "#!/bin/sh\n", "l" * 5_000 + ".sh": "#!/bin/sh\n"}
    files |= {"long": ("sym", "a/" * 40_000), "usr/share/doc/demo": ("sym", "/long")}
    ended = place.scan(rootfs(place, files), formats=("sbomctl-json",))
    assert reasons(ended.bom).count("too long or too deep") == 2
    assert "the name it links to is too long" in reasons(ended.bom)
    assert names(ended.bom) == {"demo"}


def entries(count: int, block) -> bytes:
    """A gzip of a tar of ``count`` headers."""
    out = io.BytesIO()
    info = tarfile.TarInfo()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as file:
        for number in range(count):
            block(info, number)
            file.write(info.tobuf(tarfile.USTAR_FORMAT))
        file.write(bytes(1024))
    return out.getvalue()


def numbered(info: tarfile.TarInfo, number: int) -> None:
    info.name = f"d{number % 1000}/{number}"


def whiteouts(info: tarfile.TarInfo, number: int) -> None:
    info.name = f"d{number % 1000}/.wh.{number}"


def links(info: tarfile.TarInfo, number: int) -> None:
    info.name, info.linkname = (f"l{number}", f"d{number}") if number % 2 == 0 else (f"l{number - 1}/x", "")
    info.type = tarfile.SYMTYPE if number % 2 == 0 else tarfile.REGTYPE


def replaced(info: tarfile.TarInfo, number: int) -> None:
    info.name = f"f{number // 2}/x" if number % 2 == 0 else f"f{number // 2}"


@pytest.mark.parametrize("block", [numbered, whiteouts, links, replaced])
def test_very_many_members(place, block):
    count = 200_000 if block is numbered else 50_000
    layer = entries(count, block)
    plain = gzip.decompress(layer)
    data = tar_of(docker_files(tar_of(DEBIAN), plain, plain))
    ended = place.scan(place.write("image.tar", data), formats=("sbomctl-json",))
    (facts,) = ended.bom.images
    assert [layer.files for layer in facts.image.layers[1:]] == [count] * 2
    assert names(ended.bom) == {"demo"}

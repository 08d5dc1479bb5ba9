"""The second round: what no package owns is looked into, and nothing else is read again."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from conftest import layer, tar_of
from elf_files import elf, note

from sbomctl import engine
from sbomctl.catalogers import CATALOGERS, EVIDENCE_CATALOGERS
from sbomctl.catalogers.base import PROGRAMS, Excerpt
from sbomctl.layers.harvest import harvest
from sbomctl.model import Image, Inventory, Role, State
from sbomctl.sources.base import Limits
from sbomctl.sources.tar import TarLayer

ELF = b"\x7fELF\2\1\1" + bytes(60)
BUSYBOX = ELF + b"BusyBox v1.36.1 (2023-11-07)\0"
ZLIB = ELF + b" deflate 1.2.13 Copyright 1995-2022 Jean-loup Gailly and Mark Adler \0"
STATUS = "Package: busybox\nStatus: install ok installed\nVersion: 1:1.36.1-4\nArchitecture: amd64\n\n"
DEBIAN = {"etc/os-release": "ID=debian\n", "var/lib/dpkg/status": STATUS}
OWNS = {"var/lib/dpkg/info/busybox.list": "/.\n/bin\n/bin/busybox\n"}


class Counting(TarLayer):
    """A layer that tells how often it was read."""

    readings = 0

    def members(self, limits: Limits) -> Any:
        self.readings += 1
        return super().members(limits)


def scanned(*tars: dict[str, Any], catalogers: Any = EVIDENCE_CATALOGERS) -> tuple[Inventory, list[Counting]]:
    layers = []
    for index, files in enumerate(tars):
        one = layer(tar_of(files), index)
        layers.append(Counting(one.info, one._open_raw, changeset=True, name=str(index)))
    harvests = [harvest(one, engine.gate_for(CATALOGERS), Limits()) for one in layers]
    stack = engine.stack_layers("image", layers, harvests, CATALOGERS, Limits())
    image = Image("sha256:1", "image", Role.CONTAINER, "x")
    looking = engine.Unrecorded(catalogers, layers, Limits())
    return engine.take_inventory(image, stack, CATALOGERS, harvests, unrecorded=looking), layers


def named(found: Inventory) -> list[tuple[str, str, State]]:
    return [(one.purl, one.location.path, one.state) for one in found.packages]


def test_ownership_decides_and_an_image_without_gaps_is_not_read_again():
    found, layers = scanned(DEBIAN | OWNS | {"bin/busybox": BUSYBOX})
    assert [one.purl for one in found.packages] == ["pkg:deb/debian/busybox@1:1.36.1-4?arch=amd64&distro=debian"]
    assert [one.readings for one in layers] == [1]
    assert (found.coverage.identified_files, found.unowned) == (0, ())


def test_only_layers_with_gaps_are_read_again():
    found, layers = scanned(DEBIAN | OWNS | {"bin/busybox": BUSYBOX}, {"opt/lib/libz.so.1": ZLIB}, {"etc/x": "y"})
    assert [one.readings for one in layers] == [1, 2, 1]
    assert named(found)[1] == ("pkg:generic/zlib@1.2.13", "opt/lib/libz.so.1", State.VISIBLE)
    assert found.packages[1].confidence < 1
    coverage = found.coverage
    assert (coverage.files, coverage.unowned_files, coverage.identified_files) == (2, 0, 1)
    assert (coverage.identified_bytes, coverage.unowned_bytes) == (len(ZLIB), 0)
    assert coverage.shares == pytest.approx((100 * len(BUSYBOX) / coverage.bytes, 100 * len(ZLIB) / coverage.bytes, 0))


def test_a_file_that_replaced_a_packages_is_told_apart_and_stays_unowned():
    """The record of the package says nothing of it, whatever it is."""
    found, _ = scanned(DEBIAN | OWNS | {"bin/busybox": BUSYBOX}, {"bin/busybox": BUSYBOX.replace(b"1.36.1", b"1.37.0")})
    assert [one.version for one in found.packages] == ["1:1.36.1-4", "1.37.0"]
    assert [(one.path, one.layer, one.replaces) for one in found.unowned] == [("bin/busybox", 1, ("busybox",))]


def test_hidden_files_are_evidence_too():
    found, _ = scanned({"lib/libz.so.1": ZLIB, "bin/sh": BUSYBOX}, {"lib/.wh.libz.so.1": ""})
    assert named(found) == [
        ("pkg:generic/busybox@1.36.1", "bin/sh", State.VISIBLE),
        ("pkg:generic/zlib@1.2.13", "lib/libz.so.1", State.DELETED),
    ]
    assert found.packages[1].hidden_in == 1
    assert not found.unowned


def test_a_copy_inside_of_another_program_does_not_account_for_it():
    inside = ELF + b" inflate 1.2.11 Copyright 1995-2017 Mark Adler \0"
    found, _ = scanned({"usr/bin/agent": inside})
    [zlib] = found.packages
    assert (zlib.purl, zlib.location.path, zlib.files) == ("pkg:generic/zlib@1.2.11", "usr/bin/agent", ())
    assert [one.path for one in found.unowned] == ["usr/bin/agent"]


def test_a_hard_link_is_looked_at_once_under_its_first_name():
    found, _ = scanned({"bin/[": BUSYBOX, "bin/busybox": ("hard", "bin/["), "bin/ls": ("sym", "busybox")})
    [busybox] = found.packages
    assert busybox.files == ("bin/[",)
    assert (found.coverage.files, found.coverage.unowned_files) == (1, 0)


def test_without_database_the_image_stays_incomplete():
    found, _ = scanned({"bin/busybox": BUSYBOX})
    assert [one.reason for one in found.problems] == ["no known package database: what is in this image is not known"]


class Failing:
    """A cataloger with two bugs."""

    name = "failing"
    version = 1
    about = "fails"
    wants = Excerpt(code=PROGRAMS, most=4)

    def read(self, path: str, data: bytes) -> bytes:
        assert len(data) == 4
        if path == "bin/a":
            raise ZeroDivisionError("in read")
        return data

    def catalog(self, seen: Any) -> Any:
        raise KeyError("in catalog")


def test_a_cataloger_that_fails_loses_only_its_own_work():
    found, _ = scanned({"bin/a": ELF, "bin/busybox": BUSYBOX}, catalogers=(Failing(), *EVIDENCE_CATALOGERS))
    assert [one.name for one in found.packages] == ["busybox"]
    reasons = [(one.location.path, one.reason) for one in found.problems if one.found_by == "failing"]
    assert reasons == [
        ("", "the cataloger failed: KeyError: 'in catalog'"),
        ("bin/a", "the cataloger failed: ZeroDivisionError: in read"),
    ]


def test_files_that_nobody_can_name_keep_their_marks():
    marked = elf({".note.gnu.build-id": note(b"GNU", 3, b"\xab\xcd")})
    found, _ = scanned({"opt/agent": marked})
    [unknown] = found.unowned
    assert (unknown.path, unknown.build_id) == ("opt/agent", "abcd")


def test_what_a_surer_sign_has_named_is_not_named_again():
    """The note of a package before the banner of the program in it."""
    said = b'{"type": "deb", "os": "debian", "name": "busybox-static", "version": "1:1.36.1-4"}\0'
    found, _ = scanned({"bin/busybox": elf({".note.package": note(b"FDO", 0xCAFE1A7E, said)}) + BUSYBOX})
    assert [one.name for one in found.packages] == ["busybox-static"]
    assert not found.unowned


UBOOT = b"U-Boot 2024.01 (Jan 08 2024 - 15:37:48 +0000)\0"


def test_files_that_are_no_code_are_looked_into_unless_a_package_owns_them():
    found, _ = scanned({"boot/u-boot.bin": UBOOT, "opt/notes": UBOOT})
    assert named(found) == [("pkg:generic/u-boot@2024.01", "boot/u-boot.bin", State.VISIBLE)]
    owned = {"var/lib/dpkg/info/busybox.list": "/boot/u-boot.bin\n"}
    found, layers = scanned(DEBIAN | owned | {"boot/u-boot.bin": UBOOT})
    assert [one.name for one in found.packages] == ["busybox"]
    assert [one.readings for one in layers] == [1]


def test_a_second_name_of_a_file_that_is_no_code_is_left_out():
    found, _ = scanned({"boot/u-boot-a.bin": UBOOT, "boot/u-boot.bin": ("hard", "boot/u-boot-a.bin")})
    [uboot] = found.packages
    assert uboot.files == ("boot/u-boot-a.bin",)


def test_packages_of_one_name_keep_the_license_files_of_each():
    whence = "".join(
        f"\nFile: {name}.bin\n\nLicence: Redistributable. See LICENCE.{name} for details.\n" for name in ("one", "two")
    )
    below = {f"lib/firmware/{name}": "x" for name in ("one.bin", "two.bin")}
    found, _ = scanned(DEBIAN | below | {"lib/firmware/WHENCE": f"Driver: d\n{whence}"})
    (firmware,) = [one for one in found.packages if one.found_by == "linux-firmware"]
    assert sorted(firmware.files) == [*below]
    assert sorted(firmware.license_files) == ["lib/firmware/LICENCE.one", "lib/firmware/LICENCE.two"]
    assert len(firmware.licenses) == 2


@pytest.mark.parametrize(("size", "children"), [(17 << 20, "none"), (1 << 20, "some")])
def test_other_processes_are_gone_before_a_large_file_is_read(size, children):
    """They have license files to read, and a copy of all that is known. In a process of its own: tests have threads."""
    code = f"""
    import os, sys
    sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parent.parent)]}
    from sbomctl import engine
    from sbomctl.engine.findings import Findings
    from sbomctl.licenses import DETECTORS
    from test_unrecorded import *
    files = {{f"usr/share/licenses/p{{number}}/LICENSE": f"MIT License\\n{{number}}\\n" for number in range(250)}}
    one = layer(tar_of(files | {{"bin/large": ELF + bytes({size})}}))
    gate = engine.gate_for(CATALOGERS, DETECTORS)
    harvests = [harvest(one, gate, Limits())]
    stack = engine.stack_layers("image", [one], harvests, CATALOGERS, Limits(), DETECTORS)
    def unrecorded(stack, owned):
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | os.WNOHANG)
            print("some")
        except ChildProcessError:
            print("none")
        return owned, Findings(())
    found = [
        engine.take_inventory(Image("sha256:1", "image", Role.CONTAINER, "x"), stack, CATALOGERS, harvests,
            detection=engine.Detection(DETECTORS, jobs), unrecorded=unrecorded)
        for jobs in (2, 1)
    ]
    print(found[0] == found[1], len(found[0].licenses) >= 250)
    """
    run = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split("\n") == [children, "none", "True True", ""], done.stderr

"""Package databases of real images against their own tools and the recorded truth: 100 %."""

from __future__ import annotations

import csv
import gzip
import subprocess
import tarfile
from pathlib import Path

import pytest
from conftest import layer, missing, shared, stack_of, tar_of, tool

from sbomctl.catalogers.dpkg import DpkgCataloger
from sbomctl.catalogers.opkg import OpkgCataloger
from sbomctl.catalogers.os_release import distro_qualifier, read_os_release
from sbomctl.layers.harvest import harvest
from sbomctl.layers.patterns import Gate
from sbomctl.layers.stack import Stack
from sbomctl.model import Package, Problem
from sbomctl.sources.base import Limits

DPKG, OPKG = DpkgCataloger(), OpkgCataloger()
STATUS = "var/lib/dpkg/status"
FORMAT = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${db:Status-Status}\n"
NOT_ON_DISK = {"config-files", "not-installed"}


def packages_and_problems(cataloger, view):
    results = list(cataloger.catalog(view))
    return [r for r in results if isinstance(r, Package)], [r for r in results if isinstance(r, Problem)]


def facts(packages):
    return {(p.name, p.version, p.architecture, p.source.name, p.source.version) for p in packages}


def rootfs_view(name):
    """A real root filesystem, harvested for both catalogers."""
    data = gzip.decompress(shared(f"real/rootfs/{name}/rootfs.tar.gz").read_bytes())
    wanted = Gate(path for cataloger in (DPKG, OPKG) for path in cataloger.wants.paths)
    return Stack("image", [harvest(layer(data, changeset=False), wanted, Limits())]).view()


@pytest.mark.parametrize(
    ("name", "kind", "count", "distro"),
    [
        ("ubuntu-14.04-core-armhf", "deb", 184, "ubuntu-14.04"),
        ("angstrom-s2-opkg", "opkg", 103, "angstrom"),
        ("openwrt-23.05-rpi-opkg", "opkg", 270, "openwrt-23.05.0"),
        ("openwrt-samknows-opkg", "opkg", 45, "openwrt"),
    ],
)
def test_root_filesystems(name, kind, count, distro):
    view = rootfs_view(name)
    found, problems = packages_and_problems(DPKG if kind == "deb" else OPKG, view)
    assert problems == []
    with shared(f"real/rootfs/{name}/groundtruth.packages.tsv").open(encoding="utf-8") as file:
        truth = list(csv.DictReader(file, delimiter="\t"))
    assert len(truth) == count
    # An empty source in a deb row means that the record has no Source field: it is the package itself.
    assert sorted((p.name, p.version, p.architecture, p.source.name) for p in found) == sorted(
        (r["name"], r["version"], r["arch"], r["source"].partition(" (")[0] or r["name"]) for r in truth
    )
    if kind == "opkg":
        assert sorted((p.name, *(f.raw for f in p.licenses)) for p in found) == sorted(
            (r["name"], *([r["licence_as_recorded"]] if r["licence_as_recorded"] else [])) for r in truth
        )
    assert distro_qualifier(read_os_release(view)) == distro
    visible = set(view)
    owned = {path for package in found for path in package.files if view.entry(path)}
    assert len(owned) > len(visible) * 0.5


def dpkg_query(status: bytes, tmp_path: Path) -> set[tuple[str, ...]] | None:
    """What dpkg-query says is on disk; None when it gives up on the database."""
    (tmp_path / "info").mkdir()
    (tmp_path / "status").write_bytes(status)
    command = [tool("dpkg-query"), f"--admindir={tmp_path}", "-W", "-f", FORMAT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    rows = [tuple(line.split("\t")) for line in done.stdout.splitlines()]
    return None if done.returncode else {row[:5] for row in rows if row[5] not in NOT_ON_DISK}


@pytest.mark.parametrize(
    ("archive", "member"),
    [
        ("real/rootfs/ubuntu-14.04-core-armhf/rootfs.tar.gz", f"./{STATUS}"),
        ("real/pkgdb/dpkg-scancode/basic-rootfs.tar.gz", STATUS),
    ],
)
def test_root_filesystems_against_dpkg_query(archive, member, tmp_path):
    with tarfile.open(shared(archive)) as tar:
        status = tar.extractfile(member).read()
    packages, problems = packages_and_problems(DPKG, stack_of(tar_of({STATUS: status})).view())
    assert (facts(packages), problems) == (dpkg_query(status, tmp_path), [])


def test_an_opkg_status_with_licenses():
    status = shared("real/pkgdb/syft-debian/testdata/var/lib/opkg/status").read_bytes()
    packages, problems = packages_and_problems(OPKG, stack_of(tar_of({"var/lib/opkg/status": status})).view())
    assert problems == []
    assert [(p.name, p.version, p.licenses[0].raw, p.licenses[0].location.line) for p in packages] == [
        ("dropbear", "2024.85-r0", "MIT", 7),
        ("busybox", "1.36.1-r3", "GPL-2.0-only", 17),
        ("kernel-modules", "6.6.0-r0", "GPL-2.0 BSD-3-Clause", 27),
    ]


READABLE = [  # path below pkgdb, packages on disk, lines of records that are not whole
    ("dpkg-scancode/basic/status", 6, []),
    ("dpkg-scancode/mini-status/status", 1, []),
    ("dpkg-scancode/status-with-source/status", 1, []),
    ("fanal/dpkg/testdata/dpkg", 90, []),
    ("syft-debian/testdata/var/lib/dpkg/status.d/coreutils-relationships", 9, []),
    ("syft-debian/testdata/var/lib/dpkg/status.d/deinstall", 1, []),
    ("syft-debian/testdata/var/lib/dpkg/status.d/installed-size-4KB", 1, []),
    ("syft-debian/testdata/var/lib/dpkg/status.d/libpam-runtime", 1, [15, 17, 19, 21, 23]),
    ("syft-debian/testdata/var/lib/dpkg/status.d/single", 1, []),
    ("trivy-analyzer-pkg/dpkg/testdata/corrupsed.txtar", 4, [63, 85]),
    ("trivy-analyzer-pkg/dpkg/testdata/digest.txtar", 2, []),
    ("trivy-analyzer-pkg/dpkg/testdata/md5sums.txtar", 1, []),
    ("trivy-analyzer-pkg/dpkg/testdata/only-apt.txtar", 1, []),
    ("trivy-analyzer-pkg/dpkg/testdata/third-party.txtar", 2, []),
    ("trivy-analyzer-pkg/dpkg/testdata/valid.txtar", 90, []),
]


@pytest.mark.parametrize(("path", "count", "lines"), READABLE, ids=[path for path, _, _ in READABLE])
def test_databases_that_dpkg_query_reads(path, count, lines, tmp_path):
    status = unwrapped(shared(f"real/pkgdb/{path}").read_bytes())
    packages, problems = packages_and_problems(DPKG, stack_of(tar_of({STATUS: status})).view())
    assert facts(packages) == dpkg_query(status, tmp_path)
    assert (len(packages), [p.location.line for p in problems]) == (count, lines)


UNREADABLE = [  # what dpkg-query refuses as a whole: what is sound in it, and where it is not
    ("dpkg-scancode/control/debian/control", [], [1, 14, 26]),
    (
        "fanal/dpkg/testdata/corrupsed",
        ["libgcc1", "libpam-modules-bin", "libpam-runtime", "makedev"],
        [15, 37, 54, 63, 79, 85],
    ),
    ("fanal/dpkg/testdata/dpkg_apt", ["apt"], [37, 37]),
    ("syft-debian/testdata/glob-paths/usr/lib/dpkg/status", ["libpam-runtime"], [1]),
    ("syft-debian/testdata/image-dpkg/var/lib/dpkg/status", ["libpam-runtime"], [1]),
    ("syft-debian/testdata/var/lib/dpkg/status.d/empty", [], [1]),
    ("syft-debian/testdata/glob-paths/var/lib/dpkg/status", [], [1, 1]),
]


@pytest.mark.parametrize(("path", "names", "lines"), UNREADABLE, ids=[path for path, _, _ in UNREADABLE])
def test_databases_that_dpkg_query_refuses(path, names, lines, tmp_path):
    status = shared(f"real/pkgdb/{path}").read_bytes()
    packages, problems = packages_and_problems(DPKG, stack_of(tar_of({STATUS: status})).view())
    assert dpkg_query(status, tmp_path) is None
    assert sorted(p.name for p in packages) == names
    assert [p.location.line for p in problems] == lines


def test_distroless(tmp_path):
    root = shared("real/pkgdb/syft-debian/testdata/image-distroless-deb")
    files = {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}
    packages, problems = packages_and_problems(DPKG, stack_of(tar_of(files)).view())
    assert (facts(packages), problems) == ({("libsqlite3-0", "3.34.1-3", "arm64", "sqlite3", "3.34.1-3")}, [])
    assert "usr/lib/aarch64-linux-gnu/libsqlite3.so.0.8.6" in packages[0].files
    assert packages[0].license_files == ("usr/share/doc/libsqlite3-0/copyright",)


def test_this_machine(tmp_path):
    """The database of the machine the tests run on, when it is a Debian."""
    status = Path("/") / STATUS
    if not status.exists():
        missing("no dpkg database here")
    packages, _ = packages_and_problems(DPKG, stack_of(tar_of({STATUS: status.read_bytes()})).view())
    assert facts(packages) == dpkg_query(status.read_bytes(), tmp_path)


def unwrapped(data: bytes) -> bytes:
    """The status file in one of trivy's txtar bundles; other data as it is."""
    marker = f"-- {STATUS} --\n".encode()
    return data.partition(marker)[2].split(b"\n-- ")[0] if marker in data else data

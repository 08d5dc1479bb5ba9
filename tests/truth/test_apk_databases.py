"""apk databases of real images against their recorded ground truth: every field, no package more or less."""

import json
import re
import tarfile

import pytest
from conftest import shared, tar_of, view_of

from sbomctl.catalogers.apk import ApkCataloger
from sbomctl.model import Package, Problem

WANTED = re.compile(r"(\./)?((usr/)?lib/apk/db/installed|etc/(os-release|alpine-release)|usr/lib/os-release)")


def found_in_tar(path):
    """The root file system's database and release files only; the rest of the tar does not matter here."""
    entries = {}
    with tarfile.open(path) as tar:
        for member in tar:
            if WANTED.fullmatch(member.name):
                name = member.name.removeprefix("./")
                entries[name] = ("sym", member.linkname) if member.issym() else tar.extractfile(member).read()
    return list(ApkCataloger().catalog(view_of(tar_of(entries), patterns=ApkCataloger.wants.paths))), entries


def found_in(database):
    view = view_of(tar_of({"lib/apk/db/installed": database}), patterns=ApkCataloger.wants.paths)
    found = list(ApkCataloger().catalog(view))
    return [p for p in found if isinstance(p, Package)], [p for p in found if isinstance(p, Problem)]


@pytest.mark.parametrize("image", ["alpine-kobo-xorg", "alpine-vaultwarden-container"])
def test_root_file_system_equals_its_ground_truth(image):
    found, _ = found_in_tar(shared(f"real/rootfs/{image}/rootfs.tar.gz"))
    rows = shared(f"real/rootfs/{image}/groundtruth.packages.tsv").read_text(encoding="utf-8").splitlines()[1:]
    ours = [
        "\t".join(("apk", p.name, p.version, p.architecture, p.source.name, *(f.raw for f in p.licenses)))
        for p in found
    ]
    assert sorted(ours) == sorted(rows)
    assert all(p.source.version == p.version and "commit=" in p.source.purl for p in found)


@pytest.mark.parametrize("release", ["3.10.9-x86_64", "3.20.3-armv7", "3.20.3-x86_64"])
def test_minirootfs(release):
    found, entries = found_in_tar(shared(f"real/images/alpine-minirootfs/alpine-minirootfs-{release}.tar.gz"))
    version, arch = release.split("-")
    recorded = re.findall(rb"^P:(.+)\nV:(.+)\nA:(.+)$", entries["lib/apk/db/installed"], re.MULTILINE)
    assert len(recorded) == 14
    assert [(p.name, p.version, p.architecture) for p in found] == [tuple(map(bytes.decode, row)) for row in recorded]
    assert all(f"?arch={arch}&distro=alpine-{version}" in p.purl for p in found)


@pytest.mark.parametrize("name", ["apk-single-installed", "apk-small-installed"])
def test_fields_equal_what_another_reader_recorded(name):
    packages, problems = found_in(shared(f"real/pkgdb/{name}/installed").read_bytes())
    expected = json.loads(shared(f"real/pkgdb/{name}/installed-expected.json").read_text(encoding="utf-8"))
    assert problems == []
    assert [(p.name, p.version, p.architecture, p.homepage, p.description) for p in packages] == [
        (e["name"], e["version"], e["qualifiers"]["arch"], e["homepage_url"] or "", e["description"]) for e in expected
    ]
    for package, other in zip(packages, expected, strict=True):
        assert set(package.files) == {reference["path"].lstrip("/") for reference in other["file_references"]}
        assert package.source.purl.rpartition("commit=")[2] in other["vcs_url"]


@pytest.mark.parametrize(
    ("path", "packages", "reasons"),
    [
        ("fanal/apk/testdata/apk", 14, ["invalidPackageWithoutAVersion has no version"]),
        ("trivy-analyzer-pkg/apk/testdata/apk", 15, ["invalidPackageWithoutAVersion has no version", "cut off"]),
        ("syft-alpine/testdata/base", 1, ["cut off"]),
        ("syft-alpine/testdata/single", 1, ["cut off"]),
        ("syft-alpine/testdata/multiple-1/lib/apk/db/installed", 4, []),
        ("syft-alpine/testdata/multiple-2/lib/apk/db/installed", 14, []),
        ("syft-alpine/testdata/extra-file-attributes", 1, []),
        ("syft-alpine/testdata/empty-deps-and-provides", 1, []),
        ("syft-alpine/testdata/corrupt/lib/apk/db/installed", 1, ["not a field"]),
        ("syft-alpine/testdata/glob-paths/lib/apk/db/installed", 0, ["not a field", "cut off"]),
    ],
)
def test_databases_of_other_tools(path, packages, reasons):
    """Sound and broken databases that other tools test with: what is there is found, what is broken is said."""
    found, problems = found_in(shared(f"real/pkgdb/{path}").read_bytes())
    assert len(found) == packages
    assert len(problems) == len(reasons)
    for problem, reason in zip(problems, reasons, strict=True):
        assert reason in problem.reason

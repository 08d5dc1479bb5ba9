"""SBOMs and manifests beside an image: what each reader lists, and how bad files are refused."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
from datetime import UTC, datetime

import pytest
from conftest import ROOT, shared
from edge_bom import EDGE

from sbomctl import api
from sbomctl.errors import CorruptInput, InputError, UnsupportedInput
from sbomctl.licenses.base import Context, Declared
from sbomctl.licenses.dialects import dialect
from sbomctl.model import Bom, ComponentType
from sbomctl.sidecars import SIDECARS, read
from sbomctl.sidecars.base import Listed, Sidecar
from sbomctl.terminal import printable

# Rows as legal-info of Buildroot 2020.02.3 and 2024.02 writes them.
BUILDROOT = (
    '"PACKAGE","VERSION","LICENSE","LICENSE FILES","SOURCE ARCHIVE","SOURCE SITE","DEPENDENCIES WITH LICENSES"\n'
    '"linux-headers","custom","GPL-2.0","","linux-0b54db.tar.gz","https://example.org/linux/archive/0b54db",""\n'
    '"util-linux","2.35.1","GPL-2.0+, LGPL-2.1+ (libblkid, libfdisk), ISC (rfkill)","README.licensing",'
    '"util-linux-2.35.1.tar.xz","https://example.org/util-linux/v2.35","libzlib [Zlib] uclibc [LGPL-2.1+]"\n'
    '"skeleton-init-sysv","","unknown","not saved","not saved","not saved",""\n'
    '"buildroot","2020.02.3","GPL-2.0+","COPYING","not saved","not saved",""\n'
)


@pytest.fixture
def sidecar(tmp_path):
    def written(name: str, data: str | bytes) -> Sidecar:
        (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
        return read(str(tmp_path / name))

    return written


def brief(found: Sidecar) -> list[tuple[str, str, int, tuple[str, ...]]]:
    return [(one.name, one.version, one.line, one.licenses) for one in found.packages]


def test_license_manifest_has_lines(sidecar):
    found = sidecar(
        "license.manifest",
        "PACKAGE NAME: acl\nPACKAGE VERSION: 2.3.1\nRECIPE NAME: acl\nLICENSE: GPLv2+\n\n\r\n"
        "PACKAGE NAME: libz1\r\nPACKAGE VERSION: 1.2\r\nRECIPE NAME: zlib\r\nLICENSE: Zlib\r\nPACKAGE NAME: n\nodd\n",
    )
    assert brief(found) == [("acl", "2.3.1", 1, ("GPLv2+",)), ("libz1", "1.2", 7, ("Zlib",)), ("n", "", 11, ())]
    assert [(one.license_line, one.recipe, one.beside) for one in found.packages[:2]] == [
        (4, "acl", False),
        (10, "zlib", False),
    ]
    assert found.faults == ((12, "a line that is no KEY: value"),)


def test_what_lies_beside_the_root_is_told_apart(sidecar):
    found = sidecar("image_license.manifest", "RECIPE NAME: barebox\nVERSION: 2016.11\nLICENSE: GPL-2.0\nFILES: a b\n")
    assert found.packages == (
        Listed("barebox", "2016.11", 1, "", "barebox", "2016.11", ("GPL-2.0",), license_line=3, beside=True),
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            "acl core2_64 2.3.1-r0\nlibc6 core2_64 2.35+git0+ab-r0\n",
            [("acl", "2.3.1-r0"), ("libc6", "2.35+git0+ab-r0")],
        ),
        ("acl 2.3.1-r0\n\nbash 5.1-r0\n", [("acl", "2.3.1-r0"), ("bash", "5.1-r0")]),
    ],
)
def test_package_lists_have_two_columns_or_three(sidecar, data, expected):
    assert [(one.name, one.version) for one in sidecar("image.manifest", data).packages] == expected


def test_buildroot_is_read_by_its_header(sidecar):
    found = sidecar("manifest.csv", BUILDROOT)
    assert brief(found) == [
        ("linux-headers", "custom", 2, ("GPL-2.0",)),
        ("util-linux", "2.35.1", 3, ("GPL-2.0+, LGPL-2.1+ (libblkid, libfdisk), ISC (rfkill)",)),
        ("skeleton-init-sysv", "", 4, ("unknown",)),
    ]
    assert [one.download_url for one in found.packages] == [
        "https://example.org/linux/archive/0b54db/linux-0b54db.tar.gz",
        "https://example.org/util-linux/v2.35/util-linux-2.35.1.tar.xz",
        "",
    ]
    assert found.build_tools == 1, "the build system lists itself"


def test_columns_may_be_fewer_and_elsewhere(sidecar):
    rows = csv.DictReader(io.StringIO(BUILDROOT))
    out = io.StringIO()
    table = csv.DictWriter(out, ["LICENSE", "PACKAGE", "VERSION"], extrasaction="ignore")
    table.writeheader()
    table.writerows(rows)
    assert [one[:2] for one in brief(sidecar("m.csv", out.getvalue()))] == [
        ("linux-headers", "custom"),
        ("util-linux", "2.35.1"),
        ("skeleton-init-sysv", ""),
    ]


def test_host_packages_are_build_tools(sidecar):
    found = sidecar("host-manifest.csv", BUILDROOT)
    assert (found.packages, found.build_tools) == ((), 4)


def spdx2(name: str, packages: list[dict], references: dict[str, str], *relations: tuple[str, str, str]) -> bytes:
    return json.dumps(
        {
            "spdxVersion": "SPDX-2.2",
            "documentNamespace": f"http://spdx.org/spdxdoc/{name}-1",
            "packages": packages,
            "files": [{"SPDXID": "SPDXRef-File-1", "fileName": "x"}],
            "externalDocumentRefs": [
                {"externalDocumentId": key, "spdxDocument": f"http://spdx.org/spdxdoc/{value}-1", "checksum": {}}
                for key, value in references.items()
            ],
            "relationships": [
                dict(zip(("spdxElementId", "relationshipType", "relatedSpdxElement"), one, strict=True))
                for one in relations
            ],
        }
    ).encode()


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(f"{name}.json")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def yocto_archive(**more: bytes) -> bytes:
    """As create-spdx-2.2 writes: the recipe called busybox is another document than the package."""
    package = {"name": "busybox", "SPDXID": "SPDXRef-Package-busybox", "versionInfo": "1.36.1"}
    recipe = {
        "name": "busybox",
        "SPDXID": "SPDXRef-Recipe-busybox",
        "versionInfo": "1.36.1",
        "downloadLocation": "http://x/b.tar",
    }
    return archive(
        **{
            "recipe-busybox.spdx": spdx2("recipe-busybox", [recipe], {}),
            "busybox.spdx": spdx2(
                "busybox",
                [package | {"licenseDeclared": "GPL-2.0-only AND LicenseRef-bzip2-1.0.4"}],
                {"DocumentRef-recipe-busybox": "recipe-busybox"},
                ("SPDXRef-Package-busybox", "GENERATED_FROM", "DocumentRef-recipe-busybox:SPDXRef-Recipe-busybox"),
                ("SPDXRef-Package-busybox", "CONTAINS", "SPDXRef-PackagedFile-1"),
            ),
            "image.spdx": spdx2(
                "image",
                [{"name": "image", "SPDXID": "SPDXRef-Image-image"}],
                {"DocumentRef-busybox": "busybox", "DocumentRef-gone": "gone"},
                ("SPDXRef-Image-image", "CONTAINS", "DocumentRef-busybox:SPDXRef-Package-busybox"),
                ("SPDXRef-Image-image", "CONTAINS", "DocumentRef-gone:SPDXRef-Package-gone"),
            ),
            "index": b'{"documents": []}',
            **more,
        }
    )


@pytest.mark.parametrize("pack", [bytes, lzma.compress, gzip.compress, bz2.compress])
def test_spdx_archives_of_yocto_are_resolved_by_namespace(sidecar, pack):
    found = sidecar("image.spdx.tar.xz", pack(yocto_archive()))
    assert found.packages == (
        Listed(
            "busybox",
            "1.36.1",
            recipe="busybox",
            recipe_version="1.36.1",
            licenses=("GPL-2.0-only AND LicenseRef-bzip2-1.0.4",),
            download_url="http://x/b.tar",
        ),
    )
    assert found.faults == ((0, "the document of DocumentRef-gone:SPDXRef-Package-gone is not in it"),)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("MIT AND NONE", "LicenseRef-CLOSED AND MIT"),
        ("NONE", "LicenseRef-CLOSED"),
        ("LicenseRef-NONE-x", "LicenseRef-NONE-x"),
    ],
)
def test_what_oe_writes_for_closed_is_closed(raw, expected):
    """A recipe of LICENSE = "MIT & CLOSED" grants no right to a part of it, which is not the same as no license."""
    (reading,) = dialect("yocto").declare([Declared(raw)], Context(("yocto",))).readings
    assert reading.expression == expected


def test_hostile_lists_take_linear_time(sidecar):
    name = "a" * 100_000 + "\x0c" + "1" * 100_000
    found = sidecar("x.manifest", f"acl 1\n{'1' * 200_000}\x0b\x0c x y z\n{name}\n" * 20)
    assert {one.name for one in found.packages} == {"acl", "a" * 100_000}


def test_a_native_document_counts_for_the_one_image_that_it_is_of(sidecar):
    def document(bom: Bom) -> bytes:
        out = io.BytesIO()
        api.write(bom, "sbomctl-json", out, created=datetime(2026, 6, 1, tzinfo=UTC))
        return out.getvalue()

    (first, *others) = [facts.image.name for facts in EDGE.images]
    assert others
    with pytest.raises(CorruptInput, match=f"is of {len(EDGE.images)} images: {first}"):
        sidecar("product.json", document(EDGE))
    alone = api.one_image(EDGE, first)
    names = sorted(one.name for one in alone.components if one.type is not ComponentType.SOURCE)
    assert sorted(one.name for one in sidecar("image.json", document(alone)).packages) == names
    nested = document(EDGE)
    for other in others:
        nested = nested.replace(f'"{other}"'.encode(), f'"{first}/{other}"'.encode())
    assert sorted(one.name for one in sidecar("nested.json", nested).packages) == names


def test_spdx3_gives_what_was_installed(sidecar):
    graph = [
        {
            "type": "software_Package",
            "spdxId": "p",
            "name": "v86d",
            "software_packageVersion": "0.1",
            "software_primaryPurpose": "install",
        },
        {"type": "software_Package", "spdxId": "s", "name": "v86d-src", "software_primaryPurpose": "source"},
        {
            "type": "simplelicensing_LicenseExpression",
            "spdxId": "l",
            "simplelicensing_licenseExpression": "GPL-2.0-only",
        },
        {"type": "Relationship", "spdxId": "r", "from": "p", "to": ["l"], "relationshipType": "hasConcludedLicense"},
        {"type": "Relationship", "spdxId": "r2", "from": "p", "to": ["s"], "relationshipType": "contains"},
        {"type": "software_File", "spdxId": "f", "name": "License"},
    ]
    found = sidecar("i.spdx.json", json.dumps({"@context": "https://spdx.org/x", "@graph": graph}))
    assert found.packages == (Listed("v86d", "0.1", licenses=("GPL-2.0-only",)),)


def test_spdx3_of_others_lists_packages_but_not_the_image_itself(sidecar):
    out = io.BytesIO()
    api.write(EDGE, "spdx-json", out, version="3.0.1", created=datetime(2026, 6, 1, tzinfo=UTC))
    assert b'"firmware"' in out.getvalue(), "the product"
    names = sorted(printable(one.name) for one in EDGE.components if one.type is not ComponentType.SOURCE)
    assert [one.name for one in sidecar("i.json", out.getvalue()).packages] == names


@pytest.mark.parametrize("roots", [["urn:a"], ["urn:a", "urn:b"]])
def test_packages_that_an_spdx3_document_starts_with_are_not_lost(sidecar, roots):
    """One is what the document is of, unless there is nothing else; several are a list."""
    packages = [{"type": "software_Package", "spdxId": one, "name": one[-1]} for one in roots]
    graph = [{"type": "software_Sbom", "spdxId": "urn:s", "rootElement": roots}, *packages]
    document = {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph}
    assert [one.name for one in sidecar("i.json", json.dumps(document)).packages] == [one[-1] for one in roots]


def test_any_sbom_that_is_read_elsewhere_is_one_here(sidecar):
    component = {
        "type": "library",
        "name": "x",
        "version": "1",
        "purl": "pkg:pypi/x@1",
        "licenses": [{"expression": "MIT"}],
    }
    found = sidecar(
        "b.cdx.json", json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [component]})
    )
    assert found.packages == (Listed("x", "1", licenses=("MIT",), purl="pkg:pypi/x@1"),)


def test_rows_that_an_open_quote_takes_in_are_no_silent_gap(sidecar):
    text = 'PACKAGE,VERSION,LICENSE\na,1,MIT\nb,2,"MIT\nc,3,MIT\n"d,4,MIT\n"e,5,MIT\nf,6,MIT\n'
    found = sidecar("manifest.csv", text.encode())
    assert [one.name for one in found.packages] == ["a", "b"]
    assert [line for line, _ in found.faults] == [3, 6]
    assert all(reason.startswith("a cell of several lines") for _, reason in found.faults)
    found = sidecar("manifest.csv", b'PACKAGE,VERSION,LICENSE\na,1,MIT\n"e,5,MIT\nf,6,MIT\n')
    assert [one.name for one in found.packages] == ["a"]
    assert [line for line, _ in found.faults] == [3]


BAD = {
    "nothing.json": (b'{"@graph": []}', "lists no package"),
    "cut.spdx.json": (b'{"@graph": [', "no valid SPDX 3 document"),
    "deep.spdx.json": (b'{"@graph": ' + b"[" * 200_000, "SPDX 3 document"),
    "types.spdx.json": (b'{"@graph": [{"type": 1}]}', "no valid SPDX 3 document"),
    "quote.csv": (b"PACKAGE,VERSION,LICENSE\n" + b"x" * 200_000, "no table of Buildroot"),
    "empty.csv": (b"PACKAGE,VERSION,LICENSE\n", "lists no package"),
    "cut.tar": (yocto_archive()[:1500], "no valid tar|no valid SPDX 2.2|lists no package"),
    "text.tar": (archive(x=b"{{"), "no valid SPDX 2.2"),
    "only-index.tar": (archive(index=b"{}"), "lists no package"),
    "damaged.xz": (lzma.compress(yocto_archive())[:200], "cannot be read|no valid tar"),
    "empty.manifest": (b"", "is no SBOM or manifest"),
    "prose.txt": (b"This is the manifest.\n", "is no SBOM or manifest"),
    "no-names.manifest": (b"RECIPE NAME:\nLICENSE: MIT\n", "lists no package"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_none_gives_one_clear_error(sidecar, name):
    data, reason = BAD[name]
    with pytest.raises((CorruptInput, UnsupportedInput), match=reason) as caught:
        sidecar(name, data)
    assert name in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("path", ["gone", "."])
def test_only_files_are_read(tmp_path, path):
    with pytest.raises(InputError):
        read(str(tmp_path / path))


def test_every_reader_is_registered_and_its_dialect_is_one():
    folder = ROOT / "sbomctl" / "sidecars"
    modules = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")} - {"base"}
    assert modules == {type(reader).__module__.rpartition(".")[2] for reader in SIDECARS}
    assert all(dialect(reader.dialect) and reader.about for reader in SIDECARS)
    assert len({reader.name for reader in SIDECARS}) == len(SIDECARS)


# Real ones


def test_a_real_license_manifest_is_read_whole():
    folder = shared("real/embedded/yocto-beacon-license-manifest")
    found = read(str(folder / "license.manifest"))
    text = (folder / "license.manifest").read_text()
    assert [one.name for one in found.packages] == [
        line.removeprefix("PACKAGE NAME: ").strip() for line in text.splitlines() if line.startswith("PACKAGE NAME: ")
    ]
    assert (len(found.packages), found.faults) == (487, ())
    assert all(text.splitlines()[one.license_line - 1] == f"LICENSE: {one.licenses[0]}" for one in found.packages)
    beside = read(str(folder / "image_license.manifest"))
    assert [one.name for one in beside.packages if one.beside] == ["barebox", "linux-mainline"]


def test_a_real_spdx3_document_is_read_as_ort_reads_it():
    folder = shared("real/sbom/yocto-spdx3-ort")
    (document,) = (folder / "input").glob("*.zst")
    found = read(str(document))
    (result,) = (folder / "output").glob("*.yml")
    installed = result.read_text().partition('- name: "install"')[2].partition("- name:")[0].partition("packages:")[0]
    expected = [line.split('"')[1] for line in installed.splitlines() if "- id:" in line]
    assert sorted(f"SPDX::{one.name}:{one.version}" for one in found.packages) == sorted(set(expected))
    assert all(one.licenses for one in found.packages)


def test_three_hundred_megabytes_fit(tmp_path):
    """Of a graph most elements are of no interest; memory must stay within a few times the document."""
    import subprocess
    import sys

    file = tmp_path / "large.spdx.json"
    element = json.dumps({"type": "software_File", "spdxId": "http://x/" + "f" * 200, "name": "n" * 60}).encode()
    package = json.dumps({"type": "software_Package", "spdxId": "p", "name": "a", "software_primaryPurpose": "install"})
    with file.open("wb") as out:
        out.write(b'{"@context": "x", "@graph": [' + package.encode())
        for _ in range(40):
            out.write(b"".join([b", " + element] * 25_000))
        out.write(b"]}")
    assert file.stat().st_size > 300 << 20
    code = """
import re, sys
from sbomctl.sidecars import read
packages = read(sys.argv[1]).packages  # what getrusage tells includes the process that started this one
print(len(packages), re.search(r"VmHWM:\\s*([0-9]+) kB", open("/proc/self/status").read())[1])
"""
    done = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True, check=True, cwd=ROOT)
    packages, peak = map(int, done.stdout.split())
    assert packages == 1
    assert peak < 1_200_000, "kilobytes"

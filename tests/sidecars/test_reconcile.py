"""Manifests beside what is in an image: what each confirms, adds and lacks."""

from __future__ import annotations

import io
import json
import re
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import shared, tar_of, view_of

from sbomctl import api
from sbomctl.cli.main import cli
from sbomctl.engine.findings import Findings
from sbomctl.engine.reconcile import reconcile
from sbomctl.engine.same_version import same_version
from sbomctl.errors import ConfigError
from sbomctl.model import Bom, Component, ComponentType, ImageSpec, Location, Package, Product, Reconciliation, Role
from sbomctl.sidecars.base import Listed, Sidecar

OPKG = "var/lib/opkg/"
OS = {"usr/lib/os-release": "ID=poky\nVERSION_ID=4.0\n"}


def opkg(**versions: str) -> dict[str, str]:
    record = "Package: {}\nVersion: {}\nStatus: install ok installed\nArchitecture: core2_64\n"
    return OS | {f"{OPKG}status": "\n".join(record.format(name, version) for name, version in versions.items())}


def control(name: str, license_: str) -> dict[str, str]:
    return {f"{OPKG}info/{name}.control": f"Package: {name}\nVersion: 1\nArchitecture: core2_64\nLicense: {license_}\n"}


def record(name: str, version: str, license_: str) -> str:
    return f"PACKAGE NAME: {name}\nPACKAGE VERSION: {version}\nRECIPE NAME: {name}-recipe\nLICENSE: {license_}\n\n"


@pytest.fixture
def scanned(tmp_path):
    def scan(files: dict, **manifests: str) -> Bom:
        (tmp_path / "rootfs.tar").write_bytes(tar_of(files))
        paths = []
        for name, text in manifests.items():
            paths.append(tmp_path / name.replace("__", "."))
            paths[-1].write_text(text)
        spec = ImageSpec("os", Role.BASE_OS, f"rootfs:{tmp_path}/rootfs.tar", sbom=tuple(map(str, paths)))
        product = Product("p", images=(spec,))
        return api.merge(api.scan(product, api.ScanOptions(jobs=1, cache=False, engine="native")), product)

    return scan


def components(bom: Bom) -> dict[str, Component]:
    return {f"{one.name} {one.version}": one for one in bom.components if one.type is not ComponentType.SOURCE}


def account(bom: Bom) -> Reconciliation:
    (one,) = bom.images[0].reconciled
    return one


def test_a_database_stands_and_the_manifest_completes_it(scanned):
    image = opkg(acl="2.3.1-r0", bash="5.1-r3", zlib="1.2.11-r0") | control("bash", "GPL-3.0-or-later")
    manifest = record("acl", "2.3.1", "GPLv2+") + record("bash", "5.2", "GPLv3+") + record("curl", "8.0", "curl")
    bom = scanned(image, license__manifest=manifest)
    found = components(bom)
    assert list(found) == ["acl 2.3.1-r0", "bash 5.1-r3", "zlib 1.2.11-r0"], "a manifest adds no package"
    acl = found["acl 2.3.1-r0"]
    assert (acl.licenses.declared, acl.licenses.effective) == ("GPL-2.0-or-later", "GPL-2.0-or-later")
    assert [(str(one.location), one.found_by) for one in acl.licenses.findings] == [
        ("os license.manifest:4", "manifest:yocto-licenses")
    ]
    assert acl.source.name == "acl-recipe"
    assert acl.occurrences[0].found_by == ("opkg",)
    assert account(bom) == Reconciliation(
        manifest="license.manifest",
        found_by="manifest:yocto-licenses",
        listed=3,
        confirmed=1,
        differing=("bash: 5.2 listed, 5.1-r3 in the image",),
        only_listed=("curl 8.0",),
        only_in_image=("zlib 1.2.11-r0",),
    )
    assert bom.complete, "what differs is told, and nothing was left out"
    assert bom.product.images[0].sbom == ("license.manifest",), "no folder of this machine"


def test_a_manifest_in_the_image_that_its_database_contradicts_makes_it_incomplete(scanned):
    within = {"usr/share/common-licenses/license.manifest": record("acl", "2.3.1", "GPLv2+") + record("bash", "5", "x")}
    bom = scanned(opkg(acl="2.3.1-r0", bash="5.1-r3") | within)
    (problem,) = bom.problems
    assert str(problem.location) == "os layer 0 usr/share/common-licenses/license.manifest"
    assert "disagrees with the package database: bash: 5 listed, 5.1-r3 in the image; the database" in problem.reason
    assert "ship the manifest of the same build, or none, and scan again" in problem.reason
    assert not components(bom)["bash 5.1-r3"].licenses.effective
    assert scanned(opkg(acl="2.3.1-r0") | within).complete, "what is only listed was not installed, or was removed"


def test_two_statements_that_differ_both_hold_and_a_person_is_told(scanned):
    image = opkg(bash="5.1-r0") | control("bash", "GPL-3.0-or-later")
    facts = components(scanned(image, license__manifest=record("bash", "5.1", "MIT")))["bash 5.1-r0"].licenses
    assert facts.effective == "GPL-3.0-or-later AND MIT"
    (issue,) = facts.issues
    assert (issue.kind, issue.message) == (
        "declared-differs-from-detected",
        "the image declares GPL-3.0-or-later, a manifest of it MIT",
    )
    assert [str(place) for place in issue.locations] == ["os license.manifest:4"]
    facts = components(scanned(image, license__manifest=record("bash", "5.1", "GPLv3+")))["bash 5.1-r0"].licenses
    assert (facts.effective, facts.issues) == ("GPL-3.0-or-later", ())
    assert len(facts.findings) == 2


def test_without_database_the_manifest_is_all_there_is_and_that_is_told(scanned):
    within = {"usr/share/common-licenses/license.manifest": record("acl", "2.3.1", "GPLv2+")}
    bom = scanned(OS | within)
    (acl,) = components(bom).values()
    assert (acl.purl, acl.licenses.declared) == ("pkg:generic/poky/acl@2.3.1?distro=poky-4.0", "GPL-2.0-or-later")
    assert acl.occurrences[0].found_by == ("manifest:yocto-licenses",)
    assert account(bom).alone
    assert account(bom).only_listed == ("acl 2.3.1",)
    assert (acl.occurrences[0].confidence, acl.occurrences[0].basis) == (0.7, "manifest")
    (problem,) = bom.problems
    assert str(problem.location) == "os layer 0 usr/share/common-licenses/license.manifest"
    assert problem.reason.startswith("no package database: 1 package is known from this manifest only")


def test_two_manifests_of_an_image_without_database_give_each_package_once(scanned):
    bom = scanned(
        OS,
        license__manifest=record("acl", "1.0+gitAUTOINC+ab", "GPLv2+") + record("libz1", "1.2", "Zlib"),
        image__manifest="acl core2_64 1.0+git0+ab-r0\nlibz1 core2_64 1.3-r0\n",
    )
    assert list(components(bom)) == ["acl 1.0+gitAUTOINC+ab", "libz1 1.2", "libz1 1.3-r0"]
    assert [(one.manifest, one.confirmed, len(one.only_listed)) for one in bom.images[0].reconciled] == [
        ("image.manifest", 0, 2),
        ("license.manifest", 0, 2),
    ]


def test_what_ships_beside_the_root_is_a_component_though_no_database_has_it(scanned):
    manifest = "RECIPE NAME: barebox\nVERSION: 2016.11\nLICENSE: GPLv2\nFILES: a.bin\n"
    bom = scanned(opkg(acl="1-r0"), image_license__manifest=manifest)
    assert list(components(bom)) == ["acl 1-r0", "barebox 2016.11"]
    assert (account(bom).only_listed, account(bom).only_in_image, account(bom).alone) == (
        ("barebox 2016.11",),
        (),
        False,
    )


def test_build_tools_are_noted_and_no_components(scanned):
    table = '"PACKAGE","VERSION","LICENSE"\n"busybox","1.36.1","GPL-2.0"\n'
    bom = scanned({"usr/lib/os-release": "ID=buildroot\n"}, manifest__csv=table, host_manifest__csv=table)
    assert list(components(bom)) == ["busybox 1.36.1"]
    host = scanned({"usr/lib/os-release": "ID=buildroot\n"}, **{"host-manifest__csv": table})
    assert components(host) == {}
    assert (account(host).build_tools, account(host).alone) == (1, False)
    assert any("no known package database" in one.reason for one in host.problems), "tools say nothing of the image"


def test_languages_are_compared_where_the_manifest_lists_any(scanned):
    image = opkg(acl="1-r0") | {
        "usr/lib/python3/site-packages/x-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: x\nVersion: 1\n",
        "usr/lib/python3/site-packages/y-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: y\nVersion: 1\n",
    }
    listed = [
        {"type": "library", "name": "X", "version": "1", "purl": "pkg:pypi/x@1", "licenses": [{"expression": "MIT"}]}
    ]
    bom = scanned(image, b__json=json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": listed}))
    assert (account(bom).confirmed, account(bom).only_in_image) == (1, ("y 1",))
    assert components(bom)["x 1"].licenses.declared == "MIT"


def test_the_native_document_keeps_the_account_and_merging_again_changes_nothing(scanned):
    bom = scanned(opkg(acl="1-r0"), license__manifest=record("acl", "1", "MIT"))
    out = io.BytesIO()
    api.write(bom, "sbomctl-json", out, created=datetime(2026, 1, 1, tzinfo=UTC))
    again = api.read_bom(out.getvalue(), "x.json")
    assert again == bom
    assert api.merge([again, bom], bom.product) == bom


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("2.3.1", "2.3.1-r0", True),
        ("2.3.1", "1:2.3.1-r0.7", True),
        ("2.3.1-r0", "2.3.1-r1", False),
        ("1:2.3", "2:2.3", False),
        ("2.3", "2.3.1-r0", False),
        ("1.0+gitAUTOINC+ab12", "1.0+git0+ab12-r0", True),
        ("1.0+gitAUTOINC+ab12", "1.0+git0+ab13-r0", False),
        ("6.6.111+git", "6.6.111+git0+ab13_cd-r0", True),
        ("xilinx-v2022.1+gitAUTOINC+1b", "xilinx-v2022.1+git999+1b-r0", True),
        ("", "1", False),
        ("1:" * 100_000, "-r1" * 100_000, False),
    ],
)
def test_versions_are_the_same_where_neither_contradicts(one, other, expected):
    assert same_version(one, other) is expected
    assert same_version(other, one) is expected


# Real images


def scan_real(target: str, *sbom: str) -> Bom:
    product = Product("p", images=(ImageSpec("os", Role.BASE_OS, target, sbom=sbom),))
    return api.merge(api.scan(product, api.ScanOptions(cache=False, engine="native")), product)


def ground_truth(name: str) -> list[list[str]]:
    """Rows of type, name, version, architecture, source and license, as the tool of the ecosystem gives them."""
    text = shared(f"real/rootfs/{name}/groundtruth.packages.tsv").read_text()
    return [(row + "\t" * 5).split("\t") for row in text.splitlines()[1:]]


def counts(one: Reconciliation) -> tuple[int, ...]:
    return (one.listed, one.confirmed, len(one.differing), len(one.only_listed), len(one.only_in_image))


def open_points(bom: Bom) -> dict[str, tuple[str, list[str]]]:
    return {
        one: (found.licenses.effective, [issue.message for issue in found.licenses.issues])
        for one, found in components(bom).items()
    }


def recorded(bom: Bom) -> list[Component]:
    return [one for one in components(bom).values() if max(place.confidence for place in one.occurrences) == 1]


def licensed(bom: Bom) -> int:
    """How many recorded packages have a license; what files look like brings its own."""
    return sum(bool(one.licenses.effective) for one in recorded(bom))


def test_the_manifest_in_a_real_image_without_database_is_its_list(tmp_path):
    """PetaLinux: 1,210 packages beside the 40 of Python; pkg-config files and a kernel confirm a few of them."""
    image = shared("real/rootfs/yocto-petalinux-kria-rpm/rootfs.tar.gz")
    bom = scan_real(f"rootfs:{image}")
    one = account(bom)
    assert one.alone
    assert counts(one) == (1210, 130, 8, 1072, 169)
    truth = {f"{row[1]} {row[2]}" for row in ground_truth("yocto-petalinux-kria-rpm") if row[0] == "yocto-manifest"}
    assert len(truth) == 1210
    found = {name.replace("_", "-"): one for name, one in components(bom).items()}  # a .pc file spells it so
    assert {name.replace("_", "-") for name in truth} <= found.keys(), "each is a component, whatever else confirms it"
    assert all(found[name.replace("_", "-")].licenses.effective for name in truth)
    manifests = [one for one in bom.images[0].licenses if one.location.path.endswith("license.manifest")]
    assert not manifests, "it is no license text"
    beside = tmp_path / "license.manifest"
    with tarfile.open(image) as tar:
        beside.write_bytes(tar.extractfile("./usr/share/common-licenses/license.manifest").read())
    both = scan_real(f"rootfs:{image}", str(beside))
    assert components(both).keys() == components(bom).keys(), "the same manifest beside the image adds nothing"
    assert [counts(one) for one in both.images[0].reconciled] == [(1210, 130, 8, 1072, 169)] * 2


@pytest.mark.parametrize(("name", "expected"), [("yocto-girbu-rpm-bdb", 397), ("angstrom-s2-opkg", 103)])
def test_a_manifest_confirms_every_package_of_a_real_database(tmp_path, name, expected):
    """The manifest is made of what rpm and opkg say, with versions of recipes, as license_image.bbclass has them."""
    rows = ground_truth(name)
    recipes = [re.sub(r"-r[0-9.]+$", "", re.sub(r"^[0-9]+:", "", row[2])) for row in rows]
    records = (record(row[1], recipe, row[5]) for row, recipe in zip(rows, recipes, strict=True))
    manifest = tmp_path / "license.manifest"
    manifest.write_text("".join([*records, record("not-installed", "1", "MIT")]))
    image = f"rootfs:{shared(f'real/rootfs/{name}/rootfs.tar.gz')}"
    before, after = scan_real(image), scan_real(image, str(manifest))
    assert counts(account(after)) == (expected + 1, expected, 0, 1, 1)
    assert account(after).only_in_image[0].startswith("linux "), "a kernel that no package brought"
    assert open_points(before) == open_points(after), "the manifest says what the database says"
    assert before.problems == after.problems


def test_licenses_of_a_manifest_fill_a_real_database_without_any(tmp_path):
    """opkg's status file states no license; what stands beside it may be gone."""
    manifest, stripped = tmp_path / "license.manifest", tmp_path / "rootfs.tar"
    rows = ground_truth("angstrom-s2-opkg")
    manifest.write_text("".join(record(row[1], re.sub(r"-r[0-9.]+$", "", row[2]), row[5]) for row in rows))
    source = shared("real/rootfs/angstrom-s2-opkg/rootfs.tar.gz")
    without(source, stripped, ".control")
    assert licensed(scan_real(f"rootfs:{stripped}")) == 0
    after = scan_real(f"rootfs:{stripped}", str(manifest))
    assert (licensed(after), len(recorded(after))) == (103, 103)
    assert {one: c.licenses.effective for one, c in components(after).items()} == {
        one: c.licenses.effective for one, c in components(scan_real(f"rootfs:{source}")).items()
    }


def without(source: Path, target: Path, suffix: str) -> None:
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            if not member.name.endswith(suffix):
                new.addfile(member, old.extractfile(member) if member.isreg() else None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("ubuntu-14.04-core-armhf", 184), ("alpine-kobo-xorg", 166), ("openwrt-23.05-rpi-opkg", 270)],
)
def test_an_sbom_of_a_real_image_confirms_every_package_of_it(tmp_path, name, expected):
    image = f"rootfs:{shared(f'real/rootfs/{name}/rootfs.tar.gz')}"
    with (tmp_path / "own.cdx.json").open("wb") as out:
        api.write(scan_real(image), "cyclonedx-json", out, created=datetime(2026, 1, 1, tzinfo=UTC))
    bom = scan_real(image, str(tmp_path / "own.cdx.json"))
    one = account(bom)
    assert (one.confirmed, one.differing, one.only_in_image) == (expected, (), ())


# The product file


@pytest.fixture
def product_file(tmp_path):
    (tmp_path / "rootfs.tar").write_bytes(tar_of(opkg(acl="1-r0")))
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "license.manifest").write_text(record("acl", "1", "MIT"))
    (tmp_path / "build" / "prose.txt").write_text("nothing\n")

    def written(sbom: str) -> str:
        image = f"  - name: os\n    role: base-os\n    target: rootfs:rootfs.tar\n    sbom: {sbom}\n"
        (tmp_path / "product.yaml").write_text(f"product: {{name: p}}\nimages:\n{image}")
        return str(tmp_path / "product.yaml")

    return written


@pytest.mark.parametrize("sbom", ["build/license.manifest", "[build/license.manifest]"])
def test_a_product_file_names_manifests_relative_to_itself(product_file, sbom):
    result = CliRunner().invoke(cli, ["scan", product_file(sbom), "-o", "sbomctl-json"])
    assert result.exit_code == 0, result.output
    assert "os: license.manifest: 1 of 1 package confirmed" in result.stderr
    (facts,) = json.loads(result.stdout)["bom"]["images"]
    assert facts["reconciled"] == [
        {"manifest": "license.manifest", "found_by": "manifest:yocto-licenses", "listed": 1, "confirmed": 1}
    ]
    assert json.loads(result.stdout)["bom"]["product"]["images"][0]["sbom"] == ["license.manifest"]


@pytest.mark.parametrize(
    ("sbom", "fault"),
    [
        ("gone.manifest", ":6:11: no such file"),
        ("[build/license.manifest, gone.manifest]", ":6:36: no such file"),
        ("build", ":6:11: no such file"),
        ("{a: b}", ":6:11: "),
        ("[]", ":6:11: "),
    ],
)
def test_faults_of_a_product_file_have_places(product_file, sbom, fault):
    with pytest.raises(ConfigError) as caught:
        api.load_product(product_file(sbom))
    (found,) = caught.value.faults
    assert fault in str(found)


def test_a_file_that_is_no_manifest_ends_the_scan_before_an_image_is_opened(product_file):
    result = CliRunner().invoke(cli, ["scan", product_file("build/prose.txt")])
    assert result.exit_code == 3
    assert "prose.txt is no SBOM or manifest that sbomctl reads" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_format_and_report_can_say_it(scanned):
    """Also that a package is known from a file beside the image only, where there is no layer to name."""
    bom = scanned(OS, license__manifest=record("acl", "2.3.1", "GPLv2+"))
    for writer in api.writers():
        for version in writer.versions or ("",):
            out = io.BytesIO()
            api.write(bom, writer.format, out, created=datetime(2026, 1, 1, tzinfo=UTC), version=version)
            assert b"acl" in out.getvalue(), writer.format
            if writer.format != "table":
                assert b"0.7" in out.getvalue(), f"{writer.format}: how sure it is"
    shown = {}
    for report in (one for one in api.report_kinds() if one.kind != "source-offer"):  # it asks for more facts
        out = io.BytesIO()
        api.report(bom, report.kind, report.form, out, created=datetime(2026, 1, 1, tzinfo=UTC))
        shown[report.kind, report.form] = out.getvalue()
    (page,) = (data for data in shown.values() if b"<!doctype html>" in data.lower() and b'id="images"' in data)
    assert b"Compared with license.manifest" in page
    assert b"The image has no package database" in page


def test_an_image_is_explained_with_its_manifests(scanned, tmp_path):
    bom = scanned(
        opkg(acl="1-r0", bash="5-r0"), license__manifest=record("acl", "1", "MIT") + record("curl", "8", "curl")
    )
    with (tmp_path / "bom.json").open("wb") as out:
        api.write(bom, "sbomctl-json", out, created=datetime(2026, 1, 1, tzinfo=UTC))
    result = CliRunner().invoke(cli, ["explain", "os", str(tmp_path / "bom.json")])
    assert result.exit_code == 0, result.output
    assert "license.manifest: 1 of 2 packages confirmed" in result.stdout
    assert "curl 8" in result.stdout
    assert "bash 5-r0" in result.stdout


def test_what_files_look_like_is_confirmed_by_a_manifest_and_not_doubled():
    """A sighting has the name of what was built, of which a build makes several packages (``confirming``)."""
    seen = [
        Package(name, "1.36.1", f"pkg:generic/{name}@1.36.1", Location("os", 0, f"bin/{name}"), "elf", confidence=0.6)
        for name in ("busybox", "openssl", "odd")
    ]
    listed = (
        Listed("busybox", "1.36.1", 1, licenses=("GPLv2",), license_line=4),
        Listed("libcrypto3", "3.0", 6, recipe="openssl", recipe_version="3.0"),
    )
    sidecar = Sidecar("license.manifest", "yocto-licenses", listed)
    found = reconcile(Findings(tuple(seen)), [sidecar], view_of(tar_of({"etc/x": ""})))
    assert [(one.name, one.confidence, len(one.licenses)) for one in found.packages] == [
        ("busybox", 0.6, 0),
        ("openssl", 0.6, 0),
        ("odd", 0.6, 0),
        ("busybox", 0.7, 1),
        ("libcrypto3", 0.7, 0),
    ]
    (one,) = found.reconciled
    assert (one.confirmed, one.only_listed, one.only_in_image, one.alone) == (
        1,
        ("libcrypto3 3.0",),
        ("odd 1.36.1",),
        True,
    )

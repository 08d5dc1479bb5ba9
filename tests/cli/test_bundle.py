"""``sbomctl bundle`` as a release manager and CI meet it: exit codes, messages, what it refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from conftest import ROOT
from edge_bom import BASH, EDGE
from test_check import POLICY, licensed
from test_explain import document

from sbomctl.cli.main import cli
from sbomctl.model import Bom, SourceOffer, Supplier

REPLACE = msgspec.structs.replace
SUPPLIER = Supplier("ACME", email="oss@acme.example", address="Musterweg 1, 70173 Stuttgart")
OFFER = SourceOffer(last_shipped="2024-06-30", support_ends="2029-06-30")
GPL = "GPL-2.0-only"


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1717200000")  # 2024-06-01
    Path("policy.yaml").write_text(
        POLICY.replace("GPL-3.0-*", "AGPL-3.0-*") + f"  - {{verdict: allow, licenses: [{GPL}]}}\n"
    )
    return tmp_path


def bundle(*arguments: str):
    result = CliRunner().invoke(cli, ["bundle", *arguments])
    assert "Traceback" not in result.output
    return result


def of(bom: Bom, *more: str):
    """A bundle of that product, at ``bundle``."""
    return bundle(document(Path(), bom), "--policy", "policy.yaml", "-o", "bundle", *more)


def offered(bom: Bom, supplier: Supplier = SUPPLIER, offer: SourceOffer | None = OFFER) -> Bom:
    return REPLACE(bom, product=REPLACE(bom.product, supplier=supplier, source_offer=offer))


def test_a_product_that_passes(place):
    result = of(offered(licensed("MIT")))
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].startswith("bundle: 15 files, ")
    assert result.stdout.splitlines()[1].startswith("PASSED: 0 errors, ")
    assert bundle("verify", "bundle").exit_code == 0


def test_violations_are_evidence_too(place):
    result = of(offered(licensed("AGPL-3.0-only")))
    assert (result.exit_code, result.stdout.splitlines()[1][:15]) == (1, "FAILED: 2 error")
    assert "**The check failed**" in Path("bundle/README.md").read_text()
    assert bundle("verify", "bundle").exit_code == 0
    assert of(offered(licensed("AGPL-3.0-only")), "--force", "--fail-on", "never").exit_code == 0


@pytest.mark.parametrize("without", [(), ("--without", "findings")])
def test_an_incomplete_product_is_bundled_and_is_no_pass(place, without):
    bom = offered(licensed("MIT", problems=EDGE.problems))
    result = of(bom, *without)
    assert result.exit_code == 4
    assert "incomplete" in result.stderr
    assert "**Incomplete.**" in Path("bundle/README.md").read_text()
    assert of(bom, "--force", "--allow-incomplete", *without).exit_code == 0


def test_a_policy_must_be_named_or_done_without(place):
    result = bundle(document(Path(), offered(licensed("MIT"))), "-o", "bundle")
    assert result.exit_code == 2
    assert "--without findings" in result.stderr
    assert not Path("bundle").exists()


@pytest.mark.parametrize(
    ("supplier", "offer", "missing"),
    [
        (REPLACE(SUPPLIER, address=""), OFFER, "product.supplier.address is missing"),
        (SUPPLIER, None, "source_offer.last_shipped is missing"),
        (SUPPLIER, REPLACE(OFFER, last_shipped=""), "source_offer.last_shipped is missing"),
        (REPLACE(SUPPLIER, email=""), OFFER, "product.supplier.email or .url is missing"),
    ],
)
def test_an_offer_that_is_owed_needs_its_facts(place, supplier, offer, missing):
    bom = offered(licensed(GPL), supplier, offer)
    result = of(bom)
    assert result.exit_code == 2
    assert missing in result.stderr
    assert "--without source-offer" in result.stderr
    assert sorted(one.name for one in Path().iterdir()) == ["edge.json", "policy.yaml"]
    assert of(bom, "--without", "source-offer").exit_code == 0
    assert "it was left out on request" in Path("bundle/README.md").read_text()


def test_where_nothing_is_owed_no_facts_are_needed(place):
    assert of(offered(licensed("MIT"), Supplier(), None)).exit_code == 0
    assert Path("bundle/source-offer.txt").stat().st_size


def test_an_image_that_is_not_there(place):
    result = of(offered(licensed("MIT")), "--image", "bus")
    assert (result.exit_code, "no image 'bus'" in result.stderr, Path("bundle").exists()) == (2, True, False)


def test_it_is_never_overwritten_unasked(place):
    Path("bundle").mkdir()
    Path("bundle/letter").write_text("dear")
    for more in ((), ("--force",)):
        result = of(offered(licensed("MIT")), *more)
        assert result.exit_code == 3
        assert [one.name for one in Path("bundle").iterdir()] == ["letter"]


def test_a_broken_template_is_told_by_its_line(place):
    Path("mine").mkdir()
    Path("mine/bundle-readme.md.j2").write_text("# {{ product }}\n{{ nobody }}\n")
    result = of(offered(licensed("MIT")), "--templates", "mine")
    assert result.exit_code == 2
    assert "bundle-readme.md.j2:2: 'nobody' is undefined" in result.stderr
    assert not Path("bundle").exists()


def test_verify_names_what_changed(place):
    assert of(offered(licensed("MIT"))).exit_code == 0
    Path("bundle/NOTICE.txt").write_text("nothing to see")
    Path("bundle/\x1b[2J").write_text("")
    result = bundle("verify", "bundle")
    assert result.exit_code == 3
    assert result.stdout.splitlines() == [
        "\\x1b[2J: SHA256SUMS does not name it", "NOTICE.txt: it has changed",
    ]  # fmt: skip
    assert "2 faults" in result.stderr


def test_the_document_gives_the_bundle_of_the_product(place):
    """What was scanned once need not be scanned again, and the place of the product file is not told."""
    rootfs = Path("rootfs")
    (rootfs / "var/lib/dpkg").mkdir(parents=True)
    (rootfs / "etc").mkdir()
    (rootfs / "etc/os-release").write_text("ID=debian\nVERSION_ID=12\n")
    (rootfs / "var/lib/dpkg/status").write_text(
        "Package: demo\nStatus: install ok installed\nVersion: 1\nArchitecture: arm64\nMaintainer: A <a@example.org>\n"
    )
    Path("product.yaml").write_text(
        "product: {name: demo, version: 1}\nimages:\n  - {name: os, role: base-os, target: 'dir:rootfs'}\n"
        "policy: policy.yaml\n"
    )
    assert bundle("product.yaml", "-o", "one.zip").exit_code == 1  # no license is stated
    assert bundle(str(place / "product.yaml"), "-o", "three.zip", "-q").exit_code == 1
    CliRunner().invoke(cli, ["scan", "product.yaml", "-o", "sbomctl-json=product.json"])
    assert bundle("product.json", "--policy", "policy.yaml", "-o", "two.zip").exit_code == 1
    assert Path("one.zip").read_bytes() == Path("two.zip").read_bytes() == Path("three.zip").read_bytes()


# It ends itself when it opens a file below the draft of the bundle: no clock decides where that is.
ENDED = """
import os, signal, sys
from sbomctl.__main__ import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell runs the tests in the background
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and where nohup does
opened = 0
def watch(event, arguments):
    global opened
    if event == "open" and ".part" in str(arguments[0]):
        opened += 1
        if opened == {opened}:
            os.kill(os.getpid(), {number})
sys.addaudithook(watch)
main()
"""


@pytest.mark.parametrize("opened", [1, 3])
@pytest.mark.parametrize(
    ("number", "status", "told"),
    [(signal.SIGINT, 130, b"sbomctl: interrupted\n"), (signal.SIGTERM, 143, b""), (signal.SIGHUP, 129, b"")],
)
@pytest.mark.usefixtures("place")
def test_what_ends_it_leaves_nothing(opened, number, status, told):
    many = tuple(REPLACE(BASH, id=f"c-{number:016x}", name=f"bash{number}") for number in range(100))
    bom = offered(licensed("MIT", components=many))
    code = ENDED.format(opened=opened, number=int(number))
    done = subprocess.run(
        [sys.executable, "-c", code, "bundle", document(Path(), bom), "--policy", "policy.yaml", "-o", "bundle"],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert (done.returncode, done.stderr) == (status, told)
    assert sorted(one.name for one in Path().iterdir()) == ["edge.json", "policy.yaml"]

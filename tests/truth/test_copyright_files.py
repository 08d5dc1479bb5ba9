"""Structure of real debian/copyright files against debian-inspector, and their licenses against ScanCode's."""

from __future__ import annotations

import functools
import io
import re
import tarfile

import yaml
from conftest import shared
from dep5_oracle import difference, names_in, tokens

from sbomctl.licenses._dep5 import read_dep5
from sbomctl.licenses.debian_copyright import DebianCopyright

# Where debian-inspector and we differ, and why we are right; by a part of the path. Each is read by a person.
DIFFERENT = {
    "liblzma5": "License without a synopsis: debian-inspector takes the first line of the text for one",
    "libp11-kit0": "License without a synopsis: debian-inspector takes the first line of the text for one",
    "test_license_nameless": "debian-inspector leaves out an empty License field",
    "freeorion": "debian-inspector loses a dot that begins a line of text",
    "firmware-misc-nonfree": "debian-inspector loses a dot that begins a line of text",
    "pulseaudio": "File for Files, License without synopsis: debian-inspector sees no Files paragraphs there",
}
UBUNTU = "real/rootfs/ubuntu-14.04-core-armhf/rootfs.tar.gz"


@functools.cache
def recorded():
    """Path -> bytes of the collected files and of those in a real root filesystem."""
    files = {}
    for folder in ("real/licence/debian-copyright", "real/licence/debian-inspector"):
        for path in sorted(shared(folder).rglob("*copyright")) + sorted(shared(folder).rglob("test_*")):
            if path.is_file():
                files[str(path.relative_to(shared(folder)))] = path.read_bytes()
    with tarfile.open(fileobj=io.BytesIO(shared(UBUNTU).read_bytes())) as tar:
        for member in tar:
            if member.isfile() and member.name.endswith("/copyright"):
                files[member.name.removeprefix("./")] = tar.extractfile(member).read()
    return files


@functools.cache
def machine_readable():
    found = {path: read_dep5(data) for path, data in recorded().items()}
    return {path: structure for path, structure in found.items() if structure}


def test_structure_is_what_the_oracle_sees():
    structures = machine_readable()
    assert len(structures) > 120
    odd = [path for path, found in structures.items() if difference(found, recorded()[path])]
    unexplained = [path for path in odd if not any(part in path for part in DIFFERENT)]
    assert not unexplained, difference(structures[unexplained[0]], recorded()[unexplained[0]])
    assert all(any(part in path for path in odd) for part in DIFFERENT), "an explanation is no longer needed"


def test_every_file_that_names_the_format_is_read():
    unread = [
        path
        for path, data in recorded().items()
        if data.lower().lstrip().startswith((b"format:", b"format-specification:")) and path not in machine_readable()
    ]
    assert not unread


def test_no_word_of_a_license_line_is_lost():
    for path in machine_readable():
        data = recorded()[path]
        found = DebianCopyright().read(path, data)
        kept = {token for one in found.statements for token in tokens(f"{one.raw} {one.text}")}
        assert names_in(data) <= kept, path


def listed(expression):
    """The identifiers of the SPDX list in an expression."""
    words = re.findall(r"[A-Za-z0-9.+-]+", expression or "")
    return {word for word in words if word not in ("AND", "OR", "WITH") and "Ref-" not in word}


def test_licenses_are_mostly_those_that_scancode_finds():
    """A figure of accuracy, no truth: ScanCode also reads each mention of a license, we also keep what is named."""
    both = only_theirs = only_ours = 0
    root = shared("real/licence/debian-copyright")
    for expected in sorted(root.rglob("*.expected.yml")):
        path = str(expected.relative_to(root)).removesuffix(".expected.yml").removesuffix("-detailed")
        facts = yaml.safe_load(expected.read_text("utf-8"))
        if path in machine_readable() and "declared_license_expression_spdx" in facts:
            theirs = listed(facts["declared_license_expression_spdx"]) | listed(facts["other_license_expression_spdx"])
            ours = {
                word
                for one in DebianCopyright().read(path, recorded()[path]).statements
                for word in listed(one.expression)
            }
            both, only_theirs, only_ours = (
                both + len(ours & theirs),
                only_theirs + len(theirs - ours),
                only_ours + len(ours - theirs),
            )
    assert both > 200
    assert both / (both + only_theirs) > 0.7
    assert both / (both + only_ours) > 0.7

from __future__ import annotations

import io
from datetime import UTC, datetime

import msgspec
import pytest
from click.testing import CliRunner
from conftest import tar_of
from edge_bom import BASH, BASH_DOC, CURL, EDGE, EVIL, GLIBC, OS
from elf_files import elf, note

from sbomctl.cli.lines import Line, rendered
from sbomctl.cli.main import cli
from sbomctl.cli.matching import close_names, components
from sbomctl.model import Bom, Component, Location, Occurrence
from sbomctl.writers.base import WriteContext
from sbomctl.writers.sbomctl_json import SbomctlJsonWriter


def document(folder, bom: Bom = EDGE) -> str:
    file = folder / "edge.json"
    out = io.BytesIO()
    SbomctlJsonWriter().write(bom, out, WriteContext("", datetime(2024, 1, 1, tzinfo=UTC), "0"))
    file.write_bytes(out.getvalue())
    return str(file)


def explain(folder, question: str, bom: Bom = EDGE):
    return CliRunner().invoke(cli, ["explain", question, document(folder, bom)])


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("bash", (BASH,)),
        ("bash@5.2.15-2", (BASH,)),
        ("bash@5.2", ()),
        ("BASH", (BASH,)),
        ("Curl@7.88.1-10", (CURL,)),
        ("bas", ()),
        ("pkg:deb/debian/bash", (BASH,)),
        ("pkg:deb/debian/bash@5.2.15-2", (BASH,)),
        ("pkg:deb/debian/bash@5", ()),
        ("pkg:deb/debian/bash@5.2.15-2?arch=arm64", (BASH,)),
        ("pkg:deb/debian", (BASH, BASH_DOC, CURL, GLIBC)),
        ("pkg:deb/debian/", (BASH, BASH_DOC, CURL, GLIBC)),
        ("pkg:npm", (EVIL,)),
        ("pkg:", ()),
    ],
)
def test_a_component_is_found_by_name_version_and_purl(question, found):
    assert components(EDGE, question) == found


def test_names_that_look_alike_are_suggested():
    assert list(close_names(EDGE, "bahs")) == ["bash"]
    assert list(close_names(EDGE, "pkg:deb/debian/crul@7")) == ["curl"]
    assert list(close_names(EDGE, "x" * 100_000)) == []


def test_the_whole_chain_of_a_deleted_package(tmp_path):
    result = explain(tmp_path, "curl")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "curl 7.88.1-10",
        "  purl:       pkg:deb/debian/curl@7.88.1-10?arch=arm64",
        "  product:    edge-gateway 2.4.0",
        "  kind:       library",
        '  as written: "curl"',
        "  depends on: bash 5.2.15-2",
        "",
        "  in image app (container)",
        "    from:       oci-archive:app.tar",
        "    state:      deleted: removed by an upper layer; it ships all the same",
        "    since:      layer 1 of 0 to 2",
        "      sha256:" + "b" * 64,
        "      built by:   RUN apt-get install curl",
        "    hidden in:  layer 2 of 0 to 2",
        "      sha256:" + "d" * 64,
        "      built by:   RUN apt-get purge curl",
        "    record:     /var/lib/dpkg/status:55, layer 1 (dpkg)",
        "    files:      1 owned",
    ]


def test_licenses_sources_and_neighbours_are_told_with_their_places(tmp_path):
    lines = explain(tmp_path, "bash").stdout.splitlines()
    for line in (
        "bash 5.2.15-2 (arm64)",
        "  supplier:   Matthias Klose <doko@debian.org>",
        "  source:     bash 5.2.15-2",
        "  contains:   glibc 2.36-9 (static-built-using)",
        "  license:    GPL-3.0-or-later (declared)",
        '  as written: "GPL-3+"',
        "    at:         os: /usr/share/doc/bash/copyright:12, layer 0 (debian-copyright,",
        "  needed by:  curl 7.88.1-10",
        "  in image app (container)",
        "  in image os (base-os, linux/arm64)",
        "    record:     /var/lib/dpkg/status:20, layer 0 (dpkg, syft)",
        "      built by:   unknown; the image has no history of this layer",
    ):
        assert line in lines
    assert "  built into: bash 5.2.15-2" in explain(tmp_path, "glibc").stdout.splitlines()
    assert "  license:    unknown; nothing was found that states one" in explain(tmp_path, "bash-doc").stdout


def test_several_matches_are_told_apart(tmp_path):
    blocks = explain(tmp_path, "pkg:deb/debian").stdout.split("\n\n")
    assert [block.split()[0] for block in blocks if not block.startswith(" ")] == ["bash", "bash-doc", "curl", "glibc"]


def test_no_image_can_steer_the_terminal(tmp_path):
    shown = explain(tmp_path, "pkg:npm/evil").stdout
    assert "evil\\x1b[2J\\x1b]0;owned\\x07\\u202etxt.exe 1.0\\x0a2.0" in shown
    assert all(line.isprintable() for line in shown.splitlines())


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("/bin/bash", ["/bin/bash in image app (container)", "  owned by:   bash 5.2.15-2 (visible)"]),
        ("/usr/bin/bash", ["/usr/bin/bash in image os (base-os)"]),
        ("/usr/bin/curl", ["  owned by:   curl 7.88.1-10 (deleted)", "    since:      layer 1 of 0 to 2"]),
        (
            "/usr/local/bin/agent",
            [
                "/usr/local/bin/agent in image os (base-os)",
                "  from:       rootfs:os.tar",
                "  owned by:   no package: elf, 77 bytes",
                "    sha256:     " + "c" * 64,
                "    in:         layer 0, the only one",
            ],
        ),
        ("/var/lib/dpkg/status", ["  holds:      the records of 2 packages"]),
    ],
)
def test_a_path_is_answered_with_its_owner_or_its_layer(tmp_path, path, lines):
    result = explain(tmp_path, path)
    assert result.exit_code == 0
    for line in lines:
        assert line in result.stdout.splitlines()


@pytest.mark.parametrize("question", ["usr/local/bin/agent", "./usr/local/bin/agent", "bin/agent", "agent"])
def test_a_file_is_found_without_its_leading_slash_and_by_its_name(tmp_path, question):
    assert explain(tmp_path, question).stdout == explain(tmp_path, "/usr/local/bin/agent").stdout


def test_a_file_in_a_directory_that_a_package_owns_is_of_the_innermost_package(tmp_path):
    def owning(one: Component, directory: str) -> Component:
        place = Occurrence(Location("app", 0, f"{directory}/package.json"), owns_directories=(directory,))
        return msgspec.structs.replace(one, occurrences=(place,))

    outer = owning(BASH, "srv/node_modules/bash")
    bom = msgspec.structs.replace(
        EDGE, components=(outer, owning(CURL, "srv/node_modules/bash/node_modules/curl"), *EDGE.components[3:])
    )
    lines = explain(tmp_path, "/srv/node_modules/bash/node_modules/curl/index.js", bom).stdout.splitlines()
    assert [line for line in lines if "owned by" in line] == ["  owned by:   curl 7.88.1-10 (visible)"]
    assert "  owned by:   bash" in explain(tmp_path, "/srv/node_modules/bash/x.js", bom).stdout
    assert explain(tmp_path, "/srv/node_modules/bash-doc/x.js", bom).exit_code == 2
    assert "    files:      everything below /srv/node_modules/bash" in explain(tmp_path, "bash", bom).stdout


def test_a_name_of_many_files_is_answered_with_the_first_of_them(tmp_path):
    (place, *others) = BASH.occurrences
    many = msgspec.structs.replace(place, files=tuple(f"opt/{number:02}/x" for number in range(20)))
    bom = msgspec.structs.replace(
        EDGE, components=(msgspec.structs.replace(BASH, occurrences=(many, *others)), *EDGE.components[1:])
    )
    lines = explain(tmp_path, "x", bom).stdout.splitlines()
    assert sum(line.startswith("/opt/") for line in lines) == 12
    assert lines[-1] == "and 8 more paths; --verbose shows all"
    every = CliRunner().invoke(cli, ["explain", "-v", "x", document(tmp_path, bom)]).stdout
    assert sum(line.startswith("/opt/") for line in every.splitlines()) == 20
    owned = CliRunner().invoke(cli, ["explain", "-v", "bash", document(tmp_path, bom)]).stdout
    assert "      /opt/19/x" in owned.splitlines()


def test_an_image_is_told_layer_by_layer_with_what_nobody_owns(tmp_path):
    assert explain(tmp_path, "app").stdout.splitlines() == [
        "image app (container)",
        "  from:       oci-archive:app.tar",
        "  id:",
        "    sha256:" + "2" * 64,
        "  system:     unknown; the image has no os-release",
        "  packages:   2 visible, 1 deleted",
        "  code:       0 files, 0 in no package",
        "    layer:      layer 0 of 0 to 2",
        "      sha256:" + "a" * 64,
        "      built by:   ADD rootfs /",
        "      packages:   1 brought",
        "    layer:      layer 1 of 0 to 2",
        "      sha256:" + "b" * 64,
        "      built by:   RUN apt-get install curl",
        "      packages:   1 brought",
        "    layer:      layer 2 of 0 to 2",
        "      sha256:" + "d" * 64,
        "      built by:   RUN apt-get purge curl",
        "      packages:   1 brought, 1 hidden",
        "  problems: 2",
        "    app layer 1 opt/x.jar: no cataloger reads jar files (engine)",
        "    app layer 2 opt/y.jar: no cataloger reads jar files (engine)",
        "  notes: 1",
        "    only syft found pkg:npm/left-pad@1.3.0",
    ]
    lines = explain(tmp_path, "os").stdout.splitlines()
    assert "  in no package: 1" in lines
    assert "    /usr/local/bin/agent (elf, 77 bytes, layer 0)" in lines
    assert "  problems: 1" in lines


def test_a_source_package_is_known_by_the_records_that_name_it(tmp_path):
    lines = explain(tmp_path, "glibc").stdout.splitlines()
    assert "    stated at:  os: /var/lib/dpkg/status:20, layer 0" in lines
    assert "  license:    not stated for the source; see what was built from it" in lines


def test_an_unowned_file_that_is_hidden_says_so(tmp_path):
    (unowned,) = OS.unowned
    facts = msgspec.structs.replace(OS, unowned=(msgspec.structs.replace(unowned, hidden_in=3),))
    bom = msgspec.structs.replace(EDGE, images=(EDGE.images[0], facts))
    assert "no package: elf, 77 bytes, hidden in layer 3" in explain(tmp_path, "/usr/local/bin/agent", bom).stdout


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("bahs", "sbomctl: no component, file or image is called 'bahs'\nhint: did you mean bash?\n"),
        ("zzz", "sbomctl: no component, file or image is called 'zzz'\nhint: searched 5 components and the files"),
        ("/gone", "sbomctl: no package owns /gone and it is no executable, library or script\nhint: only what"),
        (
            "/opt/agent",
            (
                "sbomctl: no package owns /opt/agent and it is no executable, library or script\n"
                "hint: files of that name: /usr/local/bin/agent\n"
            ),
        ),
        ("pkg:deb/debian/bahs", "sbomctl: no component, file or image is called 'pkg:deb/debian/bahs'\nhint: did you"),
        ("", "sbomctl: no component, file or image is called ''\n"),
        ("./", "sbomctl: no package owns ./ and it is no executable"),
    ],
)
def test_what_is_not_there_is_a_usage_error_with_suggestions(tmp_path, question, message):
    result = explain(tmp_path, question)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)


def test_without_a_source_the_product_file_of_the_directory_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["explain", "bash"])
    assert result.exit_code == 2
    assert "there is no product.yaml here" in result.stderr
    (tmp_path / "product.yaml").write_text("product: {name: x}\nimages: []\n")
    result = CliRunner().invoke(cli, ["explain", "bash"])
    assert (result.exit_code, result.stderr.splitlines()[1]) == (2, "product.yaml:2:9: the list is empty")


def test_long_values_wrap_behind_their_label():
    lines = list(rendered(Line(2, "built by", "word " * 40)))
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("    built by:   word word")
    assert lines[1].startswith("                word word")
    assert list(rendered(Line(1, "purl", "p" * 90))) == ["  purl:", "    " + "p" * 90]
    assert list(rendered(Line(1, "x", ""))) == ["  x:"]
    assert list(rendered(Line())) == [""]


def test_what_evidence_shows_is_told_with_its_confidence_and_the_rest_with_its_marks(tmp_path):
    """A program named by its banner, and one of which only the build-id is known."""
    image = tmp_path / "rootfs.tar"
    unknown = elf({".note.gnu.build-id": note(b"GNU", 3, b"\xab\xcd")})
    image.write_bytes(tar_of({"bin/busybox": elf(body=b"BusyBox v1.36.1 (2023-11-07)\0"), "opt/agent": unknown}))

    def asked(question: str, target: str) -> str:
        return CliRunner().invoke(cli, ["explain", question, target]).stdout

    found = asked("busybox", f"rootfs:{image}")
    assert "    evidence:   /bin/busybox, layer 0 (binaries)\n    confidence: 0.98\n" in found
    whole = asked("rootfs", f"rootfs:{image}")
    assert "    by size:    0.0 % recorded, " in whole
    assert f"/opt/agent (elf, build-id abcd, {len(unknown)} bytes, layer 0)" in whole
    assert "    build-id:   abcd\n" in asked("/opt/agent", f"rootfs:{image}")

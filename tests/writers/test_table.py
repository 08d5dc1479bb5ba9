from __future__ import annotations

import io
from datetime import UTC, datetime

import msgspec
from edge_bom import APP, BASH, CURL, EDGE

from sbomctl.model import (
    Bom,
    CodeCoverage,
    Component,
    ComponentType,
    Content,
    ImageFacts,
    ImageSpec,
    Layer,
    Location,
    Occurrence,
    Product,
    Role,
    UnownedFile,
)
from sbomctl.terminal import width
from sbomctl.writers.base import WriteContext
from sbomctl.writers.table import TableWriter

CONTEXT = WriteContext("", datetime(2024, 5, 6, tzinfo=UTC), "0.1.0")


def table(bom: Bom) -> list[str]:
    out = io.BytesIO()
    TableWriter().write(bom, out, CONTEXT)
    return out.getvalue().decode().splitlines()


def test_the_whole_table():
    assert table(EDGE) == [
        "NAME                                 VERSION     TYPE  LICENSE           IMAGES",
        "bash                                 5.2.15-2    deb   GPL-3.0-or-later  app, os",
        "bash-doc                             5.2.15-2    deb   unknown           os",
        'curl                                 7.88.1-10   deb   "curl"            -app',
        "evil\\x1b[2J\\x1b]0;owned\\x07\\u202et…  1.0\\x0a2.0  npm   unknown           app",
        "",
        "-image: deleted by an upper layer; ~image: shadowed by another version.",
        "",
        "os (base-os): Debian GNU/Linux 12 (bookworm), linux/arm64",
        "  1 layer; 2 packages",
        "  200 executables, libraries and scripts; 1 in no package (0.5 %)",
        "  by size 99.6 % recorded, 0.0 % identified by evidence, 0.4 % unknown",
        "    /usr/local/bin/agent",
        "",
        "app (container): unknown operating system",
        "  3 layers; 2 packages, 1 hidden (0 shadowed, 1 deleted)",
        "  no executables, libraries or scripts",
        "",
        "edge-gateway 2.4.0: 2 images, 4 components",
        "INCOMPLETE: 3 problems; what could not be read may hold more",
    ]


def test_images_come_in_the_order_of_the_product_file():
    specs = tuple(ImageSpec(name, Role.CONTAINER, name) for name in ("os", "app"))
    lines = table(msgspec.structs.replace(EDGE, product=Product("p", images=specs)))
    assert [line.split()[0] for line in lines if "(base-os):" in line or "(container):" in line] == ["os", "app"]


def test_an_empty_product_says_so():
    assert table(Bom(Product("p"))) == ["No packages.", "", "p: 0 images, 0 components"]


def test_lines_fit_80_columns_whatever_the_names():
    long = Component(
        id="c-1",
        purl="pkg:npm/x@1",
        name="名前" * 100,
        version="1" * 100,
        type=ComponentType.LIBRARY,
        licenses=msgspec.structs.replace(BASH.licenses, declared="A OR B " * 50),
        occurrences=tuple(Occurrence(Location(image, 0, "p")) for image in ("app", "i" * 90)),
    )
    lines = table(Bom(Product("p"), EDGE.images, (long, BASH)))
    assert max(map(width, lines)) <= 80
    assert any("…" in line for line in lines)


def test_files_in_no_package_are_listed_by_name_and_the_rest_counted():
    paths = [f"opt/{'deep/' * 30}tool-{number}" for number in range(10)]
    unowned = tuple(UnownedFile(path, 0, Content.ELF, 1) for path in paths)
    unowned = (UnownedFile("bin/script", 0, Content.SCRIPT, 1), *unowned)
    facts = msgspec.structs.replace(APP, unowned=unowned, coverage=CodeCoverage(files=11, unowned_files=11))
    lines = table(Bom(Product("p"), (facts,)))
    listed = [line for line in lines if "tool-" in line]
    assert len(listed) == 8
    assert listed[7].endswith("/deep/deep/tool-7")
    assert {width(line) for line in listed} == {80}
    assert "    and 3 more; sbomctl explain --verbose app lists all" in lines


def test_how_much_code_evidence_accounts_for_is_told_by_size():
    """Never rounded to none or all."""
    coverage = CodeCoverage(
        9, 1_000_000, unowned_files=1, unowned_bytes=1, identified_files=1, identified_bytes=250_000
    )
    lines = table(Bom(Product("p"), (msgspec.structs.replace(APP, coverage=coverage),)))
    assert "  by size 75.0 % recorded, 25.0 % identified by evidence, <0.1 % unknown" in lines


def test_an_unreadable_layer_is_told():
    layers = (*APP.image.layers, Layer(index=3, missing="foreign layer"))
    image = msgspec.structs.replace(APP.image, layers=layers)
    assert "  4 layers (1 UNREADABLE); 0 packages" in table(Bom(Product("p"), (ImageFacts("i-1", image),)))


def test_a_single_image_needs_no_column_but_the_state():
    lines = table(Bom(Product("p"), (APP,), (CURL,)))
    assert lines[:2] == [
        "NAME  VERSION    TYPE  LICENSE  STATE",
        'curl  7.88.1-10  deb   "curl"   deleted',
    ]

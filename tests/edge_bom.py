"""A small Bom made by hand: every state, every link, and a package name that attacks terminals."""

from __future__ import annotations

from sbomctl.model import (
    PRODUCT_ID,
    Bom,
    CodeCoverage,
    Component,
    ComponentType,
    Content,
    Expression,
    Image,
    ImageFacts,
    ImageSpec,
    Layer,
    LicenseFacts,
    LicenseFinding,
    Location,
    Occurrence,
    OsRelease,
    Platform,
    Problem,
    Product,
    Relationship,
    RelationshipType,
    Role,
    SourceRef,
    State,
    Tool,
    UnownedFile,
)

ESCAPE = "\x1b[2J\x1b]0;owned\x07"
OS = ImageFacts(
    id="i-0000000000000001",
    image=Image(
        id="sha256:" + "1" * 64,
        name="os",
        role=Role.BASE_OS,
        target="rootfs:os.tar",
        platform=Platform("linux", "arm64"),
        layers=(Layer(index=0, diff_id="sha256:" + "a" * 64, size=1000),),
        os=OsRelease("debian", "12", "Debian GNU/Linux 12 (bookworm)"),
    ),
    coverage=CodeCoverage(files=200, bytes=20_000, unowned_files=1, unowned_bytes=77),
    unowned=(UnownedFile("usr/local/bin/agent", 0, Content.ELF, 77, "c" * 64),),
)
APP = ImageFacts(
    id="i-0000000000000002",
    image=Image(
        id="sha256:" + "2" * 64,
        name="app",
        role=Role.CONTAINER,
        target="oci-archive:app.tar",
        layers=(
            Layer(index=0, diff_id="sha256:" + "a" * 64, created_by="ADD rootfs /"),
            Layer(index=1, diff_id="sha256:" + "b" * 64, created_by="RUN apt-get install curl"),
            Layer(index=2, diff_id="sha256:" + "d" * 64, created_by="RUN apt-get purge curl"),
        ),
    ),
    notes=("only syft found pkg:npm/left-pad@1.3.0",),
)


def _status(image: str, layer: int, line: int) -> Location:
    return Location(image, layer, "var/lib/dpkg/status", line)


BASH = Component(
    id="c-0000000000000001",
    purl="pkg:deb/debian/bash@5.2.15-2?arch=arm64",
    name="bash",
    version="5.2.15-2",
    type=ComponentType.LIBRARY,
    architecture="arm64",
    licenses=LicenseFacts(
        raw=("GPL-3+",),
        declared=Expression("GPL-3.0-or-later"),
        findings=(LicenseFinding("GPL-3+", Location("os", 0, "usr/share/doc/bash/copyright", 12), "debian-copyright"),),
    ),
    source=SourceRef("bash", "5.2.15-2"),
    built_using=(SourceRef("glibc", "2.36-9", relation="static-built-using"),),
    supplier="Matthias Klose <doko@debian.org>",
    occurrences=(
        Occurrence(_status("app", 0, 10), introduced_in=0, found_by=("dpkg",), files=("bin/bash",)),
        Occurrence(_status("os", 0, 20), introduced_in=0, found_by=("dpkg", "syft"), files=("bin/bash", "etc/bash")),
    ),
)
BASH_DOC = Component(
    id="c-0000000000000002",
    purl="pkg:deb/debian/bash-doc@5.2.15-2?arch=all",
    name="bash-doc",
    version="5.2.15-2",
    type=ComponentType.LIBRARY,
    occurrences=(Occurrence(_status("os", 0, 40), found_by=("dpkg",)),),
)
CURL = Component(
    id="c-0000000000000003",
    purl="pkg:deb/debian/curl@7.88.1-10?arch=arm64",
    name="curl",
    version="7.88.1-10",
    type=ComponentType.LIBRARY,
    licenses=LicenseFacts(raw=("curl",)),
    occurrences=(Occurrence(_status("app", 1, 55), State.DELETED, 1, 2, ("dpkg",), files=("usr/bin/curl",)),),
)
EVIL = Component(
    id="c-0000000000000004",
    purl="pkg:npm/evil@1.0",
    name=f"evil{ESCAPE}\u202etxt.exe",
    version="1.0\n2.0",
    type=ComponentType.LIBRARY,
    occurrences=(Occurrence(Location("app", 2, f"srv/{ESCAPE}/package.json"), introduced_in=2, found_by=("npm",)),),
)
GLIBC = Component(
    id="c-0000000000000005",
    purl="pkg:deb/debian/glibc@2.36-9?arch=source",
    name="glibc",
    version="2.36-9",
    type=ComponentType.SOURCE,
)

PRODUCT = Product(
    "edge-gateway",
    "2.4.0",
    images=(
        ImageSpec("os", Role.BASE_OS, "rootfs:os.tar"),
        ImageSpec("app", Role.CONTAINER, "oci-archive:app.tar"),
    ),
)
EDGE = Bom(
    product=PRODUCT,
    images=(APP, OS),
    components=(BASH, BASH_DOC, CURL, EVIL, GLIBC),
    relationships=(
        Relationship(BASH.id, RelationshipType.GENERATED_FROM, GLIBC.id),
        Relationship(CURL.id, RelationshipType.DEPENDS_ON, BASH.id),
        Relationship(OS.id, RelationshipType.CONTAINS, BASH.id),
        Relationship(PRODUCT_ID, RelationshipType.CONTAINS, OS.id),
    ),
    problems=(
        Problem(Location("app", 1, "opt/x.jar"), "engine", "no cataloger reads jar files"),
        Problem(Location("app", 2, "opt/y.jar"), "engine", "no cataloger reads jar files"),
        Problem(Location("os", 0, "var/lib/dpkg/status", 7), "dpkg", f"a record without a version{ESCAPE}"),
    ),
    tools=(Tool("dpkg", "1"),),
    license_texts={"b" * 64: "text b", "a" * 64: "text a"},
)

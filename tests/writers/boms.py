"""Boms for writer tests: a small rich one, a hostile one, and any number of components."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from sbomctl.model import (
    PRODUCT_ID,
    Bom,
    CodeCoverage,
    Component,
    ComponentType,
    Content,
    CopyrightStatement,
    CurationIssue,
    Election,
    Expression,
    Image,
    ImageFacts,
    Layer,
    LicenseFacts,
    LicenseFinding,
    LicenseIssue,
    LicenseKind,
    Location,
    Occurrence,
    OsRelease,
    Platform,
    Problem,
    Product,
    Relationship,
    RelationshipType,
    Role,
    ShippedText,
    SourceRef,
    State,
    Supplier,
    Tool,
    UnownedFile,
)

STRANGE = "    Do strange things.\n\nOr </text> do not.\n"
NOTICE = "Acme Edge\nCopyright 2024 ACME\n"
MIT = "Copyright 2020 Jane Doe\n\nPermission is hereby granted, free of charge, to any person …\n"
TEXTS = {hashlib.sha256(each.encode()).hexdigest(): each for each in (STRANGE, NOTICE, MIT)}
STRANGE_SHA256, NOTICE_SHA256, MIT_SHA256 = TEXTS

CREATED = datetime(2026, 11, 20, 12, 34, 56, 789000, tzinfo=UTC)

HOSTILE = (
    "<b>&amp;\"'",
    "bell\x07 escape\x1b[31m nul\x00",
    "rtl\u202egnp.exe",
    "two\nlines\r\nthree\u2028four",
    "</text> <text>",
    r"lone \x escape and \x41",
    "NOASSERTION",
    "ünïcode 漢字 🦊",
    "PackageName: injected",
    "# no comment",
)


def identity(prefix: str, key: str) -> str:
    return prefix + hashlib.sha256(key.encode()).hexdigest()[:16]


def digest(key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def image_facts(name: str, *layers: str, role: Role = Role.CONTAINER, **facts: object) -> ImageFacts:
    """An image whose layers were made by these build steps."""
    image = Image(
        id=digest(f"config of {name}"),
        name=name,
        role=role,
        target=f"oci-archive:{name}.tar",
        platform=Platform("linux", "arm64", "v8"),
        layers=tuple(
            Layer(index, digest(step), digest(f"blob {step}"), size=1000 + index, created_by=step, files=10)
            for index, step in enumerate(layers)
        ),
        os=OsRelease("debian", "12", "Debian GNU/Linux 12 (bookworm)", location="etc/os-release"),
        labels=(("org.opencontainers.image.licenses", "Apache-2.0"),),
        created="2026-01-02T03:04:05.678Z",
    )
    return ImageFacts(id=identity("i-", name + image.id), image=image, **facts)


def component(name: str, version: str = "1.0-1", **facts: object) -> Component:
    """A Debian package; without an occurrence unless one is given."""
    facts.setdefault("type", ComponentType.LIBRARY)
    facts.setdefault("purl", f"pkg:deb/debian/{name}@{version}?arch=arm64")
    return Component(id=identity("c-", f"{name} {version} {facts['purl']}"), name=name, version=version, **facts)


def source_component(name: str, version: str = "1.0-1") -> Component:
    return component(name, version, type=ComponentType.SOURCE, purl=f"pkg:deb/debian/{name}@{version}?arch=source")


def rich_bom() -> Bom:
    """Every feature once: two images, hidden and shared packages, sources, licenses, problems, unowned code."""
    base = image_facts(
        "os",
        "mmdebstrap bookworm",
        role=Role.BASE_OS,
        coverage=CodeCoverage(files=100, bytes=10_000, unowned_files=1, unowned_bytes=123),
        unowned=(UnownedFile("opt/acme/libsecret.so", 0, Content.ELF, 123, hashlib.sha256(b"so").hexdigest()),),
        notes=("only syft: pkg:deb/debian/x@1",),
    )
    app = image_facts(
        "dashboard",
        "mmdebstrap bookworm",
        "RUN apt-get install curl",
        "RUN apt-get purge -y curl",
        unowned=(UnownedFile("tmp/install.sh", 1, Content.SCRIPT, 9, hashlib.sha256(b"sh").hexdigest(), hidden_in=2),),
    )
    zlib_source = source_component("zlib", "1:1.2.13.dfsg-1")
    zlib = component(
        "zlib1g",
        "1:1.2.13.dfsg-1",
        architecture="arm64",
        licenses=LicenseFacts(
            raw=("Zlib",),
            declared=Expression("Zlib"),
            concluded=Expression("Zlib"),
            findings=(
                LicenseFinding("Zlib", Location("os", 0, "usr/share/doc/zlib1g/copyright", 7), "debian-copyright"),
            ),
        ),
        copyrights=(
            CopyrightStatement("1995-2022 Jean-loup Gailly", Location("os", 0, "usr/share/doc/zlib1g/copyright", 4)),
            CopyrightStatement("1995-2022 Mark Adler", Location("os", 0, "usr/share/doc/zlib1g/copyright", 5)),
        ),
        source=SourceRef("zlib", "1:1.2.13.dfsg-1", zlib_source.purl),
        supplier="Mark Brown <broonie@debian.org>",
        homepage="https://zlib.net/",
        vcs_url="git+https://github.com/madler/zlib.git",
        cpe="cpe:/a:zlib:zlib",
        description="compression library - runtime",
        occurrences=(
            Occurrence(Location("dashboard", 0, "var/lib/dpkg/status", 40), found_by=("dpkg", "syft")),
            Occurrence(Location("os", 0, "var/lib/dpkg/status", 40), found_by=("dpkg",), files=("usr/lib/libz.so.1",)),
        ),
    )
    curl = component(
        "curl",
        "7.88.1-10",
        type=ComponentType.APPLICATION,
        licenses=LicenseFacts(
            raw=("GPL-2+ and other", "curl"),
            detected=Expression("curl AND LicenseRef-acme-strange"),
            findings=(
                LicenseFinding(
                    "Do strange things.",
                    Location("dashboard", 1, "usr/share/doc/curl/copyright", 20),
                    "license-texts",
                    LicenseKind.DETECTED,
                    Expression("LicenseRef-acme-strange"),
                    coverage=0.875,
                    text_sha256=STRANGE_SHA256,
                    end_line=22,
                ),
                LicenseFinding(
                    "GPL-2+ and other",
                    Location("dashboard", 1, "usr/share/doc/curl/copyright", 3),
                    "debian-copyright",
                    files=("debian/*",),
                    excluded_by="packaging only",
                ),
            ),
            reason="two texts in one file",
            issues=(
                LicenseIssue(
                    "unknown-license",
                    "no known license has this text",
                    locations=(Location("dashboard", 1, "usr/share/doc/curl/copyright", 20),),
                ),
            ),
        ),
        supplier="Debian Curl Maintainers <team+curl@tracker.debian.org>",
        homepage="not a uri",
        download_url="https://deb.example.org/curl.deb",
        built_using=(SourceRef("glibc", "2.36-9", "pkg:deb/debian/glibc@2.36-9?arch=source", relation="built-using"),),
        occurrences=(
            Occurrence(Location("dashboard", 1, "var/lib/dpkg/status", 12), State.DELETED, 1, 2, found_by=("dpkg",)),
        ),
    )
    firmware = component(
        "acme-firmware",
        type=ComponentType.FIRMWARE,
        licenses=LicenseFacts(
            raw=("ACME",),
            declared=Expression("LicenseRef-acme-textless"),
            concluded=Expression("GPL-2.0-only WITH AdditionRef-acme-linking OR MIT"),
            effective=Expression("MIT"),
            reason="curation acme-1: the vendor's letter",
            elections=(
                Election(
                    "GPL-2.0-only WITH AdditionRef-acme-linking OR MIT", "MIT", "legal@acme.example", "no copyleft"
                ),
            ),
        ),
        texts=(
            ShippedText("license", MIT_SHA256, Location("os", 0, "usr/share/doc/acme-firmware/LICENSE")),
            ShippedText("notice", NOTICE_SHA256, Location("os", 0, "usr/share/doc/acme-firmware/NOTICE")),
        ),
        source=SourceRef(
            "acme-firmware", "1.0", url="https://example.org/fw.tar.gz", digest="sha256:" + "ab" * 32, relation="source"
        ),
        supplier="ACME (Devices)",
        occurrences=(Occurrence(Location("os", 0, "var/lib/dpkg/status", 80)),),
    )
    components = tuple(sorted((zlib, zlib_source, curl, firmware), key=lambda each: each.id))
    return Bom(
        product=Product(
            "edge-gateway", "2.4.0", Supplier("ACME Devices GmbH", "https://acme.example", "oss@acme.example")
        ),
        images=(app, base),
        components=components,
        relationships=(
            Relationship(PRODUCT_ID, RelationshipType.CONTAINS, base.id),
            Relationship(app.id, RelationshipType.DESCENDANT_OF, base.id),
            Relationship(curl.id, RelationshipType.DEPENDS_ON, zlib.id),
            Relationship(zlib.id, RelationshipType.GENERATED_FROM, zlib_source.id),
        ),
        problems=(
            Problem(Location("dashboard", 1, "var/lib/dpkg/status", 99), "dpkg", "record without a version"),
            Problem(Location("dashboard", 2, "srv/app.jar"), "engine", "no cataloger covers jar files"),
        ),
        tools=(Tool("dpkg", "1"), Tool("syft", "1.18.1")),
        license_texts=TEXTS,
        curation_issues=(
            CurationIssue("unused-curation", "acme-0", "no component is pkg:deb/debian/gone", "curations.yaml", 7),
        ),
    )


def empty_bom() -> Bom:
    """A product of which nothing is known but its name."""
    return Bom(Product("nothing"))


def imageless_bom() -> Bom:
    """An image in which no package was found."""
    return Bom(Product("bare", "1"), images=(image_facts("scratch"),))


def hostile_bom() -> Bom:
    """Every string that an image controls holds something that breaks a careless writer."""
    everything = " ".join(HOSTILE)
    image = image_facts("os", *HOSTILE, role=Role.BASE_OS, notes=HOSTILE)
    components = [
        component(
            text,
            text,
            purl=f"pkg:generic/hostile@{number}",
            licenses=LicenseFacts(raw=HOSTILE, reason=text),
            copyrights=tuple(CopyrightStatement(line, Location("os", 0, line)) for line in HOSTILE),
            source=SourceRef(text, text, url=text, digest=text),
            supplier=text,
            homepage=text,
            vcs_url=text,
            cpe=text,
            download_url=text,
            description=everything,
            architecture=text,
            occurrences=(Occurrence(Location("os", 0, text, 1), found_by=(text,), root=text),),
        )
        for number, text in enumerate(HOSTILE)
    ]
    return Bom(
        product=Product(everything, everything, Supplier(everything, everything, everything, everything)),
        images=(image,),
        components=tuple(sorted(components, key=lambda each: each.id)),
        problems=tuple(sorted(Problem(Location("os", 0, text), text, text) for text in HOSTILE)),
        tools=tuple(sorted(Tool(text, text) for text in HOSTILE)),
        license_texts={hashlib.sha256(everything.encode()).hexdigest(): everything},
    )


def big_bom(count: int) -> Bom:
    """``count`` components in two images with five dependencies each; one component in four is a source package."""
    images = tuple(image_facts(name, "base layer", f"RUN install {name}") for name in ("one", "two"))
    licenses = ("MIT", "Apache-2.0", "GPL-2.0-or-later", "BSD-3-Clause AND MIT", "LGPL-2.1-only OR MPL-2.0")
    sources = [source_component(f"source{number:05}") for number in range(count // 4)]
    packages = []
    for number in range(count - len(sources)):
        source = sources[number % len(sources)] if sources else None
        expression = Expression(licenses[number % len(licenses)])
        packages.append(
            component(
                f"package{number:05}",
                licenses=LicenseFacts(
                    (expression,), declared=expression, concluded=expression if number % 3 else Expression("")
                ),
                source=SourceRef(source.name, source.version, source.purl) if source else None,
                supplier=f"Maintainer Number{'abcdefghij'[number % 10]} <m{number % 10}@debian.org>",
                homepage=f"https://example.org/package{number}",
                description=f"package number {number}",
                occurrences=tuple(
                    Occurrence(Location(image, 0, "var/lib/dpkg/status", number + 1), found_by=("dpkg",))
                    for image in (("one",), ("two",), ("one", "two"))[number % 3]
                ),
            )
        )
    relationships = set()
    for number, package in enumerate(packages):
        if package.source is not None:
            origin = sources[number % len(sources)].id
            relationships.add((package.id, RelationshipType.GENERATED_FROM, origin))
        for step in (1, 7, 31, 127, 511, 1023):
            relationships.add((package.id, RelationshipType.DEPENDS_ON, packages[(number + step) % len(packages)].id))
    ordered = sorted(relationships, key=lambda each: (each[0], each[1].value, each[2]))
    return Bom(
        product=Product("big", "1.0", Supplier("ACME")),
        images=images,
        components=tuple(sorted((*packages, *sources), key=lambda each: each.id)),
        relationships=tuple(Relationship(*each) for each in ordered),
        tools=(Tool("dpkg", "1"),),
    )

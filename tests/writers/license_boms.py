"""Boms for writer tests with everything that detectors and dialects find: many texts, local names, hostile ones."""

from __future__ import annotations

import hashlib

import msgspec
from boms import HOSTILE, big_bom, component, image_facts

from sbomctl.model import (
    Bom,
    Component,
    CopyrightStatement,
    CurationIssue,
    Election,
    Expression,
    LicenseFacts,
    LicenseFinding,
    LicenseIssue,
    LicenseKind,
    Location,
    Occurrence,
    Product,
    ShippedText,
)

WORDS = "Redistribution and use in source and binary forms, with or without modification, are permitted. "
LISTED = ("MIT", "GPL-2.0-or-later", "Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", "MIT OR Zlib")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def licensed_bom(count: int, texts: int = 600, text_size: int = 13_000) -> Bom:
    """``big_bom`` as a scan of Debian images finds it: 2 findings, 4 copyright statements and 2 texts a package."""
    kept = [f"License text number {number}.\n\n{WORDS * (text_size // len(WORDS))}" for number in range(texts)]
    hashes = [sha256(text) for text in kept]
    plain = big_bom(count)
    components = tuple(
        _licensed(one, number, hashes[number % texts], hashes[(number * 7 + 1) % texts])
        for number, one in enumerate(plain.components)
    )
    return msgspec.structs.replace(
        plain,
        components=components,
        license_texts=dict(zip(hashes, kept, strict=True)),
        curation_issues=(CurationIssue("unused-choice", "c-1", "no component has the branches", "curations.yaml", 3),),
    )


def _licensed(one: Component, number: int, text: str, notice: str) -> Component:
    place = Location("one", 0, f"usr/share/doc/{one.name}/copyright", 12)
    local = Expression(f"LicenseRef-debian-{one.name}-BSD-like")
    addition = f"LGPL-2.1-or-later WITH AdditionRef-{one.name}-linking"
    listed = addition if number % 50 == 0 else LISTED[number % len(LISTED)]
    both = Expression(f"{local} AND ({listed})" if " OR " in listed else f"{local} AND {listed}")
    facts = LicenseFacts(
        raw=("BSD-like", listed),
        declared=both,
        detected=Expression(listed),
        concluded=both,
        effective=Expression(f"{local} AND MIT") if " OR " in listed else both,
        findings=(
            LicenseFinding("BSD-like", place, "dep5", expression=local, text_sha256=text, end_line=40),
            LicenseFinding(listed, place, "texts", LicenseKind.DETECTED, Expression(listed), coverage=0.98),
        ),
        reason="declared and detected agree",
        issues=(LicenseIssue("near-miss", "two words differ", ("MIT",), (place,)),) if number % 3 == 0 else (),
        elections=(Election("MIT OR Zlib", "MIT", "legal", "shorter"),) if " OR " in listed else (),
    )
    statements = [f"Copyright 20{year} Author {number % 200} of {one.name}" for year in range(10, 14)]
    return msgspec.structs.replace(
        one,
        licenses=facts,
        copyrights=tuple(CopyrightStatement(each, place) for each in statements),
        texts=(
            ShippedText("license", text, place),
            *((ShippedText("notice", notice, place),) if number % 10 == 0 else ()),
        ),
    )


HOSTILE_TEXTS = (
    *HOSTILE,
    "",
    " \n\n ",
    "]]> <![CDATA[ &#0; <!ENTITY x 'y'>",
    "half \ud800 character",
    "page\x0cbreak\r\nand \x1b[2J",
    "    indented\n  text\n\n",
    "huge " * 60_000,
)
HOSTILE_REFS = (
    "LicenseRef--",
    "LicenseRef-..",
    "LicenseRef-" + "a" * 4000,
    "LicenseRef-Case",
    "LicenseRef-case",
    "LicenseRef-NOASSERTION",
    "DocumentRef-other:LicenseRef-x",
    "MIT WITH AdditionRef--",
    "Apache-2.0+ WITH DocumentRef-other:AdditionRef-y",
    "LicenseRef-debian-perl-x WITH AdditionRef-z",
)


def hostile_licenses_bom() -> Bom:
    """Every string that a license file or a package record controls, and texts that nothing or everything names."""
    texts = {sha256(text): text for text in HOSTILE_TEXTS}
    hashes = [*texts, sha256("this one is not there")]
    components = [
        _hostile(number, ref, HOSTILE[number % len(HOSTILE)], hashes[(number + step) % len(hashes)])
        for step in range(len(hashes))
        for number, ref in enumerate(HOSTILE_REFS)
    ]
    image = image_facts("os", "FROM scratch", licenses=components[3].licenses.findings)
    issues = tuple(sorted(CurationIssue(text, text, text, text) for text in HOSTILE))
    return Bom(Product("hostile", "1"), (image,), tuple(components), license_texts=texts, curation_issues=issues)


def _hostile(number: int, ref: str, text: str, digest: str) -> Component:
    place = Location("os", 0, f"usr/share/{text}", 1)
    name = f"package-{number}-{digest[:12]}"
    findings = (
        LicenseFinding(text, place, text, LicenseKind.DECLARED, Expression(ref), text, 0.5, digest, 9, (text,) * 9),
        LicenseFinding(text, place, text, excluded_by=text, candidates=(text, "MIT"), remark=text),
        LicenseFinding("see https://licenses.example/x?a=1&b=<c>.", place, text, expression=Expression(ref)),
    )
    facts = LicenseFacts(
        raw=(text, ""),
        declared=Expression(ref),
        detected=Expression(f"MIT AND {ref}"),
        concluded=Expression(f"Zlib OR {ref}"),
        effective=Expression(ref),
        findings=findings,
        reason=text,
        issues=(LicenseIssue(text, text, (text,), (place,) * 9),),
        elections=(Election(ref, ref, text, text),),
    )
    return component(
        name,
        purl=f"pkg:generic/{name}",
        licenses=facts,
        copyrights=(CopyrightStatement(("NONE", text)[number % 2], place),),
        texts=(
            ShippedText("license", digest, place),
            ShippedText("notice", digest, place),
            ShippedText(text, digest, place),
        ),
        occurrences=(Occurrence(place, found_by=(text,)),),
    )

"""What the declared strings of a package mean, each in the dialect of who wrote it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sbomctl.licenses import dialects
from sbomctl.licenses.base import Context, Declaration, Declared, Dialect
from sbomctl.licenses.expression import conjunction
from sbomctl.model import LicenseFinding, LicenseKind, OsRelease, Package
from sbomctl.sidecars import dialect_of

_DELEGATE = "syft"  # of its packages the purl tells who wrote the strings


def declared(package: Package, os: OsRelease | None) -> Package:
    """The package with its strings read: a record's in its ecosystem's dialect, a manifest's in its own."""
    groups: dict[str, list[LicenseFinding]] = {}
    for one in package.licenses:
        if one.kind is LicenseKind.DECLARED:
            groups.setdefault(dialect_of(one.found_by), []).append(one)
    if not groups:
        return package
    read: dict[int, LicenseFinding] = {}
    expressions = []
    for name, own in sorted(groups.items()):
        dialect = dialects.dialect(name) if name else _of_record(package, os)
        declaration = _declaration(dialect, own, package, os)
        expressions.append(declaration.expression)
        for finding, said in zip(own, declaration.readings, strict=True):
            read[id(finding)] = msgspec.structs.replace(
                finding, expression=said.expression, candidates=said.candidates, remark=said.remark or finding.remark
            )
    return msgspec.structs.replace(
        package,
        licenses=tuple(read.get(id(finding), finding) for finding in package.licenses),
        declared=conjunction(expressions) if len(expressions) > 1 else expressions[0],
    )


def _of_record(package: Package, os: OsRelease | None) -> Dialect:
    writer = package.found_by.partition("+")[0]
    if writer == _DELEGATE:
        writer = package.purl.removeprefix("pkg:").partition("/")[0]
    return dialects.resolve(writer, os)


def _declaration(
    dialect: Dialect, own: Sequence[LicenseFinding], package: Package, os: OsRelease | None
) -> Declaration:
    scope = (package.source.name if package.source else package.name,)
    return dialect.declare([Declared(one.raw, one.field) for one in own], Context((dialect.name, *scope), os))

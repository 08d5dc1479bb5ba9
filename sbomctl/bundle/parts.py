"""Which files a bundle has, and which of those one would look for it has not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from sbomctl.bom import of_image
from sbomctl.bundle.base import INVENTORY, SBOMS, SOURCE_OFFER, Absent, BundleInput, KeptFile, Part
from sbomctl.bundle.kept_files import plain_name
from sbomctl.errors import ConfigError
from sbomctl.findings import FINDINGS_WRITERS
from sbomctl.model import Bom
from sbomctl.reports import ReportInput, Templates, find_report
from sbomctl.writers import WRITERS, WriteContext

_EVERYONE, _INSIDE = "whoever gets the product", "your archive"
_ANYBODY = "customers, authorities, scanners"
_DOCUMENTS = (
    ("product.spdx.json", "spdx-json", "2.3", "the bill of materials as SPDX 2.3 (JSON)"),
    ("product.spdx3.json", "spdx-json", "3.0.1", "the same as SPDX 3.0.1 (JSON-LD)"),
    ("product.cdx.json", "cyclonedx-json", "1.7", "the same as CycloneDX 1.7 (JSON)"),
)
_NOTICES = (
    ("html", "attribution: copyright statements and license texts, for a browser or the device's screen"),
    ("txt", "the same as plain text"),
    ("md", "the same as Markdown"),
)
_OFFERS = (("html", "the written offer of source code, with what is owed"), ("txt", "the same as plain text"))


def parts(known: BundleInput) -> Iterator[Part | Absent]:
    """Every file but README and checksums, in the order in which a reader meets them."""
    report = partial(_report, known, known.bom)
    yield report("report.html", "html", "html", "the audit report: start here", "release managers, auditors")
    for form, about in _NOTICES:
        yield report(f"NOTICE.{form}", "notice", form, about, _EVERYONE)
    for name in known.images:
        yield from _notices_of(known, name)
    yield from _offers(known)
    for file, format_, version, about in _DOCUMENTS:
        yield Part(SBOMS + file, about, _ANYBODY, partial(_document, known, format_, version))
    about = "everything that is known; every file here can be made from it again"
    yield Part(INVENTORY, about, _INSIDE, partial(_document, known, "sbomctl-json", ""))
    yield from _findings(known)


def _notices_of(known: BundleInput, name: str) -> Iterator[Part]:
    bom = of_image(known.bom, name)
    for form, _ in _NOTICES:
        path = f"images/{plain_name(name)}/NOTICE.{form}"
        yield _report(known, bom, path, "notice", form, f"attribution of the image {name} alone", _EVERYONE)


def _offers(known: BundleInput) -> Iterator[Part | Absent]:
    if SOURCE_OFFER in known.without:
        yield Absent("source-offer.*", "it was left out on request")
        return
    for form, about in _OFFERS:
        offer = _report(known, known.bom, f"source-offer.{form}", "source-offer", form, about, _EVERYONE)
        yield replace(offer, write=partial(_offer, offer.write))


def _offer(write: Callable[[BinaryIO], None], out: BinaryIO) -> None:
    """The offer; where a fact of it is missing, also how to do without."""
    try:
        write(out)
    except ConfigError as error:
        hint = f"{error.hint}; --without {SOURCE_OFFER} leaves it out of the bundle"
        raise ConfigError(error.message, hint, error.faults) from error


def _findings(known: BundleInput) -> Iterator[Part | Absent]:
    if known.result is None:
        yield Absent("findings.sarif, policy/", "the product was not checked against a policy, on request")
    else:
        about = "what the policy does not accept, as SARIF 2.1.0"
        yield Part("findings.sarif", about, "code scanning, dashboards", partial(_sarif, known))
    for one in known.kept:
        yield Part(one.path, "what the product was checked by", _INSIDE, partial(_copy, one))


def _report(known: BundleInput, bom: Bom, path: str, kind: str, form: str, about: str, readers: str) -> Part:
    given = ReportInput(bom, known.result, known.created, known.tool_version, Templates(known.templates))
    return Part(path, about, readers, partial(find_report(kind, form).write, given))


def _document(known: BundleInput, format_: str, version: str, out: BinaryIO) -> None:
    (writer,) = (one for one in WRITERS if one.format == format_)
    writer.write(known.bom, out, WriteContext(version, known.created, known.tool_version))


def _sarif(known: BundleInput, out: BinaryIO) -> None:
    assert known.result is not None, "the part is there only with a result"
    (writer,) = (one for one in FINDINGS_WRITERS if one.kind == "sarif")
    writer.write(known.result, out)


def _copy(kept: KeptFile, out: BinaryIO) -> None:
    out.write(kept.data)

"""License texts in CycloneDX: each once, whatever the number of components that have it.

The standard wants a text inside the license of every component (``license.text``), which
multiplies documents by a hundred; a place of its own for texts it does not have. So a text
stands

* in 1.7, where it is that of a ``LicenseRef-``: in ``expressionDetails`` of the first
  expression that names the reference, whose ``licenseIdentifier`` is the key;
* else, and always in 1.6: in an annotation whose subjects are the components and images
  that ship the text, behind a line that says what it is.

Either has the bom-ref ``text:<SHA-256 of the text>``; components name the hash in the
properties ``sbomctl:license:text`` and ``sbomctl:license:notice``.
"""

from __future__ import annotations

from collections.abc import Iterator

from sbomctl.model import PRODUCT_ID, Bom
from sbomctl.model import Component as Package
from sbomctl.writers import _cyclonedx_document as cdx
from sbomctl.writers._license_texts import references, references_in, used_texts

WITHOUT_DETAILS = ("1.6",)
"""Versions whose expressions have no details."""


class Texts:
    """Places every text of a Bom; what no expression took is left for annotations."""

    def __init__(self, bom: Bom, spec_version: str) -> None:
        self._bom = bom
        self._refs = {each.id: each.sha256 for each in references(bom) if each.sha256}
        licenses = (ref for ref in self._refs if ref.startswith("LicenseRef-"))
        self._open = set() if spec_version in WITHOUT_DETAILS else set(licenses)
        self._placed: set[str] = set()

    def details(self, expression: str) -> tuple[cdx.Detail, ...]:
        """The texts of the references in ``expression`` that no earlier call was about."""
        first = [ref for ref in references_in(expression) if ref in self._open]
        self._open.difference_update(first)
        return tuple(self._detail(ref, self._refs[ref]) for ref in first)

    def _detail(self, ref: str, sha256: str) -> cdx.Detail:
        """A reference with its text; with a link to it where another reference has the same text."""
        if sha256 in self._placed:
            return cdx.Detail(license_identifier=ref, url=f"#{_bom_ref(sha256)}")
        self._placed.add(sha256)
        text = cdx.Attachment(content_type="text/plain", content=self._bom.license_texts[sha256])
        return cdx.Detail(license_identifier=ref, bom_ref=_bom_ref(sha256), text=text)

    def annotations(self, own: cdx.Component, moment: str) -> Iterator[cdx.Annotation]:
        """Every other text, sorted by its hash; one that nothing ships is about the product."""
        names: dict[str, list[str]] = {}
        for ref, sha256 in self._refs.items():
            names.setdefault(sha256, []).append(ref)
        notices = {text.sha256 for package in self._bom.components for text in package.texts if text.role == "notice"}
        for sha256, users in sorted(used_texts(self._bom).items()):
            if sha256 not in self._placed:
                kind = "NOTICE" if sha256 in notices else "License text"
                of = f" of {', '.join(names[sha256])}" if sha256 in names else ""
                yield cdx.Annotation(
                    bom_ref=_bom_ref(sha256),
                    subjects=tuple(sorted(users)) or (PRODUCT_ID,),
                    annotator=cdx.Annotator(component=own),
                    timestamp=moment,
                    text=f"{kind}{of}, SHA-256 {sha256}:\n\n{self._bom.license_texts[sha256]}",
                )


def _bom_ref(sha256: str) -> str:
    return f"text:{sha256}"


def text_properties(package: Package) -> Iterator[tuple[str, str]]:
    """Each text that the package ships and the first place of it."""
    places: dict[tuple[str, str], str] = {}
    for text in package.texts:
        places.setdefault(("notice" if text.role == "notice" else "text", text.sha256), str(text.location))
    for finding in package.licenses.findings:
        if finding.text_sha256:
            places.setdefault(("text", finding.text_sha256), str(finding.location))
    for (name, sha256), place in places.items():
        yield f"license:{name}", f"{sha256} {place}"

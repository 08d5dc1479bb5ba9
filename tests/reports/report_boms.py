"""Boms for tests of reports: a small product with every case once, and one whose names and texts attack."""

from __future__ import annotations

import hashlib
import html
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from sbomctl.model import (
    Bom,
    CheckResult,
    Component,
    ComponentType,
    CopyrightStatement,
    Distribution,
    Expression,
    Image,
    ImageFacts,
    LicenseFacts,
    LicenseFinding,
    Location,
    Occurrence,
    Product,
    Role,
    ShippedText,
    SourceOffer,
    SourceRef,
    State,
    Supplier,
)
from sbomctl.reports.base import ReportInput
from sbomctl.reports.templates import Templates

CREATED = datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)
SUPPLIER = Supplier("ACME Devices GmbH", "https://acme.example", "oss@acme.example", "Musterweg 1\n70173 Stuttgart")
OFFER = SourceOffer("2027-06-30", "2032-06-30", "en")
PRODUCT = Product("edge-gateway", "2.4.0", SUPPLIER, distribution=Distribution("yes"), source_offer=OFFER)
MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
ATTACK = 'ev\x1b[2Jil\u202e<script>alert(1)</script>|`@all`"\n&amp;'


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def package(  # every keyword is one fact of a package
    name: str,
    license_: str = "",
    *,
    version: str = "1.0",
    texts: dict[str, str] | None = None,
    notices: tuple[str, ...] = (),
    copyrights: tuple[str, ...] = (),
    image: str = "os",
    state: State = State.VISIBLE,
    source: SourceRef | None = None,
    **changes: object,
) -> Component:
    """A Debian package; ``texts`` are license texts with the expressions that they were found to be."""
    place = Location(image, 0, f"usr/share/doc/{name}/copyright", 1)
    findings = tuple(
        LicenseFinding(said, place, "debian-copyright", expression=Expression(said), text_sha256=sha256(text))
        for text, said in (texts or {}).items()
    )
    shipped = [ShippedText("license", sha256(text), place) for text in texts or {}]
    shipped += [ShippedText("notice", sha256(text), place) for text in notices]
    fields = {
        "id": f"c-{name}-{version}-{image}",
        "purl": f"pkg:deb/debian/{name}@{version}",
        "name": name,
        "version": version,
        "type": ComponentType.LIBRARY,
        "licenses": LicenseFacts(concluded=Expression(license_), effective=Expression(license_), findings=findings),
        "copyrights": tuple(CopyrightStatement(one, place) for one in copyrights),
        "texts": tuple(sorted(shipped)),
        "source": source or SourceRef(name, version, f"pkg:deb/debian/{name}@{version}?arch=source"),
        "occurrences": (Occurrence(Location(image, 0, "var/lib/dpkg/status", 3), state),),
    }
    return Component(**{**fields, **changes})


def bom(*components: Component, texts: tuple[str, ...] = (), product: Product = PRODUCT, **changes: object) -> Bom:
    """A product of a base OS ``os`` and a container ``app``."""
    images = (
        ImageFacts("i-1", Image("sha256:1", "os", Role.BASE_OS, "rootfs:os.tar")),
        ImageFacts("i-2", Image("sha256:2", "app", Role.CONTAINER, "oci-archive:app.tar")),
    )
    known = {sha256(text): text for text in texts}
    return Bom(**{"product": product, "images": images, "components": components, "license_texts": known, **changes})


def check(**changes: object) -> CheckResult:
    """A check that found nothing, but for ``changes``."""
    fields = {
        "product": "edge-gateway",
        "product_version": "2.4.0",
        "policy": "ours",
        "policy_version": "1",
        "policy_files": (),
        "profile": "",
        "fail_on": "error",
        "only_new": False,
        "today": "2026-11-20",
        "tool_version": "0.1.0",
        "license_list": "3.29",
        "rules": (),
        "violations": (),
    }
    return CheckResult(**{**fields, **changes})


def known(bill: Bom, result: CheckResult | None = None, templates: str = "") -> ReportInput:
    return ReportInput(bill, result, CREATED, "0.1.0", Templates(templates))


def written(report, bill: Bom, result: CheckResult | None = None, templates: str = "") -> str:
    """What a report says, as text."""
    return data_of(report, bill, result, templates).decode()


def data_of(report, bill: Bom, result: CheckResult | None = None, templates: str = "") -> bytes:
    out = io.BytesIO()
    report.write(known(bill, result, templates), out)
    return out.getvalue()


def plain(page: str) -> str:
    """The text of an HTML page."""
    return html.unescape(re.sub(r"<(?:style|title)>.*?</(?:style|title)>|<[^>]*>", "", page, flags=re.DOTALL))


def read_case(folder: Path) -> tuple[Bom, CheckResult | None]:
    """The bill of materials of a fixture, and the check of it if there is one."""
    checked = folder / "result.json"
    result = msgspec.json.decode(checked.read_bytes(), type=CheckResult) if checked.exists() else None
    return msgspec.json.decode((folder / "bom.json").read_bytes(), type=Bom), result

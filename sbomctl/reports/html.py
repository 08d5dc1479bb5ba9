"""The audit report: one HTML file that shows a product, what was found in it, and how that is known."""

from __future__ import annotations

import base64
import hashlib
from typing import BinaryIO, ClassVar

from sbomctl.reports._audit import Audit, audit_of
from sbomctl.reports._audit_index import Index
from sbomctl.reports._audit_rows import STATES
from sbomctl.reports._audit_texts import words_of
from sbomctl.reports._shown import script_json, shown
from sbomctl.reports.base import ReportInput


class HtmlReport:
    """A page that needs nothing but itself: no network, and no script but its own, which it names by hash."""

    kind: ClassVar[str] = "html"
    form: ClassVar[str] = "html"
    about: ClassVar[str] = "audit report to look at: verdict, components, evidence, images, what is not known"

    def write(self, known: ReportInput, out: BinaryIO) -> None:
        """Write the page to ``out``, which stays open."""
        index = Index.of(known.bom, known.result)
        audit = shown(audit_of(known, index))
        parts = {name: known.templates.render(f"audit/{name}.j2") for name in ("page.css", "boot.js", "page.js")}
        page = known.templates.render(
            "audit.html.j2",
            audit=audit,
            words=words_of(index),
            states=STATES,
            positions=index.positions,
            style=parts["page.css"],
            boot=parts["boot.js"],
            script=parts["page.js"],
            table=script_json(_table(audit)),
            details="\n".join([script_json(one) for one in audit.details.components]),
            evidence="\n".join([script_json(one) for one in audit.details.evidence]),
            security=_security(parts),
        )
        out.write(page.encode("utf-8", "backslashreplace"))


def _table(audit: Audit) -> dict[str, object]:
    """What the script needs at once; evidence it reads a line at a time when a component is looked at."""
    groups = sorted((group for rule in audit.findings for group in rule.groups), key=lambda one: one.number)
    layers = {page.name: [layer.created_by for layer in page.layers] for page in audit.images}
    return {
        "states": STATES,
        "facts": audit.fact_labels,
        "images": [[name, layers[name]] for name in audit.image_order],
        "groups": [[one.rule, one.severity, one.message, one.how_to_fix] for one in groups],
        "texts": [[one.sha256, one.title] for one in audit.texts],
        "rows": audit.rows,
    }


def _security(parts: dict[str, str]) -> str:
    """A content security policy under which nothing runs but these parts (CSP level 3 section 2.3.1)."""
    styles, boot, script = (_source(parts[name]) for name in ("page.css", "boot.js", "page.js"))
    return f"default-src 'none'; style-src {styles}; script-src {boot} {script}; base-uri 'none'; form-action 'none'"


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

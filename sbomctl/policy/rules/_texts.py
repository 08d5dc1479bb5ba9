"""Whether license texts and NOTICE files were collected, and of which component."""

from __future__ import annotations

from sbomctl.policy.context import Check, Placed


def collected(check: Check) -> bool:
    """Whether the scan kept any license text at all; where it did not, none can be seen to be missing."""
    return bool(check.bom.license_texts) or any(placed.component.texts for placed in check.placed)


def has_text(placed: Placed, role: str) -> bool:
    """Whether a text of that role (``license``, ``notice``) of the component lies in the image."""
    image = placed.facts.image.name
    if any(text.role == role and text.location.image == image for text in placed.component.texts):
        return True
    findings = placed.component.licenses.findings
    return role == "license" and any(one.text_sha256 and one.location.image == image for one in findings)

"""Whether license texts and NOTICE files were collected, and of which component."""

from __future__ import annotations

from sbomctl.policy.context import Check, Placed


def collected(check: Check) -> bool:
    """Whether the scan kept any license text at all; where it did not, none can be seen to be missing."""
    return bool(check.bom.license_texts) or any(placed.component.texts for placed in check.placed)


class Texts:
    """Which components of a check have a text of one role (``license``, ``notice``) in their image.

    A component whose record is a file of a package with such a text has it too: Debian installs
    Node modules as packages, and the text lies with the package.
    """

    def __init__(self, check: Check, role: str) -> None:
        self._check = check
        self._role = role
        self._owned: dict[str, frozenset[str]] = {}

    def has(self, placed: Placed) -> bool:
        """Whether the text of ``placed`` lies in its image."""
        if self._own(placed):
            return True
        owned = self._owned_in(placed.facts.image.name)
        return any(occurrence.location.path in owned for occurrence in placed.occurrences)

    def _own(self, placed: Placed) -> bool:
        image = placed.facts.image.name
        if any(text.role == self._role and text.location.image == image for text in placed.component.texts):
            return True
        findings = placed.component.licenses.findings
        return self._role == "license" and any(one.text_sha256 and one.location.image == image for one in findings)

    def _owned_in(self, image: str) -> frozenset[str]:
        """The files of the packages of an image that have a text; found once, and only when they are asked for."""
        if image not in self._owned:
            self._owned[image] = frozenset(
                path
                for placed in self._check.placed
                if placed.facts.image.name == image and self._own(placed)
                for path in placed.files()
            )
        return self._owned[image]

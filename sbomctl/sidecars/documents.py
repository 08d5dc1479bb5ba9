"""Any SBOM that this program reads, CycloneDX, SPDX 2 or its own, as a sidecar of an image."""

from __future__ import annotations

from typing import BinaryIO, ClassVar

from sbomctl.errors import CorruptInput
from sbomctl.sidecars._text import nothing_in
from sbomctl.sidecars.base import Listed, Sidecar


class Documents:
    """CycloneDX JSON, SPDX 2 JSON and native documents."""

    name: ClassVar[str] = "document"
    about: ClassVar[str] = "SBOMs in CycloneDX, SPDX 2 or native JSON"
    dialect: ClassVar[str] = "spdx"

    def accepts(self, name: str, head: bytes) -> bool:  # noqa: ARG002 - the reader tells which it is
        """Any JSON object; the reader says what is wrong with others."""
        return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")

    def read(self, name: str, file: BinaryIO) -> Sidecar:
        """See ``SidecarReader``; raises what the reader of the format raises.

        Of a native document only what is in the one image that it is of: of another, or of one inside of that, it
        is no manifest.
        """
        from sbomctl.model import Component, ComponentType
        from sbomctl.readers.detect import decode

        def listed(one: Component) -> Listed:
            facts = one.licenses
            stated = facts.raw or ((facts.concluded,) if facts.concluded else ())
            return Listed(
                name=one.name,
                version=one.version,
                architecture=one.architecture,
                licenses=tuple(str(raw) for raw in stated),
                purl=one.purl,
                download_url=one.download_url,
                homepage=one.homepage,
                cpe=one.cpe,
                supplier=one.supplier,
                description=one.description,
            )

        bom = decode(file.read(), name)
        own = [facts.image.name for facts in bom.images if "/" not in facts.image.name]  # else it is inside of one
        if len(own) > 1:
            raise CorruptInput(f"{name} is of {len(own)} images: {', '.join(own)}", "name one of this image alone")
        shipped = [one for one in bom.components if one.type is not ComponentType.SOURCE]
        if own:
            shipped = [one for one in shipped if any(at.location.image == own[0] for at in one.occurrences)]
        found = [listed(one) for one in shipped]
        if not found:
            raise nothing_in(name, "SBOM")
        return Sidecar(name, self.name, tuple(found))

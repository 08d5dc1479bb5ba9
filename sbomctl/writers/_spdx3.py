"""Bom -> SPDX 3.0.1 elements.

Not a conversion from 2.3: relationships turn around (a source ``generates`` its binaries),
licenses and suppliers are elements of their own, shared by all that have them, and a
relationship says whether it is complete. Profiles: core, software, simpleLicensing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sbomctl.model import (
    PRODUCT_ID,
    Bom,
    Component,
    ComponentType,
    ImageFacts,
    LicenseFacts,
    RelationshipType,
    Role,
    SourceRef,
    UnownedFile,
)
from sbomctl.writers import _spdx_statements as statements
from sbomctl.writers._encodable import identified
from sbomctl.writers._spdx3_shared import Agents, Element, Graph, Licenses
from sbomctl.writers._spdx_graph import contained, file_key, source_refs
from sbomctl.writers._spdx_licenses import SpdxLicenses
from sbomctl.writers._spdx_text import agent, cpe, digest, line, product_supplier, purl, text, url
from sbomctl.writers.base import WriteContext, tool_name

_TYPES = {
    RelationshipType.CONTAINS: "contains",
    RelationshipType.DEPENDS_ON: "dependsOn",
    RelationshipType.DESCENDANT_OF: "descendantOf",
}
_PROFILES = ("core", "software", "simpleLicensing")
_NOASSERTION = "NOASSERTION"
_NOTHING = LicenseFacts()


class Spdx3Document:
    """The elements of one SPDX 3.0.1 document, each made when it is asked for."""

    def __init__(self, bom: Bom, context: WriteContext) -> None:
        bom, content = identified(bom)
        self._bom = bom
        self._graph = Graph(bom, content, context)
        self._agents = Agents(self._graph)
        self._custom = SpdxLicenses(bom)
        self._licenses = Licenses(self._graph, self._custom.customs())
        self._images = {facts.image.name: facts.image for facts in bom.images}

    def elements(self) -> Iterator[Element]:
        """Every element once; those that list or share others come after them."""
        yield from self._making()
        yield from self._packages()
        yield from self._relationships()
        yield from self._agents.elements()
        yield from self._licenses.elements()
        yield from self._collections()

    def _making(self) -> Iterator[Element]:
        graph = self._graph
        supplier = product_supplier(self._bom)
        maker = self._agents.id_of(supplier) if supplier else graph.iri("Agent-sbomctl")
        plugins = (line(f"{tool_name(tool)}-{tool.version}") for tool in self._bom.tools)
        tools = [f"sbomctl-{graph.tool_version}", *plugins]
        yield graph.creation_info(maker, [graph.iri(f"Tool-{number}") for number in range(len(tools))])
        if supplier is None:
            yield graph.element("SoftwareAgent", "Agent-sbomctl", {"name": "sbomctl"})
        for number, tool in enumerate(tools):
            yield graph.element("Tool", f"Tool-{number}", {"name": tool})

    def _packages(self) -> Iterator[Element]:
        yield from self._product()
        for facts in self._bom.images:
            yield from self._image(facts)
        sources = source_refs(self._bom)
        for component in self._bom.components:
            yield from self._component(component, sources.get((component.name, component.version)))

    def _product(self) -> Iterator[Element]:
        product = self._bom.product
        supplier = product_supplier(self._bom)
        has_os = any(facts.image.role is Role.BASE_OS for facts in self._bom.images)
        yield from self._package(
            PRODUCT_ID,
            {
                "name": line(product.name) or PRODUCT_ID,
                "software_packageVersion": line(product.version),
                "suppliedBy": supplier and self._agents.id_of(supplier),
                "software_homePage": url(product.supplier.url),
                "software_primaryPurpose": "firmware" if has_os else "application",
            },
        )

    def _image(self, facts: ImageFacts) -> Iterator[Element]:
        yield from self._package(
            facts.id,
            {
                "name": line(facts.image.name),
                "software_packageVersion": line(facts.image.id),
                "software_primaryPurpose": _purpose(
                    ComponentType.OPERATING_SYSTEM if facts.image.role is Role.BASE_OS else ComponentType.CONTAINER
                ),
            },
        )
        evidence = statements.license_evidence(facts.licenses)
        yield from self._annotations(facts.id, (statements.image_facts(facts), evidence))
        for file in facts.unowned:
            yield from self._unowned(facts, file)

    def _component(self, component: Component, source: SourceRef | None) -> Iterator[Element]:
        stated = source if component.type is ComponentType.SOURCE else None
        supplier = agent(component.supplier)
        fields = {
            "name": line(component.name) or component.id,
            "description": text(component.description),
            "comment": statements.package_comment(component),
            "software_packageVersion": line(component.version),
            "software_packageUrl": purl(component.purl),
            "software_downloadLocation": url(component.download_url or (stated.url if stated else ""), vcs=True),
            "software_homePage": url(component.homepage),
            "software_sourceInfo": statements.source_info(component),
            "software_copyrightText": statements.copyright_text(component),
            "software_attributionText": self._custom.attribution(component, self._package_iri),
            "software_primaryPurpose": _purpose(component.type),
            "suppliedBy": supplier and self._agents.id_of(supplier),
            "verifiedUsing": _hashes(stated.digest if stated else ""),
            "externalIdentifier": _identifiers(component.cpe),
            "externalRef": _repository(component.vcs_url),
        }
        facts = component.licenses
        yield from self._package(component.id, fields, facts)
        places = (statements.occurrence(each, self._images.get(each.location.image)) for each in component.occurrences)
        evidence = statements.license_evidence(facts.findings, component.texts)
        yield from self._annotations(component.id, (*places, evidence))

    def _package(self, identity: str, fields: Element, facts: LicenseFacts = _NOTHING) -> Iterator[Element]:
        """A package with exactly one declared and one concluded license (SPDX 3.0.1, Lite profile).

        Declared is here what the package was found to contain, by its metadata or its license
        files (RelationshipType, Licensing profile), and not only what its authors state as in
        SPDX 2.3: where nothing is stated, it is what was detected.
        """
        local = f"Package-{identity}"
        yield self._graph.element("software_Package", local, {"software_copyrightText": _NOASSERTION} | fields)
        declared = self._licenses.id_of(line(facts.declared or facts.detected))
        basis = "" if facts.declared or not facts.detected else "Nothing is stated; detected in files of the package."
        comment = "\n".join(filter(None, (statements.declared_comment(facts), basis)))
        yield self._graph.relationship(local, "hasDeclaredLicense", [declared], comment=comment)
        concluded, why = self._licenses.id_of(line(facts.concluded)), statements.concluded_comment(facts)
        yield self._graph.relationship(local, "hasConcludedLicense", [concluded], comment=why)

    def _package_iri(self, identity: str) -> str:
        return self._graph.iri(f"Package-{identity}")

    def _unowned(self, facts: ImageFacts, file: UnownedFile) -> Iterator[Element]:
        local = f"File-{file_key(facts, file)}"
        fields = {
            "name": line(file.path),
            "comment": statements.unowned_comment(file),
            "software_primaryPurpose": "file",
            "verifiedUsing": _hashes(f"sha256:{file.sha256}"),
        }
        yield self._graph.element("software_File", local, fields)
        yield from self._graph.annotations(local, (statements.unowned_file(file, facts.image),))

    def _annotations(self, identity: str, comments: Iterable[str]) -> Iterator[Element]:
        yield from self._graph.annotations(f"Package-{identity}", comments)

    def _relationships(self) -> Iterator[Element]:
        files = {
            facts.id: [self._graph.iri(f"File-{file_key(facts, each)}") for each in facts.unowned]
            for facts in self._bom.images
        }
        inside = contained(self._bom)
        incomplete = self._incomplete()
        for container in inside | {each: [] for each in files if each not in inside}:
            members = [self._graph.iri(f"Package-{each}") for each in inside.get(container, ())]
            members += files.get(container, ())
            if members:
                completeness = "incomplete" if container in incomplete else "complete"
                yield self._graph.relationship(f"Package-{container}", "contains", members, completeness)
        for (origin, kind), targets in self._grouped().items():
            members = [self._graph.iri(f"Package-{each}") for each in targets]
            yield self._graph.relationship(f"Package-{origin}", kind, members)

    def _grouped(self) -> dict[tuple[str, str], list[str]]:
        """(from, type) -> targets of all relationships but ``contains``."""
        groups: dict[tuple[str, str], list[str]] = {}
        for each in self._bom.relationships:
            if each.type is RelationshipType.GENERATED_FROM:
                groups.setdefault((each.target, "generates"), []).append(each.source)
            elif each.type is not RelationshipType.CONTAINS:
                groups.setdefault((each.source, _TYPES[each.type]), []).append(each.target)
        return groups

    def _incomplete(self) -> set[str]:
        """Containers that may hold more than was found; a problem of no known image touches all of them."""
        ids = {facts.image.name: facts.id for facts in self._bom.images}
        touched = {ids.get(each.location.image, PRODUCT_ID) for each in self._bom.problems}
        return touched | set(ids.values()) if PRODUCT_ID in touched else touched

    def _collections(self) -> Iterator[Element]:
        graph, bom = self._graph, self._bom
        remarks = [statements.problem(each, self._images.get(each.location.image)) for each in bom.problems]
        remarks += map(statements.curation_issue, bom.curation_issues)
        yield from graph.annotations("Sbom", (statements.completeness(bom), *remarks, *self._custom.other_texts()))
        members = graph.ids()
        yield graph.element(
            "software_Sbom",
            "Sbom",
            {
                "name": line(f"{bom.product.name} {bom.product.version}"),
                "comment": statements.document_comment(bom),
                "software_sbomType": ["analyzed"],
                "profileConformance": _PROFILES,
                "rootElement": [graph.iri(f"Package-{PRODUCT_ID}")],
                "element": members,
            },
        )
        yield graph.element(
            "SpdxDocument",
            "Document",
            {
                "name": line(f"{bom.product.name} {bom.product.version}"),
                "comment": statements.SBOM_TYPE,
                "dataLicense": self._licenses.id_of("CC0-1.0"),
                "profileConformance": _PROFILES,
                "rootElement": [graph.iri("Sbom")],
            },
        )


def _purpose(kind: ComponentType) -> str:
    return "operatingSystem" if kind is ComponentType.OPERATING_SYSTEM else kind.value


def _hashes(stated: str) -> list[Element]:
    found = digest(stated)
    return [{"type": "Hash", "algorithm": found[0], "hashValue": found[1]}] if found else []


def _identifiers(stated: str) -> list[Element]:
    found = cpe(stated)
    kind = "ExternalIdentifier"
    return [{"type": kind, "externalIdentifierType": f"cpe{found[0]}", "identifier": found[1]}] if found else []


def _repository(stated: str) -> list[Element]:
    locator = url(stated, vcs=True)
    return [{"type": "ExternalRef", "externalRefType": "vcs", "locator": [locator]}] if locator else []

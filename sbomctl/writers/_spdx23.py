"""Bom -> SPDX 2.3: the one mapping behind the JSON and the tag-value writer.

A file that no package claims becomes a package of purpose FILE: a File element demands a
SHA-1 (section 8.4), and layers are hashed once, with SHA-256. Left to an annotation it would
be invisible to whoever counts what ships.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sbomctl.model import (
    PRODUCT_ID,
    Bom,
    Component,
    ComponentType,
    ImageFacts,
    RelationshipType,
    Role,
    SourceRef,
    UnownedFile,
)
from sbomctl.writers import _spdx_statements as statements
from sbomctl.writers._encodable import identified
from sbomctl.writers._spdx23_elements import (
    DOCUMENT_ID,
    NOASSERTION,
    Annotation,
    Checksum,
    CreationInfo,
    ExternalRef,
    ExtractedLicensingInfo,
    Head,
    Package,
    Relationship,
)
from sbomctl.writers._spdx_graph import contained, file_key, source_refs
from sbomctl.writers._spdx_licenses import CustomLicense, SpdxLicenses, spdx23
from sbomctl.writers._spdx_text import (
    Agent,
    AgentKind,
    agent,
    cpe,
    digest,
    license_list_version,
    line,
    namespace,
    product_supplier,
    purl,
    text,
    url,
)
from sbomctl.writers.base import WriteContext, timestamp


class Spdx23Document:
    """The elements of one SPDX 2.3 document, each made when it is asked for."""

    def __init__(self, bom: Bom, context: WriteContext) -> None:
        bom, self._content = identified(bom)
        self._bom = bom
        self._context = context
        self._date = timestamp(context.created)
        self._tool = f"Tool: sbomctl-{line(context.tool_version)}"
        self._images = {facts.image.name: facts.image for facts in bom.images}
        self._licenses = SpdxLicenses(bom, spdx23)

    def head(self) -> Head:
        """The document, its making, its licenses and what it says of itself."""
        bom = self._bom
        remarks = [statements.problem(each, self._images.get(each.location.image)) for each in bom.problems]
        remarks += map(statements.curation_issue, bom.curation_issues)
        return Head(
            spdx_version="SPDX-2.3",
            data_license="CC0-1.0",
            spdx_id=DOCUMENT_ID,
            name=line(f"{bom.product.name} {bom.product.version}") or PRODUCT_ID,
            document_namespace=namespace(bom, self._content, self._context, "2.3"),
            creation_info=CreationInfo(
                created=self._date,
                creators=(self._tool, *filter(None, (_actor(product_supplier(bom)),))),
                license_list_version=license_list_version().rpartition(".")[0],  # section 6.7: M.N
                comment=statements.SBOM_TYPE,
            ),
            comment=statements.document_comment(bom),
            has_extracted_licensing_infos=tuple(map(_extracted, self._licenses.customs())),
            annotations=self._annotations((statements.completeness(bom), *remarks, *self._licenses.other_texts())),
        )

    def packages(self) -> Iterator[Package]:
        """The product, its images, its components, and the files that no package claims."""
        yield self._product()
        yield from map(self._image, self._bom.images)
        sources = source_refs(self._bom)
        for component in self._bom.components:
            yield self._component(component, sources.get((component.name, component.version)))
        for facts in self._bom.images:
            for file in facts.unowned:
                yield self._unowned(facts, file)

    def relationships(self) -> Iterator[Relationship]:
        """DESCRIBES, what contains what, then all others as the Bom orders them."""
        yield Relationship(DOCUMENT_ID, "DESCRIBES", _package_id(PRODUCT_ID))
        for container, members in contained(self._bom).items():
            for member in members:
                yield Relationship(_package_id(container), "CONTAINS", _package_id(member))
        for facts in self._bom.images:
            for file in facts.unowned:
                yield Relationship(_package_id(facts.id), "CONTAINS", _file_id(facts, file))
        for each in self._bom.relationships:
            if each.type is not RelationshipType.CONTAINS:
                yield Relationship(_package_id(each.source), each.type.value, _package_id(each.target))

    def _annotations(self, comments: Iterable[str]) -> tuple[Annotation, ...]:
        return tuple(Annotation(self._tool, self._date, comment) for comment in comments if comment)

    def _product(self) -> Package:
        product = self._bom.product
        has_os = any(facts.image.role is Role.BASE_OS for facts in self._bom.images)
        return Package(
            name=line(product.name) or PRODUCT_ID,
            spdx_id=_package_id(PRODUCT_ID),
            version_info=line(product.version),
            supplier=_actor(product_supplier(self._bom)) or NOASSERTION,
            download_location=NOASSERTION,
            files_analyzed=False,
            homepage=url(product.supplier.url),
            license_concluded=NOASSERTION,
            license_declared=NOASSERTION,
            copyright_text=NOASSERTION,
            primary_package_purpose="FIRMWARE" if has_os else "APPLICATION",
        )

    def _image(self, facts: ImageFacts) -> Package:
        return Package(
            name=line(facts.image.name),
            spdx_id=_package_id(facts.id),
            version_info=line(facts.image.id),
            supplier=NOASSERTION,
            download_location=NOASSERTION,
            files_analyzed=False,
            license_concluded=NOASSERTION,
            license_declared=NOASSERTION,
            copyright_text=NOASSERTION,
            primary_package_purpose="OPERATING_SYSTEM" if facts.image.role is Role.BASE_OS else "CONTAINER",
            annotations=self._annotations((statements.image_facts(facts), statements.license_evidence(facts.licenses))),
        )

    def _component(self, component: Component, source: SourceRef | None) -> Package:
        places = (statements.occurrence(each, self._images.get(each.location.image)) for each in component.occurrences)
        stated = source if component.type is ComponentType.SOURCE else None
        facts = component.licenses
        evidence = statements.license_evidence(facts.findings, component.texts)
        download = component.download_url or (stated.url if stated else "")
        return Package(
            name=line(component.name) or component.id,
            spdx_id=_package_id(component.id),
            version_info=line(component.version),
            supplier=_actor(agent(component.supplier)) or NOASSERTION,
            download_location=url(download, vcs=True) or NOASSERTION,
            files_analyzed=False,
            checksums=_checksums(stated.digest if stated else ""),
            homepage=url(component.homepage),
            source_info=statements.source_info(component),
            license_concluded=line(spdx23(facts.concluded)) or NOASSERTION,
            license_declared=line(spdx23(facts.declared)) or NOASSERTION,
            license_comments=statements.license_comment(facts),
            copyright_text=statements.copyright_text(component),
            attribution_texts=self._licenses.attribution(component, _package_id),
            description=text(component.description),
            comment=statements.package_comment(component),
            external_refs=_references(component),
            primary_package_purpose=component.type.value.upper().replace("-", "_"),
            annotations=self._annotations((*places, evidence)),
        )

    def _unowned(self, facts: ImageFacts, file: UnownedFile) -> Package:
        return Package(
            name=line(file.path),
            spdx_id=_file_id(facts, file),
            package_file_name=line(f"./{file.path}"),
            supplier=NOASSERTION,
            download_location=NOASSERTION,
            files_analyzed=False,
            checksums=_checksums(f"sha256:{file.sha256}"),
            license_concluded=NOASSERTION,
            license_declared=NOASSERTION,
            copyright_text=NOASSERTION,
            primary_package_purpose="FILE",
            comment=statements.unowned_comment(file),
            annotations=self._annotations((statements.unowned_file(file, facts.image),)),
        )


def _extracted(custom: CustomLicense) -> ExtractedLicensingInfo:
    return ExtractedLicensingInfo(
        license_id=custom.id,
        extracted_text=custom.text,
        name=custom.name or NOASSERTION,
        see_alsos=custom.see_also,
        comment=custom.comment,
    )


def _references(component: Component) -> tuple[ExternalRef, ...]:
    locator, name = purl(component.purl), cpe(component.cpe)
    found = [ExternalRef("PACKAGE-MANAGER", "purl", locator)] if locator else []
    found += [ExternalRef("SECURITY", f"cpe{name[0]}Type", name[1])] if name else []
    return tuple(found)


def _package_id(identity: str) -> str:
    return f"SPDXRef-Package-{identity}"


def _file_id(facts: ImageFacts, file: UnownedFile) -> str:
    return f"SPDXRef-File-{file_key(facts, file)}"


def _checksums(stated: str) -> tuple[Checksum, ...]:
    found = digest(stated)
    return (Checksum(found[0].upper(), found[1]),) if found else ()


def _actor(who: Agent | None) -> str:
    """``Organization: name (email)`` (section 7.5); SPDX 2.3 knows no third kind, so unknown ones are organizations.

    Empty parentheses after a name that has some of its own keep those from being read as the address.
    """
    if who is None:
        return ""
    kind = AgentKind.PERSON if who.kind is AgentKind.PERSON else AgentKind.ORGANIZATION
    address = f" ({who.email})" if who.email or "(" in who.name else ""
    return f"{kind.value}: {who.name}{address}"

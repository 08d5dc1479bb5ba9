"""The Bom as a CycloneDX document, once for JSON and XML, 1.6 and 1.7.

The shape. ``metadata.component`` is the product; images, operating systems, packages and
unowned files form one flat list, because a package may be in several images and tools read
the flat list best; operating systems first, for tools that heed only one. Containment is an
edge: product → image → everything found in it; so the graph has one root and an image's
``dependsOn`` is its content. Between packages it is what the package database says, and to
the source package (see ``_cyclonedx_component``). An empty ``dependsOn`` means none known.

What is not known. ``compositions`` speak of the parts and edges of the elements they list
and do not cascade (CycloneDX 1.7, compositions), so only the product, images and unowned
files are listed, never packages: of their insides nothing is claimed. Each problem is an
annotation on its image, or on the product when it belongs to no image. License texts are
annotations too (see ``_cyclonedx_texts``).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator

import msgspec

from sbomctl.model import PRODUCT_ID, Bom, ComponentType, RelationshipType, Supplier, Tool
from sbomctl.writers import _cyclonedx_document as cdx
from sbomctl.writers import _cyclonedx_values as values
from sbomctl.writers._cyclonedx_component import Surroundings, component
from sbomctl.writers._cyclonedx_graph import Graph, compositions, dependencies, graph_of, problem_counts, remarks
from sbomctl.writers._cyclonedx_image import file_components, image_component, os_components
from sbomctl.writers._cyclonedx_texts import Texts
from sbomctl.writers._encodable import encodable
from sbomctl.writers.base import WriteContext, timestamp, tool_name

_OWN_NAME = "sbomctl"


def document(bom: Bom, context: WriteContext) -> cdx.Document:
    """The document that every CycloneDX writer renders; equal input gives an equal document."""
    bom = encodable(bom)
    graph, texts = graph_of(bom), Texts(bom, context.version)
    systems = list(os_components(facts for facts in bom.images if facts.image.name not in _named_systems(bom)))
    files = list(file_components(bom.images))
    held = {each.bom_ref: images for each, images in (*systems, *files)}
    components = (
        *(each for each, _ in systems),
        *_images(bom, graph),
        *_packages(bom, graph, texts, context),
        *(each for each, _ in files),
    )
    moment = timestamp(context.created)
    own = cdx.Component(type="application", name=_OWN_NAME, version=context.tool_version)
    body = cdx.Document(
        schema=f"http://cyclonedx.org/schema/bom-{context.version}.schema.json",
        bom_format="CycloneDX",
        spec_version=context.version,
        version=1,
        metadata=_metadata(bom, context),
        components=components,
        dependencies=dependencies(graph, held, (each.bom_ref for each in components)),
        compositions=compositions(bom, graph, (each.bom_ref for each, _ in files)),
        annotations=(*remarks(bom, graph, own, moment), *texts.annotations(own, moment)),
    )
    return msgspec.structs.replace(body, serial_number=_serial_number(body))


def _serial_number(body: cdx.Document) -> str:
    """A UUID of version 5 over the content: the JSON and the XML form are the same document."""
    return uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256(msgspec.json.encode(body)).hexdigest()).urn


def _named_systems(bom: Bom) -> set[str]:
    """The images in which a cataloger found the operating system as a component."""
    return {
        place.location.image
        for package in bom.components
        if package.type is ComponentType.OPERATING_SYSTEM
        for place in package.occurrences
    }


def _images(bom: Bom, graph: Graph) -> Iterator[cdx.Component]:
    counts = problem_counts(bom)
    for facts in bom.images:
        yield image_component(facts, graph.targets(facts.id, RelationshipType.DESCENDANT_OF), counts[facts.id])


def _packages(bom: Bom, graph: Graph, texts: Texts, context: WriteContext) -> Iterator[cdx.Component]:
    around = Surroundings(
        spec_version=context.version,
        images={facts.image.name: facts for facts in bom.images},
        tools={tool.name: _tool_reference(tool) for tool in bom.tools},
        texts=texts,
    )
    for package in bom.components:
        yield component(package, graph.targets(package.id, RelationshipType.GENERATED_FROM), around)


def _metadata(bom: Bom, context: WriteContext) -> cdx.Metadata:
    supplier, extra = _supplier(bom.product.supplier)
    return cdx.Metadata(
        timestamp=timestamp(context.created),
        lifecycles=(cdx.Lifecycle(phase="post-build"),),
        tools=cdx.Tools(components=_tools(bom, context)),
        component=cdx.Component(
            type="firmware",
            bom_ref=PRODUCT_ID,
            supplier=supplier,
            manufacturer=supplier,
            name=bom.product.name,
            version=bom.product.version[: values.VERSION_LIMIT],
            properties=values.properties(extra),
        ),
        manufacturer=supplier,
        supplier=supplier,
        properties=values.properties(
            [("complete", "true" if bom.complete else "false"), ("problems", str(len(bom.problems)))]
        ),
    )


def _supplier(supplier: Supplier) -> tuple[cdx.Entity | None, list[tuple[str, str]]]:
    """The supplier, and as properties what the schema would refuse."""
    mailbox, link = values.email(supplier.email), values.url(supplier.url)
    found = cdx.Entity(
        name=supplier.name,
        address=cdx.Address(street_address=supplier.address) if supplier.address else None,
        url=(link,) if link else (),
        contact=(cdx.Contact(email=mailbox),) if mailbox else (),
    )
    extra = [("supplier:email", "" if mailbox else supplier.email), ("supplier:url", "" if link else supplier.url)]
    return (found if found != cdx.Entity() else None), extra


def _tools(bom: Bom, context: WriteContext) -> tuple[cdx.Component, ...]:
    tools = {Tool(_OWN_NAME, context.tool_version), *bom.tools}
    return tuple(
        cdx.Component(
            type="application",
            bom_ref=_tool_reference(tool),
            name=tool_name(tool),
            version=tool.version[: values.VERSION_LIMIT],
        )
        for tool in sorted(tools)
    )


def _tool_reference(tool: Tool) -> str:
    return f"tool:{tool_name(tool)}@{tool.version}"

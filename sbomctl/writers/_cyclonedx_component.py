"""Packages as CycloneDX components.

Where a package is present. ``evidence.occurrences`` names the record, in words also the
image and the layer. The same for programs: ``sbomctl:image``, ``sbomctl:state``,
``sbomctl:introducedIn`` and ``sbomctl:hiddenIn`` (layer diff_ids) hold every distinct value, so one look finds all that
is hidden; with more than one occurrence ``sbomctl:occurrence:<n>:…`` says the same of the
n-th entry of ``evidence.occurrences`` (from 0) and of its image, for a package may be
visible in one image and deleted in another.

Source packages are components of their own, because others point to them and they have
licenses; ``scope: excluded`` and ``sbomctl:kind`` ``source-package`` keep them apart from
what is installed, beside the purl (``arch=source``). Not ``pedigree.ancestors``: that says
"this is a modified copy of" (policies read it so), it would repeat the source in every
binary, and Dependency-Track does not read it. The edge from the binary is a ``dependsOn``,
as debsbom writes it, and ``sbomctl:generatedFrom``, since CycloneDX has no other edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from sbomctl.model import Component as Package
from sbomctl.model import ComponentType, ImageFacts, Location, Occurrence, SourceRef
from sbomctl.writers import _cyclonedx_document as cdx
from sbomctl.writers import _cyclonedx_values as values
from sbomctl.writers._cyclonedx_license import licenses, observed
from sbomctl.writers._cyclonedx_texts import Texts, text_properties

_STATES = ("visible", "hidden", "shadowed", "deleted")


class Surroundings(msgspec.Struct, frozen=True):
    """What a component needs to know of the rest; images by name, tool bom-refs by tool name."""

    spec_version: str
    images: Mapping[str, ImageFacts]
    tools: Mapping[str, str]
    texts: Texts


def component(package: Package, generated_from: tuple[str, ...], around: Surroundings) -> cdx.Component:
    """``package`` as a component; ``generated_from`` are bom-refs of source packages."""
    chosen, license_extra = licenses(package.licenses, around.spec_version, around.texts)
    references, reference_extra = values.references(_references(package))
    version = package.version[: values.VERSION_LIMIT]
    purl, cpe = values.purl(package.purl), values.cpe(package.cpe)
    extra = [
        ("kind", "source-package" if package.type is ComponentType.SOURCE else ""),
        ("version", package.version if version != package.version else ""),
        ("purl", "" if purl else package.purl),
        ("cpe", "" if cpe else package.cpe),
        ("architecture", package.architecture),
        *_source_properties(package),
        *(("generatedFrom", ref) for ref in generated_from),
        *license_extra,
        *text_properties(package),
        *reference_extra,
        *_occurrence_properties(package.occurrences, around),
    ]
    return cdx.Component(
        type="library" if package.type is ComponentType.SOURCE else package.type.value,
        bom_ref=package.id,
        supplier=values.entity(package.supplier),
        name=package.name,
        version=version,
        description=package.description,
        scope="excluded" if package.type is ComponentType.SOURCE else "",
        licenses=chosen,
        copyright="\n".join(one.text for one in package.copyrights),
        cpe=cpe or "",
        purl=purl or "",
        external_references=references,
        properties=values.properties(extra),
        evidence=_evidence(package, around),
    )


def layer_name(facts: ImageFacts | None, index: int) -> str:
    """The diff_id of a layer, ``layer <n>`` when it has none."""
    layers = facts.image.layers if facts else ()
    known = layers[index].diff_id if 0 <= index < len(layers) else ""
    return known or f"layer {index}"


def _references(package: Package) -> Iterator[tuple[str, str, str]]:
    archive = "source-distribution" if package.type is ComponentType.SOURCE else "distribution"
    yield "website", package.homepage, ""
    yield "vcs", package.vcs_url, ""
    yield _vcs_or(archive, package.download_url), package.download_url, ""
    for source in (package.source, *package.built_using):
        if source:
            yield _vcs_or("source-distribution", source.url), source.url, source.digest


def _vcs_or(kind: str, url: str) -> str:
    return "vcs" if url.startswith(("git+", "git://", "svn+", "hg+")) or url.endswith(".git") else kind


def _source_properties(package: Package) -> Iterator[tuple[str, str]]:
    if package.source:
        yield "source:name", package.source.name
        yield "source:version", package.source.version
        yield "source:purl", package.source.purl
    for source in package.built_using:
        yield f"source:{source.relation}", _source_text(source)


def _source_text(source: SourceRef) -> str:
    return source.purl or f"{source.name} {source.version}".rstrip()


def _occurrence_properties(occurrences: tuple[Occurrence, ...], around: Surroundings) -> Iterator[tuple[str, str]]:
    return place_properties([_facts(item, around) for item in occurrences])


def place_properties(facts: Sequence[Sequence[tuple[str, str]]]) -> Iterator[tuple[str, str]]:
    """Every distinct value of what is said of the places; with more than one of them, each place on its own too."""
    for name in ("image", "state", "introducedIn", "hiddenIn", "foundBy", "confidence", "root"):
        distinct = dict.fromkeys(value for fact in facts for key, value in fact if key == name)
        for value in sorted(distinct, key=_STATES.index) if name == "state" else distinct:
            yield name, value
    if len(facts) > 1:
        for number, fact in enumerate(facts):
            for key, value in fact:
                yield f"occurrence:{number}:{key}", value


def _facts(item: Occurrence, around: Surroundings) -> tuple[tuple[str, str], ...]:
    image = around.images.get(item.location.image)
    return (
        ("image", item.location.image),
        ("state", item.state.value),
        ("introducedIn", layer_name(image, item.introduced_in)),
        ("hiddenIn", "" if item.hidden_in is None else layer_name(image, item.hidden_in)),
        *(("foundBy", name) for name in item.found_by),
        ("confidence", "" if item.confidence == 1 else str(item.confidence)),
        ("root", item.root),
    )


def _evidence(package: Package, around: Surroundings) -> cdx.Evidence | None:
    found = cdx.Evidence(
        identity=_identity(package, around),
        occurrences=tuple(_place(item, around) for item in package.occurrences),
        licenses=observed(package.licenses, around.texts),
        copyright=tuple(cdx.Copyright(text=one.text) for one in package.copyrights),
    )
    return found if found != cdx.Evidence() else None


def _place(item: Occurrence, around: Surroundings) -> cdx.Place:
    image = around.images.get(item.location.image)
    words = [place_words(item.location, image), item.state.value]
    if item.hidden_in is not None:
        words.append(f"hidden by {layer_name(image, item.hidden_in)}")
    return cdx.Place(location=item.location.path, line=item.location.line, additional_context=", ".join(words))


def place_words(location: Location, image: ImageFacts | None) -> str:
    """Image and layer of a location, for a reader."""
    if location.layer < 0:
        return f"image {location.image}"
    name = layer_name(image, location.layer)
    return f"image {location.image}, " + (name if name.startswith("layer ") else f"layer {location.layer} {name}")


def _identity(package: Package, around: Surroundings) -> tuple[cdx.Identity, ...] | cdx.Identity:
    """One method for each tool and record; a record of a package database is taken at its word.

    What only a manifest of the build lists, or what was identified by evidence, has a confidence below 1.

    In 1.6 not as an array but as the object of 1.5, which 1.6 still allows: tools of its time
    (syft 1.18 and all else on cyclonedx-go before 0.9.2) reject a whole document for the array.
    """
    methods = {
        f"{name}: {item.location}": cdx.Method(
            technique="binary-analysis" if item.basis == "evidence" else "manifest-analysis",
            confidence=item.confidence,
            value=f"{name}: {item.location}",
        )
        for item in package.occurrences
        for name in item.found_by
    }
    if not methods:
        return ()
    names = {name for item in package.occurrences for name in item.found_by}
    identity = cdx.Identity(
        field="purl" if values.purl(package.purl) else "name",
        methods=tuple(methods[key] for key in sorted(methods)),
        tools=tuple(sorted(around.tools[name] for name in names if name in around.tools)),
    )
    return identity if around.spec_version == "1.6" else (identity,)

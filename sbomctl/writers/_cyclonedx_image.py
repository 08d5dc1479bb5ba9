"""What is found once in each image, as CycloneDX components: the image, its OS, its unowned files.

The base OS image is ``firmware``, not ``operating-system``: that type is for what the image
says it runs (Debian 12), which scanners match vulnerabilities by. They take one, syft the
first and Trivy any, and a wrong one finds nothing: an all clear by mistake.

The target of an image is not written: it may be a path of the machine that ran the scan.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TypeVar

from sbomctl.model import ImageFacts, Layer, Location, OsRelease, Role, UnownedFile
from sbomctl.writers import _cyclonedx_document as cdx
from sbomctl.writers import _cyclonedx_values as values
from sbomctl.writers._cyclonedx_component import layer_name, place_properties, place_words
from sbomctl.writers._license_words import finding_words

_TYPES = {Role.BASE_OS: "firmware", Role.CONTAINER: "container"}
_Key = TypeVar("_Key")
_Item = TypeVar("_Item")


def image_component(facts: ImageFacts, bases: tuple[str, ...], problems: int) -> cdx.Component:
    """The image itself; ``bases`` are bom-refs of the images that it stands on."""
    image, coverage = facts.image, facts.coverage
    pairs = [
        ("role", image.role.value),
        ("image:id", image.id),
        ("image:platform", str(image.platform)),
        ("image:created", image.created),
        *(("descendantOf", base) for base in bases),
        ("problems", str(problems)),
        ("coverage:files", str(coverage.files)),
        ("coverage:bytes", str(coverage.bytes)),
        ("coverage:unownedFiles", str(coverage.unowned_files)),
        ("coverage:unownedBytes", str(coverage.unowned_bytes)),
        ("coverage:identifiedFiles", str(coverage.identified_files or "")),
        ("coverage:identifiedBytes", str(coverage.identified_bytes or "")),
        *((f"image:label:{key}", value) for key, value in image.labels),
        *(("image:attached", f"{one.digest} {one.kind} (about {one.subject})") for one in image.attached),
        *(pair for layer in image.layers for pair in _layer(layer)),
        *(("license:finding", finding_words(each)) for each in facts.licenses),
    ]
    return cdx.Component(
        type=_TYPES[image.role],
        bom_ref=facts.id,
        name=image.name,
        version=image.id[: values.VERSION_LIMIT],
        properties=values.properties(pairs),
    )


def os_components(images: Iterable[ImageFacts]) -> Iterator[tuple[cdx.Component, tuple[str, ...]]]:
    """Each operating system and the ids of the images that say they are it; one if they say the same.

    That of the base OS image comes first.
    """
    ordered = sorted(images, key=lambda facts: (facts.image.role is not Role.BASE_OS, facts.id))
    for release, found in _grouped((facts.image.os, facts) for facts in ordered).items():
        if release is not None:
            yield _os(release, found), tuple(facts.id for facts in found)


def _os(release: OsRelease, found: list[ImageFacts]) -> cdx.Component:
    references, extra = values.references([("website", release.home_url, "")])
    cpe = values.cpe(release.cpe_name)
    places = (cdx.Place(location=release.location, additional_context=f"image {facts.image.name}") for facts in found)
    return cdx.Component(
        type="operating-system",
        bom_ref=_reference("os", repr(release)),
        name=release.id or release.name,
        version=release.version_id[: values.VERSION_LIMIT],
        description=release.pretty_name,
        cpe=cpe or "",
        external_references=references,
        properties=values.properties([("cpe", "" if cpe else release.cpe_name), *extra]),
        evidence=cdx.Evidence(occurrences=tuple(places)) if release.location else None,
    )


def file_components(images: Iterable[ImageFacts]) -> Iterator[tuple[cdx.Component, tuple[str, ...]]]:
    """Each file that no package owns and the ids of its images; equal path and content is one file."""
    claims = (
        ((file.path, file.sha256 or facts.id), (facts, file))
        for facts in images
        for file in sorted(facts.unowned, key=lambda file: (file.path, file.layer))
    )
    for (path, _), found in _grouped(claims).items():
        yield _file(path, found), tuple(dict.fromkeys(facts.id for facts, _ in found))


def _file(path: str, found: list[tuple[ImageFacts, UnownedFile]]) -> cdx.Component:
    facts, file = found[0]
    pairs = [
        ("unowned", "true"),
        ("content", file.content.value),
        ("size", str(file.size)),
        ("soname", file.soname),
        ("buildId", file.build_id),
        *(("replaces", name) for name in sorted({name for _, one in found for name in one.replaces})),
        *place_properties([_file_facts(each, one) for each, one in found]),
    ]
    places = (Location(each.image.name, one.layer, path) for each, one in found)
    return cdx.Component(
        type="file",
        bom_ref=_reference("f", path, file.sha256 or facts.id),
        name=path,
        hashes=values.hashes(f"sha256:{file.sha256}"),
        properties=values.properties(pairs),
        evidence=cdx.Evidence(
            occurrences=tuple(
                cdx.Place(location=path, additional_context=place_words(place, each))
                for place, (each, _) in zip(places, found, strict=True)
            )
        ),
    )


def _file_facts(facts: ImageFacts, file: UnownedFile) -> tuple[tuple[str, str], ...]:
    return (
        ("image", facts.image.name),
        ("state", "visible" if file.hidden_in is None else "hidden"),
        ("introducedIn", layer_name(facts, file.layer)),
        ("hiddenIn", "" if file.hidden_in is None else layer_name(facts, file.hidden_in)),
    )


def _grouped(pairs: Iterable[tuple[_Key, _Item]]) -> dict[_Key, list[_Item]]:
    groups: dict[_Key, list[_Item]] = {}
    for key, item in pairs:
        groups.setdefault(key, []).append(item)
    return groups


def _layer(layer: Layer) -> Iterator[tuple[str, str]]:
    name = f"layer:{layer.index}"
    yield f"{name}:diffId", layer.diff_id
    yield f"{name}:digest", layer.digest
    yield f"{name}:createdBy", layer.created_by
    yield f"{name}:missing", layer.missing


def _reference(prefix: str, *identity: str) -> str:
    return f"{prefix}-{hashlib.sha256(chr(0).join(identity).encode('utf-8', 'replace')).hexdigest()[:16]}"

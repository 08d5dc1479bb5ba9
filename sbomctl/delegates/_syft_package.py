"""From packages as syft states them to ours."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from sbomctl.delegates._syft_document import Artifact, Coordinates, Document, facts
from sbomctl.model import Image, LicenseFinding, LicenseKind, Location, Package, SourceRef

_IN_CODE = frozenset({"binary", "go-module", "graalvm-native-image", "java-archive", "jenkins-plugin", "rust-crate"})
_UNKNOWN = "UNKNOWN"  # what stands where nothing is known
_DISTRIBUTIONS = frozenset({"alpm", "apk", "deb", "portage", "rpm"})  # one copy each, so no root


def packages_of(document: Document, image: Image, found_by: str) -> Iterator[Package]:
    """One package for each place that syft saw it in, in the document's order."""
    layers = _Layers(image)
    for artifact in document.artifacts:
        if not artifact.name:
            continue
        metadata = facts(artifact)
        purl = _canonical(artifact.purl)
        for location in dict.fromkeys(where for place in _places(artifact) for where in layers.locations(place)):
            yield _package(artifact, metadata, purl, location, found_by, layers)


class _Layers:
    """Where in our image the places are that syft names by diff_id."""

    def __init__(self, image: Image) -> None:
        self._image = image.name
        self._unknown = (0,) if len(image.layers) == 1 else (-1,)
        self._indexes: dict[str, tuple[int, ...]] = {}
        for layer in image.layers:
            if layer.diff_id:
                self._indexes[layer.diff_id] = (*self._indexes.get(layer.diff_id, ()), layer.index)

    def locations(self, place: Coordinates) -> list[Location]:
        """The place in each layer with this diff_id: an image may hold the same layer twice."""
        path = place.path.lstrip("/")
        return [Location(self._image, index, path) for index in self._indexes.get(place.layer, self._unknown)]


def _places(artifact: Artifact) -> list[Coordinates]:
    """Where the record of the package is; what only supports it counts when there is nothing else."""
    places = artifact.locations or []
    primary = [place for place in places if (place.annotations or {}).get("evidence") == "primary"]
    return primary or places or [Coordinates()]


def _package(
    artifact: Artifact,
    metadata: Mapping[str, Any],
    purl: str,
    location: Location,
    found_by: str,
    layers: _Layers,
) -> Package:
    version = "" if artifact.version == _UNKNOWN else artifact.version
    files, directories = _owned(artifact.type, location.path, metadata)
    return Package(
        name=artifact.name,
        version=version,
        purl=purl,
        location=location,
        found_by=found_by,
        architecture=_text(metadata, "architecture"),
        root="" if artifact.type in _DISTRIBUTIONS else _root(location.path, metadata),
        source=_source(artifact.type, metadata),
        licenses=tuple(_licenses(artifact, location, layers, found_by)),
        supplier=_text(metadata, "maintainer", "vendor", "packager", "author"),
        homepage=_text(metadata, "homepage"),
        description=_text(metadata, "description").partition("\n")[0],
        files=files,
        owns_directories=directories,
    )


def _canonical(purl: str) -> str:
    """The purl as packageurl-python spells it; "" when it is none, or names no version that is known."""
    from packageurl import PackageURL

    try:
        url = PackageURL.from_string(purl)
    except ValueError:
        return ""
    if url.version == _UNKNOWN:
        url = url._replace(version=None)
    text: str = url.to_string()
    return text


def _root(path: str, metadata: Mapping[str, Any]) -> str:
    """The file it is in and, in an archive inside another, the way to it (``app.jar:lib/inner.jar``)."""
    return _text(metadata, "virtualPath").lstrip("/") or path


def _licenses(artifact: Artifact, location: Location, layers: _Layers, found_by: str) -> Iterator[LicenseFinding]:
    for stated in artifact.licenses or ():
        kind = LicenseKind.DETECTED if stated.type == "concluded" else LicenseKind.DECLARED
        places = [where for place in stated.locations or () if place.path for where in layers.locations(place)]
        if stated.value not in ("", _UNKNOWN):  # Python tools write the word where nothing is stated
            yield LicenseFinding(stated.value, _nearest(places, location), found_by, kind)


def _nearest(places: list[Location], location: Location) -> Location:
    """The place in the package's own layer, if it is among them; the package's record when there is none."""
    same = [place for place in places if place.layer == location.layer]
    return (same or places or [location])[0]


def _source(kind: str, metadata: Mapping[str, Any]) -> SourceRef | None:
    """The source package, where its record names one (dpkg ``Source``, apk ``origin``, rpm ``SOURCERPM``)."""
    if kind == "deb":
        name = _text(metadata, "source")
        return SourceRef(name, _text(metadata, "sourceVersion")) if name else None
    if kind == "apk":
        name = _text(metadata, "originPackage")
        return SourceRef(name) if name else None
    parts = _text(metadata, "sourceRpm").removesuffix(".rpm").removesuffix(".src").rsplit("-", 2)
    return SourceRef(parts[0], "-".join(parts[1:])) if kind == "rpm" and len(parts) == 3 else None


def _owned(kind: str, path: str, metadata: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Files and directories that the package accounts for."""
    directory = posixpath.dirname(path)
    if kind in _IN_CODE:
        return (path,), ()
    if kind == "gem":  # .../specifications/rake-13.0.6.gemspec describes .../gems/rake-13.0.6
        home = directory.removesuffix("/default").removesuffix("/specifications")
        return (), (f"{home}/gems/{posixpath.basename(path).removesuffix('.gemspec')}",)
    if kind == "erlang-otp":
        return (), (posixpath.dirname(directory),)
    if kind in ("npm", "R-package"):
        return (), (directory,)
    return tuple(_listed(metadata)), ()


def _listed(metadata: Mapping[str, Any]) -> Iterator[str]:
    """The files that a package database or a Python RECORD lists, relative to the image's root."""
    base = _text(metadata, "sitePackagesRootPath")
    files = metadata.get("files")
    for file in files if isinstance(files, list) else ():
        path = file.get("path") if isinstance(file, dict) else None
        if isinstance(path, str) and path.strip("/"):
            yield posixpath.normpath(posixpath.join("/", base, path)).lstrip("/")


def _text(metadata: Mapping[str, Any], *names: str) -> str:
    """The first of the named fields that is text and not empty."""
    for name in names:
        value = metadata.get(name)
        if isinstance(value, str) and value:
            return value
    return ""

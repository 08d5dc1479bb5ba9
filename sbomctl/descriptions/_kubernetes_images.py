"""Where an object of Kubernetes names images. Only data is looked at: nothing is asked of a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import msgspec

from sbomctl.config.composer import Node
from sbomctl.config.document import Document
from sbomctl.config.references import fault_of
from sbomctl.descriptions._reading import at, elements, fields, parsed, text
from sbomctl.errors import ConfigError
from sbomctl.model import DescribedImage

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
_PROCESSORS = {"amd64": "linux/amd64", "arm64": "linux/arm64", "arm": "linux/arm", "riscv64": "linux/riscv64"}
_BUILT_IN = re.compile(r"(v1|(apps|batch|autoscaling|policy|extensions)/.*|[a-z.]+\.k8s\.io/.*)")
_RELATED = "RELATED_IMAGE_"  # what an operator starts later (Operator Lifecycle Manager, "disconnected" guide)
_SPEAKS = re.compile(r"^[ \t]*(?:-[ \t]+)?image:(?:[ \t]|$)", re.MULTILINE)
_PODS = re.compile(r"containers[\"']?[ \t]*:", re.IGNORECASE)  # written in one line, or as JSON
_NAMED = re.compile(r"imageName|[a-z][A-Za-z0-9]*Image")  # as kinds of operators call images that are not the only one
_VALUES = "valuesContent"  # of a chart, which are YAML of any form
_VERSIONS = ("tag", "version", "imageTag", "imageVersion")
_ELSEWHERE = {
    "Application": "argoproj.io",
    "ApplicationSet": "argoproj.io",
    "Kustomization": "kustomize.toolkit.fluxcd.io",
    "GitRepo": "fleet.cattle.io",
    "Subscription": "operators.coreos.com",
}  # kinds that fetch objects from elsewhere, and their groups
_TEXTS = {"ConfigMap": "data", "Secret": "stringData"}
_FETCHED = "{} fetches objects that are not named here; name them as they are once rendered, or {}"
_MAP = "say under targets where its image is"
_DEEPEST = 4  # texts inside of texts that hold objects
_CHART = "the chart {} brings images that are not named here: render it (helm template) and name what comes out, or {}"


@dataclass(frozen=True, slots=True)
class _Place:
    """What is known of a node on the way to it."""

    file: str
    owner: str  # kind/name of the object
    custom: bool = False  # whether the object is of a kind that Kubernetes itself does not have
    platform: str = ""
    shift: tuple[int, int] = (0, 0)  # place of the text that holds the document; (0, 0) = none
    depth: int = 0
    notes: tuple[str, ...] = field(default=())
    read: dict[int, Node] = field(default_factory=dict, repr=False)  # texts, each once however many aliases it has


def is_object(root: Node) -> bool:
    """Whether it is an object of the API: it has a version and a kind."""
    return isinstance(root.data, dict) and all(text(root.items.get(key)) for key in ("apiVersion", "kind"))


def images_of(document: Document) -> Iterator[DescribedImage]:
    """Every image that the object in ``document`` names, in the order of the file."""
    yield from _of_root(document.root, _Place(document.file, ""))


def _of_root(root: Node, place: _Place) -> Iterator[DescribedImage]:
    waiting = [root]
    while waiting:  # lists of objects
        node = waiting.pop()
        kind = text(node.items.get("kind"))
        if kind.endswith("List") and isinstance(at(node, "items"), Node):
            waiting += reversed(elements(at(node, "items")))
        elif kind != "CustomResourceDefinition":  # it says of which form objects are, and has none
            yield from _of_object(node, kind, place)


def _of_object(node: Node, kind: str, place: _Place) -> Iterator[DescribedImage]:
    name = text(at(node, "metadata", "name")) or kind.lower()
    version = text(node.items.get("apiVersion"))
    place = replace(place, owner=f"{kind}/{name}", custom=not _BUILT_IN.fullmatch(version))
    if kind in _TEXTS:
        for key, value in fields(at(node, _TEXTS[kind]) or Node((0, 0))).items():
            yield from _of_text(key, value, place)
        return
    if _ELSEWHERE.get(kind) == version.partition("/")[0]:
        problem = _FETCHED.format(place.owner, _MAP)
        yield DescribedImage(name, place.file, *_mark(node, place), notes=_notes(place), problem=problem)
    if kind in ("HelmChart", "HelmRelease", "HelmChartConfig"):
        yield from _of_chart(node, kind, name, place)
    yield from _walk(node, place)


def _walk(root: Node, place: _Place) -> Iterator[DescribedImage]:
    """Pods wherever they are: an object of any kind may hold a template of some."""
    waiting: list[tuple[Node, str, _Place]] = [(root, "", place)]
    while waiting:
        node, key, where = waiting.pop()
        below = fields(node) if isinstance(node.data, dict) else {}
        if below:
            where = replace(where, platform=_platform(below) or where.platform)
        for listed in _CONTAINERS:
            for number, container in enumerate(elements(below.get(listed))):
                yield from _container(container, f"{listed}-{number}", where)
        yield from _other(key, below, where)
        children = [(child, name, where) for name, child in below.items()] or [
            (child, key, where) for child in elements(node)
        ]
        waiting += reversed(children)


def _platform(below: dict[str, Node]) -> str:
    chosen = below.get("nodeSelector")
    found = fields(chosen) if chosen is not None else {}
    return _PROCESSORS.get(text(found.get("kubernetes.io/arch")), "")


def _container(node: Node, unnamed: str, place: _Place) -> Iterator[DescribedImage]:
    if not isinstance(node.data, dict):
        return
    name = text(at(node, "name")) or unnamed
    yield _image(name, at(node, "image"), node, place)
    for variable in elements(at(node, "env")):
        if text(at(variable, "name")).startswith(_RELATED) and at(variable, "value"):
            related = text(at(variable, "name")).removeprefix(_RELATED).lower().replace("_", "-")
            yield _image(related, at(variable, "value"), variable, place)


def _other(key: str, below: dict[str, Node], place: _Place) -> Iterator[DescribedImage]:
    """Volumes that are images, and in objects of other kinds what is called image."""
    image = below.get("image")
    if key == "volumes" and image is not None:
        if stated := at(image, "reference"):
            yield _image(f"{text(below.get('name'))}-volume", stated, stated, place)
    elif place.custom and key not in _CONTAINERS:
        if image is not None and isinstance(image.data, dict):
            yield from _values(key, image, place)
        elif text(image):
            yield _of_operator(_called(key, place), image, below, place)
        for name, stated in below.items():
            if _NAMED.fullmatch(name) and isinstance(stated.data, dict):
                yield from _values(name, stated, place)
            elif _NAMED.fullmatch(name) and isinstance(stated.data, str) and _is_reference(stated.data):
                yield _of_operator(f"{_called(key, place)}-{name}", stated, below, place)


def _is_reference(words: str) -> bool:
    """Whether it looks like one: keys that end in Image have names of files and colors too."""
    return ("/" in words or ":" in words) and not fault_of(words)


def _of_operator(name: str, stated: Node | None, below: dict[str, Node], place: _Place) -> DescribedImage:
    """An image that an operator starts; where its tag stands beside it, only the operator knows how both are joined."""
    found = _image(name, stated, stated or Node((0, 0)), place)
    beside = next((key for key in _VERSIONS if text(below.get(key))), "")
    if not beside or not found.reference or ":" in found.reference.rpartition("/")[2]:
        return found
    problem = f"{found.written} has no tag, but {beside} {text(below[beside])} stands beside it; {_MAP}"
    return msgspec.structs.replace(found, reference="", problem=problem)


def _values(key: str, image: Node, place: _Place) -> Iterator[DescribedImage]:
    """An image in parts, as the values of charts have it: registry, repository, tag, digest."""
    registry, repository, tag, digest = (text(at(image, part)) for part in ("registry", "repository", "tag", "digest"))
    repository = repository or text(at(image, "name"))
    if repository:
        written = f"{registry}/" * bool(registry) + repository + f":{tag}" * bool(tag) + f"@{digest}" * bool(digest)
        line, column = _mark(image, place)
        if not tag and not digest:
            problem = f"{written} has no tag: the chart decides which; render it (helm template), or {_MAP}"
            yield DescribedImage(
                _called(key, place), place.file, line, column, written=written, notes=_notes(place), problem=problem
            )
        else:
            yield _of_words(_called(key, place), written, (line, column), place)


def _called(key: str, place: _Place) -> str:
    """What has an image: the part of an object, where it is not all of it."""
    return place.owner.rpartition("/")[2] if key in ("", "spec") else key


def _of_chart(node: Node, kind: str, name: str, place: _Place) -> Iterator[DescribedImage]:
    spec = at(node, "spec") or node
    for key in ("valuesContent", "set"):
        if (stated := at(spec, key)) is not None and key == "valuesContent":
            yield from _of_text(key, stated, place)
    if kind != "HelmChartConfig":
        chart = at(spec, "chart") or node
        line, column = _mark(chart, place)
        called = text(chart) or text(at(chart, "spec", "chart")) or name
        problem = _CHART.format(called, _MAP)
        yield DescribedImage(f"{name}-chart", place.file, line, column, notes=_notes(place), problem=problem)


def _of_text(key: str, value: Node, place: _Place) -> Iterator[DescribedImage]:
    """A text that holds a document of its own: the values of a chart, a pod in a ConfigMap."""
    held = text(value)
    if id(value) in place.read:
        return
    told = _SPEAKS.search(held) or ("image" in held and (key == _VALUES or _PODS.search(held)))
    if not told:
        return
    place.read[id(value)] = value
    inside = replace(place, shift=value.mark, depth=place.depth + 1, custom=True)
    try:
        if place.depth >= _DEEPEST:
            raise ConfigError("texts inside of texts inside of texts")
        for document in parsed(held.encode(), place.file):
            yield from _of_root(document.root, inside) if is_object(document.root) else _walk(document.root, inside)
    except ConfigError:
        line, column = value.mark
        problem = f"{key} speaks of images, but is no YAML that can be read; {_MAP}"
        yield DescribedImage(f"{place.owner.rpartition('/')[2]}-{key}", place.file, line, column, problem=problem)


def _image(name: str, stated: Node | None, at_least: Node, place: _Place) -> DescribedImage:
    """What a value names; a container without one is filled in by somebody later, which is a gap here."""
    if not text(stated):
        line, column = _mark(at_least, place)
        problem = f"the container {name} of {place.owner} has no image; {_MAP}"
        return DescribedImage(name, place.file, line, column, notes=_notes(place), problem=problem)
    assert stated is not None, "it has a text"
    return _of_words(name, text(stated), _mark(stated, place), place)


def _of_words(name: str, written: str, mark: tuple[int, int], place: _Place) -> DescribedImage:
    fault = fault_of(written)
    problem = f"the image {written!r} of {place.owner} {fault}; correct it, or {_MAP}" if fault else ""
    reference = "" if fault else written
    notes = _notes(place)
    return DescribedImage(name, place.file, *mark, reference, written, place.platform, notes=notes, problem=problem)


def _mark(node: Node, place: _Place) -> tuple[int, int]:
    """Where it stands in the file; of a text inside of it, where the text starts."""
    return place.shift if place.shift != (0, 0) else node.mark


def _notes(place: _Place) -> tuple[str, ...]:
    return (place.owner,) if place.owner else ()

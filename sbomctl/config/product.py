"""The product file: one deliverable, its base OS and its containers."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sbomctl.config import described, schema, targets
from sbomctl.config.document import Document, read
from sbomctl.errors import ConfigError, Fault, InputError
from sbomctl.model import DescribedImage, Distribution, ImageSpec, Product, Role, SourceOffer, Supplier
from sbomctl.resources import find

_FILES = ("policy", "curations", "waivers")
_SPELLING = "check the spelling and the directory; sbomctl plugins lists what can be read"
_TO_DO = "FIXME"  # what sbomctl init writes where a target must be filled in
# schemes of plain targets that are the base OS
_BASE_OS = ("rootfs", "dir", "ostree", "disk", "ext", "squashfs", "rauc", "swu", "mender", "tezi")


def load_product(path: Path, schemes: Collection[str], read_description: described.Read) -> Product:
    """The product that the file at ``path`` describes, every file name in it led by the folder of ``path``.

    ``schemes`` are the known schemes of targets; ``read_description`` reads files of other
    programs that name images. Raises ``ConfigError`` with every fault
    of the file at once, in the order of the file.
    """
    document = read(path, if_missing="sbomctl init writes a product file to start from")
    base = path.parent
    faults = [*document.faults, *schema.check(document, "product"), *_faults(document, base, schemes)]
    specs: list[ImageSpec] = []
    if isinstance(document.data, dict):
        specs, more = described.images_of(document, base, schemes, read_description)
        faults += more
    if faults:
        own = document.file
        ordered = tuple(
            sorted(
                set(faults), key=lambda fault: (fault.file != own, fault.file, fault.line, fault.column, fault.message)
            )
        )
        count = "1 fault" if len(ordered) == 1 else f"{len(ordered)} faults"
        raise ConfigError(f"{count} in {path}", _hint(ordered), ordered)
    return _product(document, base, schemes, specs)


def _hint(faults: Sequence[Fault]) -> str:
    """What to do about faults; the schema is no help where all that is missing are files."""
    if any(fault.message.startswith(_TO_DO) for fault in faults):
        return f"write a target, SCHEME:PLACE, in the place of every {_TO_DO}; sbomctl plugins lists the schemes"
    if all(targets.NO_FILE in fault.message for fault in faults):
        return "file names are relative to the product file; build what is missing, or correct its name"
    return "sbomctl schema product prints what may be written"


def _faults(document: Document, base: Path, schemes: Collection[str]) -> Iterator[Fault]:
    """What the schema cannot say; pieces of the wrong type are skipped, the schema reports them."""
    data = document.data if isinstance(document.data, dict) else {}
    images = data.get("images")
    if isinstance(images, list):
        yield from _image_faults(document, images, base, schemes)
    for key in _FILES:
        if key == "policy" and _is_shipped(data.get(key)):
            continue
        if isinstance(data.get(key), str) and data[key] and not os.path.isfile(base / data[key]):  # noqa: PTH113 - never raises
            yield document.fault([key], f"{targets.NO_FILE}: {base / data[key]}")
    yield from _offer_faults(document, data.get("source_offer"))


def _is_shipped(name: object) -> bool:
    """Whether it is the name of a policy that comes with sbomctl; a name without suffix is never a file."""
    return isinstance(name, str) and "." not in name and bool(name) and find("policies", f"{name}.yaml") is not None


def _image_faults(document: Document, images: Sequence[Any], base: Path, schemes: Collection[str]) -> Iterator[Fault]:
    lines: dict[str, int] = {}
    for index, image in enumerate(images):
        fields = image if isinstance(image, dict) else {}
        name, target = fields.get("name"), fields.get("target")
        if isinstance(name, str) and name in lines:
            yield document.fault(["images", index, "name"], f"{name!r} is already the image of line {lines[name]}")
        elif isinstance(name, str):
            lines[name] = document.node(["images", index, "name"]).mark[0]
        if target == _TO_DO:
            yield document.fault(["images", index, "target"], f"{_TO_DO}: nobody has said yet where this image is")
        elif isinstance(target, str) and target:
            try:
                targets.resolve(target, base, schemes)
            except targets.TargetError as error:
                yield document.fault(["images", index, "target"], str(error))
        yield from _sbom_faults(document, index, fields.get("sbom"), base)


def _sbom_faults(document: Document, index: int, value: object, base: Path) -> Iterator[Fault]:
    place: list[str | int] = ["images", index, "sbom"]
    named = [(place, value)] if isinstance(value, str) else []
    if isinstance(value, list):
        named = [([*place, number], name) for number, name in enumerate(value)]
    for where, name in named:
        if isinstance(name, str) and name and not os.path.isfile(base / name):  # noqa: PTH113 - never raises
            yield document.fault(where, f"{targets.NO_FILE}: {base / name}")


def _offer_faults(document: Document, offer: object) -> Iterator[Fault]:
    if not isinstance(offer, dict):
        return
    shipped, ends = offer.get("last_shipped"), offer.get("support_ends")
    if isinstance(shipped, str) and isinstance(ends, str) and ends < shipped:
        yield document.fault(["source_offer", "support_ends"], f"lies before last_shipped ({schema.shown(shipped)})")


def _product(document: Document, base: Path, schemes: Collection[str], specs: Sequence[ImageSpec]) -> Product:
    data = document.data
    offer = data.get("source_offer")
    return Product(
        name=data["product"]["name"],
        version=document.node(["product", "version"]).text if "version" in data["product"] else "",
        supplier=Supplier(**data["product"].get("supplier", {})),
        images=(*_listed(data.get("images", ()), base, schemes), *specs),
        descriptions=tuple(str(name) for key in described.KEYS for name in _named(data.get(key))),
        distribution=_distribution(data.get("distribution", {})),
        source_offer=None if offer is None else SourceOffer(**offer),
        **{key: data[key] if _is_shipped(data[key]) else str(base / data[key]) for key in _FILES if key in data},
    )


def _listed(images: Sequence[Any], base: Path, schemes: Collection[str]) -> Iterator[ImageSpec]:
    for image in images:
        target = targets.resolve(image["target"], base, schemes)
        sbom = tuple(str(base / name) for name in _named(image.get("sbom")))
        yield ImageSpec(image["name"], Role(image["role"]), target, image.get("platform", ""), sbom=sbom)


def _named(value: Any) -> Sequence[str]:  # noqa: ANN401 - what the user wrote
    """The files that the value of a description's key names."""
    files = value.get("files") if isinstance(value, dict) else value
    return [files] if isinstance(files, str) else files or ()


def _distribution(fields: Mapping[str, Any]) -> Distribution:
    return Distribution(
        user_product=_answer(fields.get("user_product", "unknown")),
        locked_boot=_answer(fields.get("locked_boot", "unknown")),
        channels=tuple(fields.get("channels", ())),
    )


def _answer(value: str | bool) -> str:  # noqa: FBT001 - YAML writers write both
    if isinstance(value, str):
        return value
    return "yes" if value else "no"


def product_from_targets(
    names: Sequence[str],
    name: str,
    schemes: Collection[str],
    scheme_of: Callable[[str], str],
    descriptions: Sequence[str] = (),
    found: Sequence[DescribedImage] = (),
) -> Product:
    """A product of plain targets, as the command line gives them; ``name`` "" takes the first image's.

    ``found`` are the images that ``descriptions``, files of other programs, name besides.

    Images are named after their files and made unique by a number. A root filesystem in a tar,
    directory, disk or file system is taken for the base OS, everything else for a container;
    ``scheme_of`` looks at a target that has no scheme. Raises ``ConfigError`` for an
    unknown scheme, ``InputError`` for a missing file.
    """
    images: list[ImageSpec] = []
    taken: set[str] = set()
    for target in names:
        try:
            image_name = _unique(targets.short_name(target, schemes), taken)
        except targets.TargetError as error:
            raise ConfigError(f"{target}: {error}", "sbomctl plugins lists the schemes") from error
        try:
            targets.resolve(target, Path(), schemes)
        except targets.TargetError as error:
            bare = str(error) == f"{targets.NO_FILE}: {target}"
            raise InputError(str(error) if bare else f"{target}: {error}", _SPELLING) from error
        scheme = targets.split(target, schemes)[0]
        if not scheme:
            with suppress(InputError):  # told when it is opened: other images may be read all the same
                scheme = scheme_of(target)
        role = Role.BASE_OS if scheme in _BASE_OS else Role.CONTAINER
        images.append(ImageSpec(image_name, role, target))
    folder = Path(descriptions[0]).parent if descriptions else Path()
    given = described.Given({}, folder, schemes)
    images += described.described_specs(found, taken, "docker", given)
    own = name or (images[0].name if names else Path(descriptions[0]).stem)
    return Product(own, images=tuple(images), descriptions=tuple(descriptions))


def _unique(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}-{number}", number + 1
    taken.add(candidate)
    return candidate

"""Open every image of a product; one that cannot be read is told, and the others are read all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import PurePath

import msgspec

from sbomctl.errors import DigestMismatch, InputError, SbomctlError, ToolError
from sbomctl.layers.harvest import Harvest
from sbomctl.model import Image, ImageSpec, Inventory, Location, Platform, Problem
from sbomctl.sources.archive import Archives
from sbomctl.sources.base import Limits, OpenImage, Request
from sbomctl.sources.detect import open_target, recorded
from sbomctl.sources.platforms import parse_platform

Opened = list[OpenImage | Inventory]
"""What can be read, and of what cannot an inventory that says so, in the order of the product."""


@contextmanager
def opened(specs: Sequence[ImageSpec], platform: str, limits: Limits) -> Iterator[Opened]:
    """Every image of a product, and the images inside of them, while the context lasts.

    ``platform`` is for images that name none. Raises the first error where no image can be
    opened, and for a product of one image: then there is nothing to go on with. Content that
    is not what a digest promises is never gone past: raises ``DigestMismatch``.
    """
    with ExitStack() as stack:
        archives = stack.enter_context(Archives())
        found: Opened = []
        errors: list[SbomctlError] = []
        for spec in specs:
            try:
                if spec.gap:
                    raise InputError(spec.gap, "sbomctl scan goes on only where another image can be read")
                found += stack.enter_context(open_target(_request(spec, platform, limits, archives))).unfolded()
            except DigestMismatch:
                raise
            except (InputError, ToolError) as error:
                errors.append(error)
                found.append(unread(_named(spec), spec.gap or _reason(error, spec.target)))
        if errors and len(errors) == len(specs):
            raise _all_of(errors)
        yield found


def _all_of(errors: Sequence[SbomctlError]) -> SbomctlError:
    """The first error, which tells how many there are besides; of its kind, for its exit code."""
    first = errors[0]
    if len(errors) > 1:
        more = f"; none of the {len(errors)} images can be read"
        return type(first)(first.message + more, first.hint)
    return first


def _request(spec: ImageSpec, platform: str, limits: Limits, archives: Archives) -> Request:
    wanted = spec.platform or platform
    return Request(spec.target, spec.name, spec.role, parse_platform(wanted) if wanted else None, limits, archives)


def unread(image: Image, reason: str) -> Inventory:
    """The inventory of an image of which nothing is known but that it ships; it is incomplete for ``reason``."""
    alone = msgspec.structs.replace(image, layers=())
    return Inventory(alone, problems=(Problem(Location(image.name, -1, ""), "source", reason),))


def _named(spec: ImageSpec) -> Image:
    target = spec.target if spec.gap else recorded(spec.target)
    return Image("", spec.name, spec.role, target, parse_platform(spec.platform) if spec.platform else Platform())


def _reason(error: SbomctlError, target: str) -> str:
    """What is wrong and what to do, without the folders of this machine."""
    words = f"it could not be read: {error.message}" + f"; {error.hint}" * bool(error.hint)
    folder = str(PurePath(target.partition(":")[2] or target).parent)
    return words.replace(f"{folder}/", "") if recorded(target) != target and folder != "/" else words


def read_each(
    opened: Opened, specs: Sequence[ImageSpec], read: Callable[[Sequence[OpenImage]], list[list[Harvest]]]
) -> Iterator[tuple[OpenImage, list[Harvest]] | Inventory]:
    """What ``read`` gives of all that is open; where that fails, of each alone, or an inventory that says why.

    Raises ``InputError`` where nothing can be read, ``DigestMismatch`` always.
    """
    images = [one for one in opened if isinstance(one, OpenImage)]
    harvests: list[list[Harvest] | InputError]
    try:
        harvests = list(read(images))
    except DigestMismatch:
        raise
    except InputError as first:
        harvests = [_alone(image, read) for image in images] if len(images) > 1 else [first]
        if all(isinstance(one, InputError) for one in harvests):
            raise
    targets = {spec.name: spec.target for spec in specs}
    each = iter(zip(images, harvests, strict=True))
    for one in opened:
        if isinstance(one, Inventory):
            yield one
            continue
        image, harvest = next(each)
        if isinstance(harvest, InputError):
            yield unread(image.image, _reason(harvest, targets.get(image.image.name.partition("/")[0], "")))
        else:
            yield image, harvest


def _alone(image: OpenImage, read: Callable[[Sequence[OpenImage]], list[list[Harvest]]]) -> list[Harvest] | InputError:
    try:
        return read([image])[0]
    except DigestMismatch:
        raise
    except InputError as error:
        return error

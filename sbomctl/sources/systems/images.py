"""Images of pieces, and the search for further images in the pieces of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from sbomctl.filesystems.subtree import Names
from sbomctl.model import Image, Platform, path_bytes
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.file_system import Piece, layers_of
from sbomctl.sources.systems.base import Candidate, Here, Inside


def image_of(pieces: Sequence[Piece], request: Request, depth: int = 0, problems: Sequence[str] = ()) -> OpenImage:
    """The image that the pieces are, the lowest first, with the images that are in them.

    It has no digest: its entries are the only identity there is.
    """
    found, pieces = searched(pieces, request, depth)
    layers = layers_of(pieces, request.target)
    infos = tuple(layer.info for layer in layers)
    image = Image("", request.name, request.role, request.target, request.platform or Platform(), infos)
    return OpenImage(image, layers, (*problems, *found.problems), inner=named([*found.inner, *images_of(found.roots)]))


def images_of(candidates: Sequence[Candidate]) -> list[OpenImage]:
    """Those that are not the root: images like any other."""
    return [candidate.image for candidate in candidates]


def searched(
    pieces: Sequence[Piece], request: Request, depth: int = 0, unplaced: Sequence[Piece] = ()
) -> tuple[Inside, list[Piece]]:
    """The images in the pieces, and the pieces without what those are made of.

    ``unplaced`` are those among them of which it is not known where in the root they belong.
    """
    from sbomctl.sources.systems import SIGNS, SYSTEMS

    whole = Inside()
    rest = []
    memo: dict[object, list[Any]] = {}
    for piece in pieces:
        here = Here(Names(piece.tree), request, piece.place, is_root=piece not in unplaced, depth=depth, memo=memo)
        mine = Inside()
        for system in SYSTEMS:
            mine.add((system.inside(here) if here.may_hold_more else None) or Inside())
        if not here.may_hold_more:
            mine.problems += _not_looked_for(here, SIGNS)
        whole.add(mine)
        says = f"{piece.says}, without what the images inside are made of" if mine.left_out else piece.says
        left_out = piece.left_out | {path_bytes(path) for path in mine.left_out}
        rest.append(msgspec.structs.replace(piece, says=says, left_out=left_out))
    return whole, rest


def _not_looked_for(here: Here, signs: Sequence[str]) -> list[str]:
    """Where images seem to lie in an image that is as deep as we look."""
    below = ((sign, here.below(sign.rstrip("/"))) for sign in signs)
    found = [sign for sign, path in below if path is not None and here.names.listed(path.encode())]
    return [f"{sign}: images in it, which are not looked for as deep as this" for sign in found]


def named(images: Sequence[OpenImage]) -> tuple[OpenImage, ...]:
    """The images with names that differ: the second of one name gets a number, as images of a product do."""
    taken: set[str] = set()
    return tuple(_renamed(image, _free(image.image.name, taken)) for image in images)


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}-{number}", number + 1
    taken.add(candidate)
    return candidate


def _renamed(opened: OpenImage, name: str) -> OpenImage:
    before = opened.image.name
    if name == before:
        return opened
    inner = tuple(_renamed(one, name + one.image.name.removeprefix(before)) for one in opened.inner)
    return msgspec.structs.replace(opened, image=msgspec.structs.replace(opened.image, name=name), inner=inner)

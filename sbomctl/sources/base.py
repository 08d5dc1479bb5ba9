"""What a source is: a place or a format that images come from."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Protocol

import msgspec

from sbomctl.model import FileType, Image, Layer, Platform, Role

if TYPE_CHECKING:
    from sbomctl.sources.archive import Archives


class Limits(msgspec.Struct, frozen=True):
    """Bounds on what one input may cost; hostile input ends in ``CorruptInput``, not in a full machine."""

    layer_bytes: int = 64 << 30  # uncompressed bytes of one layer
    members: int = 20_000_000  # entries of one layer
    document_bytes: int = 64 << 20  # one manifest, index or config


class Member(Protocol):
    """One entry of a layer, in stored order."""

    path: str  # as ``model.FileEntry.path``
    type: FileType
    size: int  # bytes of content; 0 unless regular
    mode: int
    link_target: str
    fault: str  # what was wrong with the stored name, or after ``chunks`` with the content; "" = nothing

    def chunks(self) -> Iterable[bytes | memoryview]:
        """The content in pieces, in order; valid until the next member is asked for."""
        ...


class Digests(msgspec.Struct, frozen=True):
    """What reading a layer to its end has proved."""

    diff_id: str  # "sha256:<hex>" of the uncompressed bytes; "" when the layer is no tar
    size: int  # uncompressed bytes
    fault: str = ""  # what is wrong with the layer as a whole; "" = nothing


class Stored(msgspec.Struct, frozen=True):
    """The bytes of a layer as they are stored, and what the image promises of them."""

    promised: str  # "<algorithm>:<hex>" that these bytes must have
    open_raw: Callable[[], BinaryIO]  # from their start
    remote: bool = False  # True: they are elsewhere and asked for by ``promised``, so there is no copy here to distrust
    where: Hashable | None = None  # the place of the bytes, if it is known: in one place there are no two copies


class OpenLayer(Protocol):
    """A layer that can be read from its start, as often as asked."""

    info: Layer
    changeset: bool  # True: ``.wh.`` names are whiteouts (OCI layer.md); False: they are plain files
    has_diff_id: bool  # reading gives one digest of everything; False: only digests of each file identify it

    def members(self, limits: Limits) -> Iterator[Member]:
        """Every entry in stored order.

        Reading to the end verifies diff_id and digest where ``info`` states them.
        Raises ``CorruptInput`` and ``DigestMismatch``.
        """
        ...

    def digests(self) -> Digests:
        """What was proved; valid once :meth:`members` has been read to its end."""
        ...

    def stored(self) -> Stored | None:
        """The stored bytes, where the image promises a digest of them; raises ``InputError``."""
        ...


def _nothing() -> None:
    """For what never waits."""


class OpenImage(msgspec.Struct, frozen=True):
    """An image whose layers can be read while its source is open.

    ``inner`` are images that ship inside it and run beside it: containers that a base OS brings in the
    store of its engine, snaps. Each is named ``OUTER/INNER``; its target is the place within the outer one.
    """

    image: Image
    layers: Sequence[OpenLayer]  # lowest first, one per ``image.layers``
    problems: tuple[str, ...] = ()  # what the source itself could not give
    syft_target: str = ""  # how syft names the same input; "" = it cannot read it
    inner: Sequence[OpenImage] = ()
    abandon: Callable[[], None] = _nothing  # has reading that waits, in whatever thread, fail soon

    def unfolded(self) -> Iterator[OpenImage]:
        """The image, then every image inside it, outer before inner."""
        yield self
        for image in self.inner:
            yield from image.unfolded()


class Request(msgspec.Struct, frozen=True):
    """One image to open: the target without its scheme, and what the product says of it."""

    target: str
    name: str
    role: Role
    platform: Platform | None = None
    limits: Limits = Limits()
    archives: Archives | None = None  # those that are open for other images of the product


class Source(Protocol):
    """A place or format of images; structural, nothing to inherit."""

    scheme: ClassVar[str]
    about: ClassVar[str]

    def accepts(self, target: str) -> bool:
        """Whether ``target``, given without scheme, is this kind; cheap, never raises."""
        ...

    def open(self, request: Request) -> AbstractContextManager[OpenImage]:
        """The image; raises ``InputError`` and ``ToolError``."""
        ...

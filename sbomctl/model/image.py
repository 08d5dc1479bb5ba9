"""Products, images and layers."""

from __future__ import annotations

from enum import Enum

import msgspec


class Role(Enum):
    """What an image is in the product."""

    BASE_OS = "base-os"
    CONTAINER = "container"


class Platform(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """OCI platform words (image-spec, image-index.md): ``linux``, ``arm64``, ``v8``; "" = not stated."""

    os: str = ""
    architecture: str = ""
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


class OsRelease(msgspec.Struct, frozen=True, omit_defaults=True):
    """The operating system an image says it is (os-release(5)); "" = not stated."""

    id: str
    version_id: str = ""
    pretty_name: str = ""
    id_like: tuple[str, ...] = ()
    name: str = ""
    version: str = ""
    cpe_name: str = ""
    home_url: str = ""
    location: str = ""  # path of the file that says so


class Layer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One layer of an image."""

    index: int  # 0 = lowest
    diff_id: str = ""  # "sha256:<hex>" of the uncompressed tar; "" until it has been read
    digest: str = ""  # "sha256:<hex>" of the stored blob; "" when the layer is no blob
    media_type: str = ""  # OCI media type
    size: int = 0  # bytes, uncompressed
    created_by: str = ""  # the build step from the image's history; "" = unknown
    files: int = 0  # entries stored in this layer
    missing: str = ""  # why the content could not be read; "" = it was


class Attachment(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """What a registry holds about an image beside it, such as a signature or an SBOM; listed, not read."""

    kind: str  # the artifact type (OCI), or in words
    digest: str  # of its manifest
    subject: str  # digest of the manifest or index that it is about


class Image(msgspec.Struct, frozen=True, omit_defaults=True):
    """One image of the product, its layers lowest first."""

    id: str  # "sha256:<hex>" of the config; of the content for a bare root filesystem
    name: str  # as the product file calls it; unique in the product
    role: Role
    target: str  # SCHEME:FILE or SCHEME:NAME, without the folders of the machine that scanned it
    platform: Platform = Platform()
    layers: tuple[Layer, ...] = ()
    os: OsRelease | None = None
    labels: tuple[tuple[str, str], ...] = ()  # sorted by key
    created: str = ""  # RFC 3339, as the config states it
    attached: tuple[Attachment, ...] = ()  # sorted


class Supplier(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who supplies the product; "" = not stated."""

    name: str = ""
    url: str = ""
    email: str = ""
    address: str = ""


class ImageSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """One image as the product file asks for it; ``platform`` "" = the only one, or the host's."""

    name: str
    role: Role
    target: str  # where there is a gap, what is written of it
    platform: str = ""
    origin: tuple[str, ...] = ()  # places in descriptions that name it: "docker-compose.yml:4:12 web (profile x)"
    gap: str = ""  # why it cannot be told where the image is, and what to do about it
    sbom: tuple[str, ...] = ()  # SBOMs and manifests that belong to it


class Distribution(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the product reaches its users; ``unknown`` counts as yes where a license asks."""

    user_product: str = "unknown"  # yes | no | unknown (GPL-3.0 section 6)
    locked_boot: str = "unknown"  # yes | no | unknown
    channels: tuple[str, ...] = ()


class SourceOffer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Facts for the written source offer; dates are YYYY-MM-DD, "" = not stated."""

    last_shipped: str = ""
    support_ends: str = ""
    language: str = "en"


class Product(msgspec.Struct, frozen=True, omit_defaults=True):
    """The thing that ships: one base OS and its containers.

    File names are paths to open before a scan; in a Bom they are names without folders.
    """

    name: str
    version: str = ""
    supplier: Supplier = Supplier()
    images: tuple[ImageSpec, ...] = ()
    descriptions: tuple[str, ...] = ()  # files of other programs that name images
    policy: str = ""
    curations: str = ""
    waivers: str = ""
    distribution: Distribution = Distribution()
    source_offer: SourceOffer | None = None

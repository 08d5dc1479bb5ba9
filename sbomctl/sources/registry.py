"""Images in a registry, by the OCI distribution protocol: only what is needed is fetched, and nothing kept on disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from sbomctl.sources.base import OpenImage, Request


class Registry:
    """``registry:[HOST[:PORT]/]NAME[:TAG][@DIGEST]``."""

    scheme: ClassVar[str] = "registry"
    about: ClassVar[str] = "image in a registry, read from there"

    def accepts(self, target: str) -> bool:  # noqa: ARG002 - protocol
        """Never: a bare name is one in the engine of this machine; nothing goes to the network unasked."""
        return False

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The image; raises ``InputError`` for the image, ``ToolError`` for the registry and the way there."""
        from sbomctl.sources._registry_image import opened  # with HTTP and TLS behind it, of no use to other targets

        with opened(request) as image:
            yield image

"""What products are described by elsewhere: files of other programs that name images; nothing here opens one."""

from __future__ import annotations

from sbomctl.config.asked import Asked
from sbomctl.descriptions.base import Description
from sbomctl.descriptions.compose import Compose
from sbomctl.descriptions.iot_edge import IotEdge
from sbomctl.descriptions.kubernetes import Kubernetes
from sbomctl.descriptions.pantavisor import Pantavisor
from sbomctl.errors import ConfigError
from sbomctl.model import DescribedImage

DESCRIPTIONS: tuple[Description, ...] = (
    Compose(),
    IotEdge(),
    Pantavisor(),
    Kubernetes(),  # last: it looks into every file of a directory
)
"""Every kind, in the order in which they are asked what a file is."""


def read(key: str, asked: Asked) -> tuple[DescribedImage, ...]:
    """The images that the description of a kind, named by its key, names.

    Raises ``ConfigError``, also where it names none: then it is not what the product consists of.
    """
    found = tuple(image for kind in DESCRIPTIONS if kind.key == key for image in kind.images(asked))
    if not found:
        files = ", ".join(map(str, asked.files))
        raise ConfigError(f"no image is named in {files}", "name the file or directory that says what is started")
    return found


__all__ = ["DESCRIPTIONS", "Asked", "Description", "read"]

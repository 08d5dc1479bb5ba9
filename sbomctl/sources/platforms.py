"""Platforms: the spellings that mean the same, and whether one satisfies another.

The words are those of OCI image-index.md ("platform"), which are Go's; the aliases and the
default variants are the ones that containerd normalizes.
"""

from __future__ import annotations

from collections.abc import Iterable

from sbomctl.errors import ConfigError
from sbomctl.model import Platform

_ARCHITECTURES = {
    "i386": ("386", ""),
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
}
_SYSTEMS = {"macos": "darwin"}
_IMPLIED = {("amd64", "v1"): "", ("arm64", "v8"): "", ("arm", ""): "v7"}


def parse_platform(text: str) -> Platform:
    """``OS/ARCHITECTURE[/VARIANT]`` or an architecture alone, of Linux; raises ``ConfigError``."""
    parts = text.lower().split("/")
    if len(parts) > 3 or not all(parts):
        raise ConfigError(f"{text!r} is no platform", "write it like linux/arm64 or linux/arm/v6")
    return Platform("linux", parts[0]) if len(parts) == 1 else Platform(*parts)


def normalized(platform: Platform) -> Platform:
    """The one spelling of a platform; a variant that the architecture implies is left out or added."""
    system = _SYSTEMS.get(platform.os.lower(), platform.os.lower())
    architecture = platform.architecture.lower()
    variant = platform.variant.lower()
    if variant.isdigit():
        variant = "v" + variant
    if architecture in _ARCHITECTURES:
        architecture, implied = _ARCHITECTURES[architecture]
        variant = variant or implied
    return Platform(system, architecture, _IMPLIED.get((architecture, variant), variant))


def satisfies(platform: Platform, wanted: Platform) -> bool:
    """Whether an image for ``platform`` is what was asked for."""
    return normalized(platform) == normalized(wanted)


def may_satisfy(platform: Platform, wanted: Platform) -> bool:
    """The same for what an image config states: many for ARM leave the variant out, then any is taken."""
    return satisfies(Platform(platform.os, platform.architecture, platform.variant or wanted.variant), wanted)


def listed(platforms: Iterable[Platform]) -> str:
    """Platforms for a message, sorted, each once; one that is not stated is called ``unknown``."""
    return ", ".join(sorted({str(platform) or "unknown" for platform in platforms}))

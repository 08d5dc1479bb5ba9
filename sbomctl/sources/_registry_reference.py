"""Names of images in registries: ``[HOST[:PORT]/]NAME[:TAG][@DIGEST]``.

The grammar is that of the distribution project (reference/), the rules for short names are
Docker's: without a host it is Docker Hub, without a namespace there it is ``library``.
"""

from __future__ import annotations

import re

import msgspec

from sbomctl.errors import InputError

HUB = "docker.io"
_HUB_NAMES = frozenset((HUB, "index.docker.io", "registry-1.docker.io"))
_HUB_SERVER = "registry-1.docker.io"
_LONGEST = 1024

_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<name>{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?",
    re.ASCII,
)
_HOST = re.compile(r"\[[0-9A-Fa-f:.]+\](?::\d{1,5})?|[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?", re.ASCII)
_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?")


class Reference(msgspec.Struct, frozen=True):
    """An image by its full name; ``tag`` is "" where only a digest was given."""

    host: str  # as people write it, with the port if any: ``docker.io``, ``localhost:5000``
    name: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag, digest = self.tag and f":{self.tag}", self.digest and f"@{self.digest}"
        return f"{self.host}/{self.name}{tag}{digest}"

    def pinned(self, digest: str) -> Reference:
        """The same with ``digest``, unless it has one."""
        return self if self.digest else msgspec.structs.replace(self, digest=digest)


def parse_reference(text: str) -> Reference:
    """The full name of what ``text`` names; raises ``InputError``."""
    host, rest = _split(text)
    found = _REFERENCE.fullmatch(rest) if len(text) <= _LONGEST else None
    if found is None or (host and not is_host(host)):
        raise InputError(
            f"registry:{_without_password(text)[:200]}: no name of an image",
            "write registry:[HOST[:PORT]/]NAME[:TAG][@DIGEST]",
        )
    name, tag, digest = found["name"], found["tag"] or "", found["digest"] or ""
    if not host or host in _HUB_NAMES:
        host, name = HUB, name if "/" in name else f"library/{name}"
    return Reference(host, name, tag or ("" if digest else "latest"), digest)


def _split(text: str) -> tuple[str, str]:
    """The host, told from a namespace as Docker tells it: by a dot, a port, a capital or its being localhost."""
    first, slash, rest = text.partition("/")
    is_host = slash and ("." in first or ":" in first or first == "localhost" or first != first.lower())
    return (first, rest) if is_host else ("", text)


def _without_password(text: str) -> str:
    """What can be shown of a name that is none: people write USER:PASSWORD@HOST."""
    before, sign, behind = text.partition("@")
    return f"…@{behind}" if sign and "/" in behind else before + sign + behind


def server_of(host: str) -> str:
    """Where the registry called ``host`` answers."""
    return _HUB_SERVER if host in _HUB_NAMES else host


def is_host(text: str) -> bool:
    """Whether it is a host, with or without port, and not something else that an address may have in its place."""
    return _HOST.fullmatch(text) is not None


def is_loopback(host: str) -> bool:
    """Whether it is this machine, so that nobody else can listen or answer."""
    return _LOOPBACK.fullmatch(host) is not None

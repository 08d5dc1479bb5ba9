"""Images in a container engine, through its Docker API; ``DOCKER_HOST`` names it (Podman's socket works too)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from sbomctl.errors import InputError, SbomctlError, ToolFailed, ToolMissing
from sbomctl.filesystems.blob import FileBlob
from sbomctl.sources.archive import Archive
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.docker_archive import open_saved
from sbomctl.sources.host_file import exists, spooled

if TYPE_CHECKING:
    import docker

_CHUNK = 2 << 20
_ANSWER = 30  # seconds until an engine must answer
_PACKING = 600  # seconds until it must send the first byte of an image

_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(  # "reference" in the grammar of the distribution project
    rf"(?:[A-Za-z0-9][\w.-]*(?::\d+)?/)?{_COMPONENT}(?:/{_COMPONENT})*(?::\w[\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?"
    r"|(?:sha256:)?[0-9a-f]{64}",
    re.ASCII,
)
_FILE_SUFFIX = re.compile(
    r"\.(tar|tgz|txz|tzst|tbz2?|gz|xz|zst|bz2|lz4|lzo|lzma|zip|img|wic|ext[234]|squashfs|ubi|ubifs|jffs2|itb|iso|json|ya?ml)$"
)
_UNREACHABLE = "start the engine, or set DOCKER_HOST to its socket (for Podman: unix:///run/podman/podman.sock)"
_FORBIDDEN = "this user may not use the engine's socket: join its group, or set DOCKER_HOST to one of your own"


class DockerDaemon:
    """``docker:NAME[:TAG | @DIGEST]`` or ``docker:ID``."""

    scheme: ClassVar[str] = "docker"
    about: ClassVar[str] = "image in a Docker or Podman engine"

    def accepts(self, target: str) -> bool:
        """Whether the target could be the name of an image: it is that of no file, there or not."""
        if len(target) > 512 or _FILE_SUFFIX.search(target) or exists(target):
            return False
        return _REFERENCE.fullmatch(target) is not None

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The image; raises ``ToolError`` for the engine and ``InputError`` for the image."""
        place = f"docker:{request.target}"
        if not _REFERENCE.fullmatch(request.target):
            raise InputError(f"{place}: {request.target!r} is no image name", "write NAME[:TAG] or an image id")
        with _connected(place) as client, spooled(_saved(client, request.target, place), place) as file:
            yield open_saved(Archive(FileBlob(file.fileno()), place), "", request, place)


@contextmanager
def _connected(place: str) -> Iterator[docker.DockerClient]:
    try:
        import docker
    except ImportError as error:
        raise ToolMissing(f"{place}: the Python package docker is not installed", "pip install docker") from error
    try:
        client = docker.from_env(timeout=_ANSWER)
    except (docker.errors.DockerException, OSError, ValueError) as error:
        hint = _FORBIDDEN if "Permission denied" in str(error) else _UNREACHABLE
        hint += "; if a file is meant, check its path: there is none of this name"
        raise ToolFailed(f"{place}: no container engine answers: {_cause(error)}", hint) from error
    try:
        yield client
    finally:
        client.close()


def _saved(client: docker.DockerClient, name: str, place: str) -> Iterator[bytes]:
    """What ``docker save`` would write."""
    import docker.errors
    import requests.exceptions

    try:
        image = client.images.get(name)
        client.api.timeout = _PACKING
        yield from image.save(chunk_size=_CHUNK, named=False)
    except docker.errors.ImageNotFound as error:
        raise InputError(
            f"{place}: the engine has no such image",
            f"docker pull {name}; or read it where it is, as registry:{name}; if a file is meant, check its path",
        ) from error
    except docker.errors.APIError as error:
        raise _refused(place, error.status_code or 0, error.explanation or str(error)) from error
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        raise ToolFailed(f"{place}: the engine broke off: {_cause(error)}", _UNREACHABLE) from error


def _cause(error: BaseException) -> str:
    """What the operating system said, below the layers of libraries that pass it on; else what they say."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        inner = inner.__cause__ or inner.__context__
    return str(error)


def _refused(place: str, status: int, explanation: str) -> SbomctlError:
    if status == 400:
        return InputError(f"{place}: {explanation}", "check the name of the image")
    return ToolFailed(f"{place}: the engine refused: {explanation}", "see the log of the engine")

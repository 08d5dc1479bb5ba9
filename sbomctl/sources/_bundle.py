"""How the sources of update bundles look at a file and open it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sbomctl.errors import InputError
from sbomctl.filesystems.base import Damaged
from sbomctl.filesystems.blob import FileBlob
from sbomctl.sources._payloads import Contents, arranged_contents, one_error
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.host_file import open_regular, random_access, split_reference


def looks_like(target: str, is_one: Callable[[FileBlob, str], bool]) -> bool:
    """Whether ``is_one`` says so of the file, which it gets with its path; whatever cannot be read is none."""
    path = split_reference(target)[0]
    try:
        with open_regular(path, path) as file:
            return is_one(FileBlob(file.fileno()), path)
    except (InputError, Damaged, OSError, ValueError):
        return False


@contextmanager
def opened_bundle(request: Request, contents: Callable[[FileBlob, str, int], Contents]) -> Iterator[OpenImage]:
    """The root that a bundle installs, with what is beside it; raises ``InputError``.

    ``contents`` gets the file, decompressed, what messages call it, and how many entries it may have.
    """
    path, wanted = split_reference(request.target)
    with random_access(path, request.limits.layer_bytes) as (file, _), one_error(path):
        found = contents(FileBlob(file.fileno()), path, request.limits.members)
        yield arranged_contents(found, path, request, wanted).opened(request, path)

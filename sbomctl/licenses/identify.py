"""What any one file says, wherever it lies: the detectors asked one after the other."""

from __future__ import annotations

from sbomctl.licenses import DETECTORS
from sbomctl.licenses.base import FileLicenses


def identify(path: str, data: bytes) -> FileLicenses:
    """Everything the first detector that knows this kind of file finds in it."""
    for detector in DETECTORS:
        found = detector.read(path, data)
        if found is not None:
            return found
    return FileLicenses()

"""What is asked of a license file, and what its detectors say of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple, Self

import msgspec

from sbomctl.licenses.base import FileLicenses, LicenseDetector
from sbomctl.licenses.debian_copyright import DebianCopyright


class Result(NamedTuple):
    """What one detector says of one content, and the SHA-256 (hex) of each text in that."""

    licenses: FileLicenses
    digests: Mapping[str, str]

    @classmethod
    def of(cls, licenses: FileLicenses) -> Self:
        """With the digests: made where the file is read, which may be in another process."""
        texts = {one.text for one in licenses.statements} | {licenses.notice}
        return cls(licenses, {text: sha256_of(text) for text in texts if text})


Results = dict[tuple[str, str], Result | None]
"""Of one content: by the name of the detector, and what of the file's name counts for it."""


def result_of(detector: LicenseDetector, path: str, data: bytes) -> Result | None:
    """What ``detector`` says of a file; None when it is none of its kind."""
    licenses = detector.read(path, data)
    return Result.of(licenses) if licenses is not None else None


def name_for(detector: LicenseDetector, path: str) -> str:
    """What of a path the result depends on: which part of a source reaches a package, its directory tells."""
    return path if detector.name == DebianCopyright.name else path.rpartition("/")[2]


class Task(msgspec.Struct, frozen=True):
    """One content, the paths that have it, and whom to ask about each until one knows."""

    data: bytes
    layer: int  # the lowest that has it
    places: list[tuple[str, tuple[LicenseDetector, ...]]] = []

    def read(self) -> Results:
        """The result of each that was asked."""
        results: Results = {}
        for path, detectors in self.places:
            for detector in detectors:
                key = (detector.name, name_for(detector, path))
                if key not in results:
                    results[key] = result_of(detector, path, self.data)
                if results[key] is not None:
                    break
        return results

    def recalled(self, known: Mapping[tuple[str, str], Result | None]) -> Results | None:
        """What :meth:`read` would give, if all of it is ``known`` of this content."""
        results: Results = {}
        for path, detectors in self.places:
            for detector in detectors:
                key = (detector.name, name_for(detector, path))
                if key not in known:
                    return None
                results[key] = known[key]
                if results[key] is not None:
                    break
        return results


def sha256_of(text: str) -> str:
    """SHA-256 (hex) of a text as shipped."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

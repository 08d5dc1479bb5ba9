"""What any one file says of licenses, wherever it lies."""

from __future__ import annotations

from sbomctl.layers.patterns import Gate
from sbomctl.licenses import DETECTORS
from sbomctl.model.license_file import FileLicenses

_COPYRIGHT = "usr/share/doc/x/copyright"  # where a machine-readable one would lie


def identify(path: str, data: bytes) -> FileLicenses:
    """Everything that the detector finds which would read a file of this name, or else the last of them.

    A machine-readable debian/copyright is recognised whatever it is called.
    """
    first, *others = DETECTORS
    found = first.read(_COPYRIGHT, data)
    for detector in others if found is None else ():
        if detector is DETECTORS[-1] or Gate(detector.wants)(path.lstrip("/")):
            found = found or detector.read(path, data)
    return found or FileLicenses()

"""``container-manifest-2``: what distroless Azure Linux (CBL-Mariner) images keep instead of a database."""

from __future__ import annotations

from sbomctl.catalogers._rpm_record import Record, nameable, stated
from sbomctl.model import path_text


def read_manifest(data: bytes) -> tuple[Record | str, ...]:
    """Its records; a text in place of a line that is none.

    One line per package, fields separated by tabs: name, version-release, time installed,
    time built, vendor, epoch, size, architecture, epoch as a number (0 = none), source rpm.
    """
    lines = enumerate(data.split(b"\n"), start=1)
    return tuple(_record(number, path_text(line)) for number, line in lines if line.strip())


def _record(number: int, line: str) -> Record | str:
    fields = line.rstrip("\r").split("\t")
    if len(fields) != 10 or not nameable(fields[0]) or "-" not in fields[1]:
        return f"line {number} is not a package record"
    name, version, _, _, vendor, epoch, _, architecture, epoch_number, source_rpm = fields
    return Record(
        name=name,
        version=version,
        epoch=stated(epoch) or stated(epoch_number.lstrip("0")),
        architecture=architecture,
        supplier=stated(vendor),
        source_rpm=stated(source_rpm),
        line=number,
    )

"""What is registered: every plugin of every kind, for ``api.py``, which offers these as its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbomctl.catalogers import CATALOGERS, EVIDENCE_CATALOGERS
from sbomctl.catalogers.base import Cataloger, EvidenceCataloger
from sbomctl.sources import SOURCES
from sbomctl.sources.base import Source
from sbomctl.sources.detect import find_source
from sbomctl.writers import WRITERS, Writer

if TYPE_CHECKING:  # read when asked for: a scan needs none of them
    from sbomctl.descriptions import Description
    from sbomctl.findings import FindingsWriter
    from sbomctl.policy.base import Rule
    from sbomctl.reports import Report
    from sbomctl.sidecars.base import SidecarReader


def descriptions() -> tuple[Description, ...]:
    """Every kind of file of other programs that names the images of a product."""
    from sbomctl.descriptions import DESCRIPTIONS

    return DESCRIPTIONS


def findings_writers() -> tuple[FindingsWriter, ...]:
    """Every form of findings."""
    from sbomctl.findings import FINDINGS_WRITERS

    return FINDINGS_WRITERS


def report_kinds() -> tuple[Report, ...]:
    """Every report, one for each kind and form."""
    from sbomctl.reports import REPORTS

    return REPORTS


def rules() -> tuple[Rule, ...]:
    """Every policy rule."""
    from sbomctl.policy.rules import RULES

    return RULES


def schemes() -> tuple[str, ...]:
    """The schemes a target may start with."""
    return tuple(SOURCES)


def scheme_of(target: str) -> str:
    """The scheme of the source that reads ``target``, which may come without one; raises ``SbomctlError``."""
    return find_source(target)[0].scheme


def sidecars() -> tuple[SidecarReader, ...]:
    """Every kind of SBOM or manifest that belongs to an image, in the order in which they are asked."""
    from sbomctl.sidecars import SIDECARS

    return SIDECARS


def sources() -> tuple[Source, ...]:
    """Every source of images, in the order in which they are asked."""
    return tuple(SOURCES.values())


def catalogers() -> tuple[Cataloger, ...]:
    """Every cataloger."""
    return CATALOGERS


def evidence_catalogers() -> tuple[EvidenceCataloger, ...]:
    """Every cataloger of what no database records."""
    return EVIDENCE_CATALOGERS


def writers() -> tuple[Writer, ...]:
    """Every document writer."""
    return WRITERS

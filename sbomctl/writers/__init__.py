"""Document writers. To add one: a module here, a line below, a fixture folder.

Why own mappings and no SBOM library: the two libraries of the field need quadratic time;
they serve as oracles in the tests instead.
"""

from sbomctl.writers.base import WriteContext, Writer
from sbomctl.writers.cyclonedx_json import CycloneDxJsonWriter
from sbomctl.writers.cyclonedx_xml import CycloneDxXmlWriter
from sbomctl.writers.sbomctl_json import SbomctlJsonWriter
from sbomctl.writers.spdx_json import SpdxJsonWriter
from sbomctl.writers.spdx_tag_value import SpdxTagValueWriter
from sbomctl.writers.table import TableWriter

WRITERS: tuple[Writer, ...] = (
    TableWriter(),
    SbomctlJsonWriter(),
    SpdxJsonWriter(),
    SpdxTagValueWriter(),
    CycloneDxJsonWriter(),
    CycloneDxXmlWriter(),
)

__all__ = ["WRITERS", "WriteContext", "Writer"]

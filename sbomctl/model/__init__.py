"""Plain facts: frozen structs that every room may use; no I/O, no other room, no logic.

Why one struct tree: it is at once what the rooms hand each other and the native JSON
document, so there is no second schema to keep in step.
"""

from sbomctl.model.bom import (
    PRODUCT_ID,
    Bom,
    Component,
    ComponentType,
    ImageFacts,
    Occurrence,
    Relationship,
    RelationshipType,
)
from sbomctl.model.curation import Choice, Curation, CurationIssue, Curations
from sbomctl.model.files import Content, FileEntry, FileType, Location, path_bytes, path_text
from sbomctl.model.image import (
    Distribution,
    Image,
    ImageSpec,
    Layer,
    OsRelease,
    Platform,
    Product,
    Role,
    SourceOffer,
    Supplier,
)
from sbomctl.model.json_text import well_formed
from sbomctl.model.license import (
    CopyrightStatement,
    Election,
    Expression,
    LicenseFacts,
    LicenseFinding,
    LicenseIssue,
    LicenseKind,
    ShippedText,
)
from sbomctl.model.package import Package, SourceRef, State
from sbomctl.model.policy import (
    CheckResult,
    Elected,
    PolicyFile,
    PolicyLine,
    RuleInfo,
    Severity,
    Verdict,
    Violation,
    Waiver,
    WaiverReason,
)
from sbomctl.model.result import CodeCoverage, Inventory, Problem, Tool, UnownedFile

__all__ = [
    "PRODUCT_ID",
    "Bom",
    "CheckResult",
    "Choice",
    "CodeCoverage",
    "Component",
    "ComponentType",
    "Content",
    "CopyrightStatement",
    "Curation",
    "CurationIssue",
    "Curations",
    "Distribution",
    "Elected",
    "Election",
    "Expression",
    "FileEntry",
    "FileType",
    "Image",
    "ImageFacts",
    "ImageSpec",
    "Inventory",
    "Layer",
    "LicenseFacts",
    "LicenseFinding",
    "LicenseIssue",
    "LicenseKind",
    "Location",
    "Occurrence",
    "OsRelease",
    "Package",
    "Platform",
    "PolicyFile",
    "PolicyLine",
    "Problem",
    "Product",
    "Relationship",
    "RelationshipType",
    "Role",
    "RuleInfo",
    "Severity",
    "ShippedText",
    "SourceOffer",
    "SourceRef",
    "State",
    "Supplier",
    "Tool",
    "UnownedFile",
    "Verdict",
    "Violation",
    "Waiver",
    "WaiverReason",
    "path_bytes",
    "path_text",
    "well_formed",
]

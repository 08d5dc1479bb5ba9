"""Rules. To add one: a module here, a line below, a fixture folder.

A rule says what it cannot see; it never passes because a fact is missing.
"""

from sbomctl.policy.base import Rule
from sbomctl.policy.rules.advertising_clause import AdvertisingClause
from sbomctl.policy.rules.altered_license_text import AlteredLicenseText
from sbomctl.policy.rules.ambiguous_license import AmbiguousLicense
from sbomctl.policy.rules.copyleft_in_role import CopyleftInRole
from sbomctl.policy.rules.curation_issue import CurationIssue
from sbomctl.policy.rules.declared_differs import DeclaredDiffers
from sbomctl.policy.rules.denied_license import DeniedLicense
from sbomctl.policy.rules.deprecated_license import DeprecatedLicense
from sbomctl.policy.rules.firmware import Firmware
from sbomctl.policy.rules.forbidden_package import ForbiddenPackages
from sbomctl.policy.rules.incomplete_scan import IncompleteScan
from sbomctl.policy.rules.license_changed import LicenseChanged
from sbomctl.policy.rules.locked_device import LockedDevice
from sbomctl.policy.rules.missing_license import MissingLicense
from sbomctl.policy.rules.missing_license_text import MissingLicenseText
from sbomctl.policy.rules.missing_notice import MissingNotice
from sbomctl.policy.rules.missing_source import MissingSource
from sbomctl.policy.rules.proprietary_kernel_module import ProprietaryKernelModule
from sbomctl.policy.rules.restricted_use import RestrictedUse
from sbomctl.policy.rules.review_license import ReviewLicense
from sbomctl.policy.rules.unhandled_license import UnhandledLicense
from sbomctl.policy.rules.unknown_license import UnknownLicense
from sbomctl.policy.rules.unowned_executables import UnownedExecutables

RULES: tuple[Rule, ...] = (
    IncompleteScan(),
    DeniedLicense(),
    LockedDevice(),
    RestrictedUse(),
    CopyleftInRole(),
    ReviewLicense(),
    UnhandledLicense(),
    UnknownLicense(),
    AmbiguousLicense(),
    MissingLicense(),
    DeclaredDiffers(),
    AlteredLicenseText(),
    DeprecatedLicense(),
    MissingSource(),
    MissingLicenseText(),
    MissingNotice(),
    AdvertisingClause(),
    ProprietaryKernelModule(),
    Firmware(),
    ForbiddenPackages(),
    UnownedExecutables(),
    LicenseChanged(),
    CurationIssue(),
)
"""Every rule, in the order in which reports list what is equally severe."""

__all__ = ["RULES"]

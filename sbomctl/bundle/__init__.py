"""Everything that goes with a release, in one folder or archive, and the check of it.

Why a room of its own above writers, reports and findings: it says nothing itself, it puts
together what they say of one Bom, and it is the only room beside the command line that
writes files. It scans nothing and asks no clock.
"""

from sbomctl.bundle.attestation import Signer
from sbomctl.bundle.base import FINDINGS, OPTIONAL, SOURCE_OFFER, BundleInput, KeptFile
from sbomctl.bundle.kept_files import keep, renamed_policy, renamed_waivers
from sbomctl.bundle.placing import Place, prepared
from sbomctl.bundle.verify import Verified, verify
from sbomctl.bundle.write import Written, outcome, write

__all__ = [
    "BundleInput", "FINDINGS", "KeptFile", "OPTIONAL", "Place", "SOURCE_OFFER", "Signer", "Verified", "Written", "keep",
    "outcome", "prepared", "renamed_policy", "renamed_waivers", "verify", "write",
]  # fmt: skip

"""Whole-image scanners of others. To add one: a module here, a line below.

Why beside the catalogers: a delegate is handed the target itself and reads it again, so it
costs as much as a scan; it is asked only where our catalogers see nothing, or to compare.
"""

from sbomctl.delegates.base import Delegate, Report
from sbomctl.delegates.syft import Syft

DELEGATES: tuple[Delegate, ...] = (Syft(),)

__all__ = ["DELEGATES", "Delegate", "Report"]

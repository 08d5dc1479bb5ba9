"""What scanners have found in one image, before it becomes its inventory."""

from __future__ import annotations

import msgspec

from sbomctl.model import Package, Problem, Reconciliation, Tool


class Findings(msgspec.Struct, frozen=True):
    """Packages with their states, what could not be read, who took part, what two found apart, and manifests."""

    packages: tuple[Package, ...] = ()
    problems: tuple[Problem, ...] = ()
    tools: tuple[Tool, ...] = ()
    notes: tuple[str, ...] = ()  # sorted
    reconciled: tuple[Reconciliation, ...] = ()  # sorted

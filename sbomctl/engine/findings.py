"""What scanners have found in one image, before it becomes its inventory."""

from __future__ import annotations

from dataclasses import dataclass

from sbomctl.model import Package, Problem, Reconciliation, Tool


@dataclass(frozen=True, slots=True)
class Findings:
    """Packages with their states, what could not be read, who took part, what two found apart, and manifests."""

    packages: tuple[Package, ...] = ()
    problems: tuple[Problem, ...] = ()
    tools: tuple[Tool, ...] = ()
    notes: tuple[str, ...] = ()  # sorted
    reconciled: tuple[Reconciliation, ...] = ()  # sorted

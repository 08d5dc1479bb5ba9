"""What people read of a bill of materials: pure functions of a ``Bom``; no layers, no clock, no files."""

from sbomctl.reports.license_summary import license_summary

__all__ = ["license_summary"]

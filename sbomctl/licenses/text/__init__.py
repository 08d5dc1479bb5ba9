"""Our own license detector: every license in a text, with lines, coverage and how it was recognised."""

from sbomctl.licenses.text.detection import detect
from sbomctl.licenses.text.result import Detection, Match

__all__ = ["Detection", "Match", "detect"]

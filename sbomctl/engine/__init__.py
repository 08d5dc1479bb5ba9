"""One image to one inventory: read its layers, stack them, ask the catalogers, date what they found.

Why layers first: a layer is read once for the whole product however many images share it,
and everything after that works on small indexes in memory.
"""

from sbomctl.engine.crosscheck import ENGINES, Crosscheck
from sbomctl.engine.inventory import gate_for, stack_layers, take_inventory
from sbomctl.engine.license_memory import LicenseMemory
from sbomctl.engine.licensing import Detection
from sbomctl.engine.opening import opened, read_each
from sbomctl.engine.reading import read_layers
from sbomctl.engine.reconcile import Reconciled
from sbomctl.engine.second_opinion import SecondOpinion
from sbomctl.engine.unrecorded import Unrecorded
from sbomctl.layers.harvest import Harvest

__all__ = [
    "ENGINES",
    "Crosscheck",
    "Detection",
    "Harvest",
    "LicenseMemory",
    "Reconciled",
    "SecondOpinion",
    "Unrecorded",
    "gate_for",
    "opened",
    "read_each",
    "read_layers",
    "stack_layers",
    "take_inventory",
]

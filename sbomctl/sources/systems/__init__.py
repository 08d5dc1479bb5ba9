"""Systems whose root is not simply a file system: one module per system, each a ``base.System``.

A disk, a tar or a directory gives trees of files. Each system is asked whether a tree holds its root in a form of
its own (a deployment, a stack of layers), and whether images lie in it (an engine's store, snaps). The first
system that finds a root decides; images are added up.
"""

from __future__ import annotations

from sbomctl.sources.systems.balena import Balena
from sbomctl.sources.systems.base import System
from sbomctl.sources.systems.compose_apps import ComposeApps
from sbomctl.sources.systems.containerd import Containerd
from sbomctl.sources.systems.docker_engine import DockerEngine
from sbomctl.sources.systems.openwrt import OpenWrt
from sbomctl.sources.systems.ostree import Ostree
from sbomctl.sources.systems.pantavisor import Pantavisor
from sbomctl.sources.systems.podman import Podman
from sbomctl.sources.systems.saved_images import SavedImages
from sbomctl.sources.systems.snaps import Snaps

SYSTEMS: tuple[System, ...] = (
    Ostree(),
    Balena(),
    Pantavisor(),
    OpenWrt(),
    DockerEngine(),
    Podman(),
    Containerd(),
    SavedImages(),
    ComposeApps(),
    Snaps(),
)
"""Every system, in the order in which they are asked."""

SIGNS = tuple(sign for system in SYSTEMS for sign in system.signs)
"""Starts of paths that show that one of them is there."""

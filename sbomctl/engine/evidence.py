"""Signs of ecosystems that none of our catalogers covers: these go to syft, or make the scan incomplete."""

from __future__ import annotations

import re

import msgspec

from sbomctl.layers.stack import Stack
from sbomctl.model import Content, FileEntry, FileType, Location

ECOSYSTEMS = {
    "go": ("Go binary", "Go binaries"),
    "rust": ("Rust binary with a list of its crates", "Rust binaries with a list of their crates"),
    "java": ("Java archive", "Java archives"),
    "ruby": ("gem specification", "gem specifications"),
    "dotnet": (".NET dependency file", ".NET dependency files"),
    "php": ("list of PHP Composer packages", "lists of PHP Composer packages"),
    "pacman": ("pacman package record", "pacman package records"),
    "portage": ("Portage package record", "Portage package records"),
    "conda": ("conda package record", "conda package records"),
    "lua": ("LuaRocks package", "LuaRocks packages"),
    "r": ("R package", "R packages"),
    "erlang": ("Erlang application", "Erlang applications"),
}
"""Ecosystem -> what one sign of it is called, and several."""

_BY_CONTENT = {Content.GO: "go", Content.RUST: "rust"}
_SIGNS = (  # what a path of it ends with and contains, for a quick look at each of a million, and the whole pattern
    ("java", (".jar", ".war", ".ear", ".jpi", ".hpi", ".kar"), "", r".*\.(jar|war|ear|jpi|hpi|kar)"),
    ("ruby", (".gemspec",), "/specifications/", r".*/specifications/(default/)?[^/]+\.gemspec"),
    ("dotnet", (".deps.json",), "", r".*\.deps\.json"),
    ("php", ("/installed.json",), "/composer/", r".*/vendor/composer/installed\.json"),
    ("pacman", ("/desc",), "/pacman/", r"var/lib/pacman/local/[^/]+/desc"),
    ("portage", ("/CONTENTS",), "/db/pkg/", r"var/db/pkg/[^/]+/[^/]+/CONTENTS"),
    ("conda", (".json",), "/conda-meta/", r".*/conda-meta/[^/]+\.json"),
    ("lua", (".rockspec",), "/luarocks/", r".*/luarocks/rocks[^/]*/.*\.rockspec"),
    ("r", ("/DESCRIPTION",), "library/", r".*/(library|site-library)/[^/]+/DESCRIPTION"),
    ("erlang", (".app",), "/ebin/", r".*/ebin/[^/]+\.app"),
)
_SUFFIXES = tuple(sorted({suffix for _, suffixes, _, _ in _SIGNS for suffix in suffixes}))


class Trace(msgspec.Struct, frozen=True, order=True):
    """One file that shows an ecosystem; equal ``content`` tells its other names."""

    location: Location
    content: str  # hex SHA-256 where the file was digested, else the location again


def uncovered(stack: Stack) -> dict[str, tuple[Trace, ...]]:
    """Ecosystem -> sorted files of any layer that show it is there; empty for most base OS images.

    Empty files and second names of a file count for nothing.
    """
    found: dict[str, list[Trace]] = {}
    go, rust, suffixes = Content.GO, Content.RUST, _SUFFIXES  # an image may have a million files
    for layer, entries in enumerate(stack.layers):
        for path, entry in entries.items():
            if path.endswith(suffixes) or entry.content is go or entry.content is rust:
                ecosystem = _ecosystem_of(path, entry)
                if ecosystem and entry.link_target not in entries:
                    place = Location(stack.image, layer, path)
                    found.setdefault(ecosystem, []).append(Trace(place, entry.sha256 or str(place)))
    return {ecosystem: tuple(sorted(traces)) for ecosystem, traces in sorted(found.items())}


def _ecosystem_of(path: str, entry: FileEntry) -> str:
    if entry.content in _BY_CONTENT:
        return _BY_CONTENT[entry.content]
    if entry.type is FileType.REGULAR and entry.size:
        for ecosystem, suffixes, within, pattern in _SIGNS:
            if within in path and path.endswith(suffixes) and re.fullmatch(pattern, path):
                return ecosystem
    return ""


def counted(ecosystem: str, traces: tuple[Trace, ...]) -> str:
    """``12 Go binaries such as usr/bin/x``."""
    one, many = ECOSYSTEMS[ecosystem]
    if len(traces) == 1:
        return f"1 {one}, {traces[0].location.path}"
    return f"{len(traces):,} {many} such as {traces[0].location.path}"

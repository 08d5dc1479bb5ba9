"""Signs of ecosystems that none of our catalogers covers: these go to syft, or make the scan incomplete."""

from __future__ import annotations

import re

from sbomctl.layers.stack import Stack
from sbomctl.model import Content, FileType

_SUFFIXES = (
    ".jar", ".war", ".ear", ".gemspec", ".deps.json", "/installed.json", "/desc", "/CONTENTS", ".conda-meta",
    ".json", ".rockspec", "/DESCRIPTION", ".app", "/manifest.lua", ".drv", "/rebar.lock",
)  # fmt: skip
_PATTERNS = tuple(
    (ecosystem, re.compile(pattern))
    for ecosystem, pattern in (
        ("java", r".*\.(jar|war|ear)"),
        ("ruby", r".*/specifications/(default/)?[^/]+\.gemspec"),
        ("dotnet", r".*\.deps\.json"),
        ("php", r".*/vendor/composer/installed\.json"),
        ("pacman", r"var/lib/pacman/local/[^/]+/desc"),
        ("portage", r"var/db/pkg/[^/]+/[^/]+/CONTENTS"),
        ("conda", r".*/conda-meta/[^/]+\.json"),
        ("lua", r".*/luarocks/rocks[^/]*/.*\.rockspec"),
        ("r", r".*/(library|site-library)/[^/]+/DESCRIPTION"),
        ("erlang", r".*/ebin/[^/]+\.app"),
    )
)


def uncovered(stack: Stack) -> dict[str, tuple[str, ...]]:
    """Ecosystem -> sorted paths, in any layer, that show it is there; empty for most base OS images."""
    found: dict[str, set[str]] = {}
    for entries in stack.layers:
        for path, entry in entries.items():
            if entry.content is Content.GO:
                found.setdefault("go", set()).add(path)
            elif entry.content is Content.RUST:
                found.setdefault("rust", set()).add(path)
            elif path.endswith(_SUFFIXES) and entry.type is FileType.REGULAR:
                for ecosystem, pattern in _PATTERNS:
                    if pattern.fullmatch(path):
                        found.setdefault(ecosystem, set()).add(path)
    return {ecosystem: tuple(sorted(paths)) for ecosystem, paths in sorted(found.items())}

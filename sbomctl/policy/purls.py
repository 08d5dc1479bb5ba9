"""Which components a purl with a range of versions names."""

from __future__ import annotations

from sbomctl.model import Component
from sbomctl.policy.globs import is_glob, matches
from sbomctl.versions import in_range


def covers(pattern: str, versions: str, component: Component) -> bool:
    """Whether ``component`` is one of those that ``pattern`` names, at a version in ``versions``.

    A purl without wildcard names one package, whatever its qualifiers; ``*`` spans any characters.
    """
    bare = unversioned(component.purl)
    fits = matches(pattern, bare) if is_glob(pattern) else bare.lower() == pattern.lower()
    return fits and in_range(purl_type(component.purl), component.version, versions)


def unversioned(purl: str) -> str:
    """A purl without version, qualifiers and subpath."""
    bare = purl.partition("#")[0].partition("?")[0]
    head, at, version = bare.rpartition("@")
    return head if at and "/" not in version else bare


def purl_type(purl: str) -> str:
    """``deb`` of ``pkg:deb/debian/bash``."""
    return purl.removeprefix("pkg:").partition("/")[0]


def purl_fault(pattern: str) -> str:
    """What is wrong with a purl that is to name components; "" when nothing is."""
    if not pattern.startswith("pkg:") or not pattern.removeprefix("pkg:").strip("/*"):
        return "is no purl, as in 'pkg:deb/debian/bash'"
    if "?" in pattern or "#" in pattern:
        return "has qualifiers; write the purl up to the name"
    if "@" in pattern:
        return "has a version; write it under versions, as in versions: '>=5.2,<5.3'"
    if not is_glob(pattern) and "/" not in pattern.removeprefix("pkg:"):
        return "names no package, only a type"
    return ""

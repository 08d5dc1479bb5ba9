"""Relationship fields of control files (Debian Policy, chapter 7)."""

from __future__ import annotations

import re

from sbomctl.model import SourceRef

# Each alternative stops at its own opening bracket, which keeps the match linear.
_CONDITION = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|<[^<>]*>|:[A-Za-z0-9-]+|\s+")
_EXACT = re.compile(r"\s*([^\s(),]+)\s*\(\s*=\s*([^\s()]+)\s*\)")


def capability_names(*values: str) -> tuple[str, ...]:
    """The names in relationship fields, sorted, without versions and architectures; alternatives as ``a|b``."""
    names = {name.strip("|") for value in values if value for name in _CONDITION.sub("", value).split(",")}
    return tuple(sorted(names - {""}))


def source_and_version(value: str) -> tuple[str, str]:
    """``name (version)`` of a Source field taken apart; version "" when it states none (deb-control(5))."""
    name, _, rest = value.partition("(")
    return name.strip(), rest.partition(")")[0].strip()


def sources_used(value: str, relation: str) -> tuple[SourceRef, ...]:
    """The sources in a Built-Using field (Debian Policy 7.8: each with its exact version)."""
    refs = set()
    for item in value.split(","):
        found = _EXACT.match(item)
        name, version = found.groups() if found else (item.partition("(")[0].strip(), "")
        if name:
            refs.add(SourceRef(name, version, relation=relation))
    return tuple(sorted(refs))

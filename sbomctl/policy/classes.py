"""What each license asks: its class and its obligations, from a table that users can read and extend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal, get_args

import msgspec

from sbomctl.licenses.expression import Term
from sbomctl.policy.globs import is_glob, matches

ClassName = Literal[
    "public-domain",
    "permissive",
    "share-alike",
    "weak-copyleft",
    "strong-copyleft",
    "network-copyleft",
    "restricted-use",
    "proprietary",
]
CLASSES: tuple[str, ...] = get_args(ClassName)
"""The classes, from those that ask least to those that ask most; ``policies/license-classes.yaml`` explains them."""

Obligation = Literal[
    "text",
    "notices",
    "notice-file",
    "source",
    "network-source",
    "installation",
    "relink",
    "changes",
    "acknowledgment",
    "advertising",
    "names",
    "not-sold-alone",
    "non-commercial",
    "no-derivatives",
    "source-available",
    "ethical-use",
    "field-of-use",
    "binary-only",
]
OBLIGATIONS: tuple[str, ...] = get_args(Obligation)
LINKING, OUTPUT = "linking", "output"
"""What an exception may do: free other code from copyleft, or what a program puts out."""


class LicenseClass(msgspec.Struct, frozen=True):
    """What one license asks; ``name`` "" means that the table does not know it."""

    name: str = ""
    obligations: frozenset[str] = frozenset()

    @property
    def weight(self) -> tuple[int, int]:
        """How much it asks, for choosing between licenses that are allowed alike; unknown ones come last."""
        return (CLASSES.index(self.name) if self.name else len(CLASSES), len(self.obligations))


UNCLASSED = LicenseClass()


class ClassTable(msgspec.Struct, frozen=True):
    """License ids, exceptions and patterns of references, by lower-case id."""

    licenses: dict[str, LicenseClass]
    effects: dict[str, str] = {}  # of exceptions
    patterns: tuple[tuple[str, LicenseClass], ...] = ()
    list_version: str = ""

    def of(self, term: Term) -> LicenseClass:
        """The class of a license, with its exception: one that permits linking makes copyleft weak.

        Obligations stay: an exception frees other code, not the work itself (requirement OB-13).
        Only build and generated files become part of works that are installed under other terms.
        """
        own = self.licenses.get(term.license.lower().removesuffix("+")) or self._by_pattern(term.license)
        if not term.exception or not self.frees_others(term):
            return own
        output = self.effects[term.exception.lower()] == OUTPUT
        strong = own.name in ("strong-copyleft", "network-copyleft")
        asked = own.obligations - {"installation"} if output else own.obligations
        return LicenseClass("weak-copyleft" if strong else own.name, asked)

    def frees_others(self, term: Term) -> bool:
        """Whether the exception of ``term`` lets it be combined with code under other licenses."""
        return self.effects.get(term.exception.lower()) in (LINKING, OUTPUT)

    def _by_pattern(self, license_id: str) -> LicenseClass:
        return next((found for pattern, found in self.patterns if matches(pattern, license_id)), UNCLASSED)

    def extended(self, groups: Iterable[Mapping[str, Any]]) -> ClassTable:
        """This table with ``groups`` of a policy before it; the first group that places an id counts."""
        licenses, patterns = _placed(groups)
        return msgspec.structs.replace(
            self, licenses={**self.licenses, **licenses}, patterns=(*patterns, *self.patterns)
        )


@lru_cache(maxsize=1)
def shipped_table() -> ClassTable:
    """The table that comes with sbomctl, ``policies/license-classes.yaml``."""
    from sbomctl.config.document import read
    from sbomctl.policy.shipped import TABLE
    from sbomctl.resources import folder

    data = read(folder("policies") / TABLE).data
    licenses, _ = _placed(data["licenses"])
    _, patterns = _placed({**group, "ids": group["patterns"]} for group in data["references"])
    effects = {one.lower(): group["effect"] for group in data["exceptions"] for one in group["ids"]}
    return ClassTable(licenses, effects, patterns, data["list_version"])


def _placed(
    groups: Iterable[Mapping[str, Any]],
) -> tuple[dict[str, LicenseClass], tuple[tuple[str, LicenseClass], ...]]:
    """Ids and patterns of groups as a policy or the table has them."""
    licenses: dict[str, LicenseClass] = {}
    patterns: list[tuple[str, LicenseClass]] = []
    for group in groups:
        found = LicenseClass(group["class"], frozenset(group.get("obligations", ())))
        for one in group["ids"]:
            if is_glob(one):
                patterns.append((one, found))
            else:
                licenses.setdefault(one.lower(), found)
    return licenses, tuple(patterns)

"""Files whose licenses people have labelled, and what the labels mean in SPDX terms."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from sbomctl.licenses.deprecated import replacement
from sbomctl.licenses.spdx_list import spdx_list

_TOKEN = re.compile(r"[^\s()]+")
_OPERATORS = frozenset(("AND", "OR", "WITH"))


@dataclass(frozen=True)
class Case:
    """One labelled file."""

    name: str  # within its set
    text: str
    labels: frozenset[str]  # identifiers of the SPDX list; a bare GNU version leaves -only and -or-later open
    vocabulary: frozenset[str] = frozenset()  # what labels of this set could say; () = anything

    @property
    def held_back(self) -> bool:
        """Whether it belongs to the half that nobody looks at while writing rules."""
        return hashlib.sha256(self.name.encode()).digest()[0] % 2 == 1


def sets(shared: Path) -> dict[str, list[Case]]:
    """All labelled sets below ``shared``, by name."""
    real = shared / "data" / "real"
    found = {
        "scancode-datadriven": (case for case in _scancode(real) if "/nuget/" not in case.name),
        "scancode-urls": (case for case in _scancode(real) if "/nuget/" in case.name),
        "licensecheck": _licensecheck(real / "licence/licensecheck"),
        "licensee": _licensee(real / "licence/licensee"),
        "licenseclassifier": _classifier(real / "licence/licenseclassifier-scenarios"),
        "debian-copyright": _debian(real / "licence/debian-copyright"),
    }
    return {name: sorted(cases, key=lambda case: case.name) for name, cases in found.items()}


@lru_cache(maxsize=4096)
def _listed(words: tuple[str, ...]) -> frozenset[str]:
    return listed(list(words))


def listed(words: list[str]) -> frozenset[str]:
    """The identifiers among ``words`` that the list has, deprecated ones replaced unless they leave a version open."""
    lists = spdx_list()
    kept: set[str] = set()
    for word in words:
        key = word.lower()
        if key in lists.licenses or key in lists.exceptions:
            kept.add(lists.licenses.get(key) or lists.exceptions[key])
        elif f"{key}-only" in lists.licenses:
            kept.add(word)
        elif gnu := re.fullmatch(r"(l?gpl-\d\.\d)-with-(\w+)-exception", key):
            kept.add(gnu[1].upper())
            kept |= {lists.exceptions[one] for one in lists.exceptions if one.startswith(f"{gnu[2]}-exception-2")}
        elif newer := replacement(key):
            kept |= {one for one in _TOKEN.findall(newer) if one not in _OPERATORS}
    return frozenset(kept)


def read(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


@lru_cache(maxsize=1)
def _keys(real: Path) -> dict[str, str]:
    index = json.loads((real / "reference/scancode-licensedb-index.json").read_text())
    return {entry["license_key"]: entry.get("spdx_license_key") or "" for entry in index}


def _scancode(real: Path) -> Iterator[Case]:
    root = real / "licence/scancode-datadriven"
    for label in root.rglob("*.yml"):
        file = label.with_suffix("")
        facts = yaml.safe_load(label.read_text())
        if not file.is_file() or not isinstance(facts, dict):
            continue
        keys = [key for one in facts.get("license_expressions") or () for key in _TOKEN.findall(str(one))]
        words = [_keys(real).get(key, "") for key in keys if key.upper() not in _OPERATORS]
        yield Case(file.relative_to(root).as_posix(), read(file), listed(words), _listed((*_keys(real).values(),)))


def _licensecheck(root: Path) -> Iterator[Case]:
    for file in root.iterdir():
        head, _, text = read(file).partition("\n\n")
        yield Case(file.name, text, listed([line.split()[0] for line in head.splitlines()[1:] if line.split()]))


def _licensee(root: Path) -> Iterator[Case]:
    facts = yaml.safe_load((root / "fixtures.yml").read_text())
    for name, fact in facts.items():
        key = fact.get("key") or ""
        files = [
            file
            for file in (root / name).glob("*")
            if file.is_file() and re.match(r"licen[cs]e|copying", file.name, re.I)
        ]
        if key in ("", "other", "no-license") or not files:
            continue
        yield Case(
            name, "\n\n".join(map(read, sorted(files))), listed([key.upper() if "gpl" in key or "gfdl" in key else key])
        )


def _classifier(root: Path) -> Iterator[Case]:
    for file in root.iterdir():
        head, _, text = read(file).partition("EXPECTED:")
        labels, _, text = text.partition("\n")
        if head is not None:
            yield Case(file.name, text, listed(labels.strip().split(",")))


def _debian(root: Path) -> Iterator[Case]:
    for label in root.rglob("*-detailed.expected.yml"):
        file = label.with_name(label.name.removesuffix("-detailed.expected.yml"))
        facts = yaml.safe_load(label.read_text())
        if not file.is_file():
            continue
        words: list[str] = []
        for kind in ("license_detections", "other_license_detections"):
            for detection in facts.get(kind) or ():
                words += _TOKEN.findall(detection.get("license_expression_spdx") or "")
        vocabulary = _listed((*_keys(root.parent.parent).values(),))
        yield Case(file.relative_to(root).as_posix(), read(file), listed(words), vocabulary)

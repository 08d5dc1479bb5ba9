"""A document checked against a JSON schema, each deviation as a fault a person can act on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

from sbomctl.config.document import Document
from sbomctl.errors import Fault

Json = Any  # JSON data, and the validator's errors, which have no types

_SHOWN = 60  # characters of a wrong value that are repeated in a message
_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}


def published(name: str) -> bytes:
    """The schema file ``name`` ("product") as we publish it."""
    return files("sbomctl.config").joinpath(f"{name}.schema.json").read_bytes()


def check(document: Document, name: str) -> list[Fault]:
    """Every way in which ``document`` deviates from the schema ``name``, in no particular order."""
    return check_against(document, json.loads(published(name)))


def check_against(document: Document, schema: Json) -> list[Fault]:
    """Every way in which ``document`` deviates from ``schema``, in no particular order."""
    import jsonschema_rs

    # RegexOptions selects the engine without backtracking: linear in what the user wrote.
    engine = jsonschema_rs.RegexOptions()
    validator = jsonschema_rs.validator_for(schema, validate_formats=True, pattern_options=engine)
    found: list[Fault] = []
    for error in validator.iter_errors(document.data):
        found.extend(_explained(document, schema, error))
    return found


def did_you_mean(word: str, known: list[str]) -> str:
    """``", did you mean 'images'?"``, or "" when nothing known is close to ``word``."""
    close = get_close_matches(word[:_SHOWN], known, n=1, cutoff=0.6)
    return f", did you mean {close[0]!r}?" if close else ""


def shown(value: object) -> str:
    """A wrong value as a message repeats it, shortened."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _explained(document: Document, schema: Json, error: Json) -> Iterator[Fault]:
    path, kind = list(error.instance_path), error.kind
    rule = _piece(schema, error.schema_path[:-1])
    if kind.name == "additionalProperties":
        for key in kind.unexpected:
            suggestion = did_you_mean(key, sorted(rule["properties"]))
            yield document.key_fault([*path, key], f"unknown key {shown(key)}{suggestion}")
    elif kind.name == "required":
        inside = f" in {path[-1]!r}" if path and isinstance(path[-1], str) else ""
        yield document.key_fault(path, f"{kind.property!r} is missing{inside}")
    elif error.instance is None:
        yield document.key_fault(path, "nothing is written here")
    else:
        explain = _MESSAGES.get(kind.name)
        yield document.fault(path, explain(error.instance, rule) if explain else error.message)


def _piece(schema: Json, path: list[str | int]) -> Json:
    """What stands at ``path`` of the schema, as the validator reports it: references resolved."""
    for step in path:
        schema = schema[step]
    return schema


def _wrong_type(value: Json, rule: Json) -> str:
    types = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    expected = f"expected {_TYPES[types[0]]}, not {shown(value)}"
    scalar = "string" in types and isinstance(value, int | float)
    return f"{expected}; put it in quotes" if scalar else expected


def _wrong_word(value: Json, rule: Json) -> str:
    words = [word for word in rule["enum"] if isinstance(word, str)]
    suggestion = did_you_mean(value, words) if isinstance(value, str) else ""
    return f"{shown(value)}: expected one of {', '.join(words)}{suggestion}"


def _wrong_form(value: Json, rule: Json) -> str:
    return f"{shown(value)} is not {rule['title']}, as in {rule['examples'][0]!r}"


_MESSAGES: dict[str, Callable[[Json, Json], str]] = {
    "type": _wrong_type,
    "enum": _wrong_word,
    "pattern": _wrong_form,
    "format": lambda value, _: f"{shown(value)} is not a date of the calendar; write YYYY-MM-DD",
    "minLength": lambda _value, _rule: "an empty text",
    "maxLength": lambda value, rule: f"{len(value)} characters, {rule['maxLength']} are allowed",
    "minItems": lambda _value, _rule: "the list is empty",
    "maxItems": lambda value, rule: f"{len(value)} items, {rule['maxItems']} are allowed",
    "minimum": lambda value, rule: f"{shown(value)} is too small; the least is {rule['minimum']}",
    "maximum": lambda value, rule: f"{shown(value)} is too large; the most is {rule['maximum']}",
    "minProperties": lambda _value, _rule: "nothing is written in it",
    "anyOf": lambda _value, rule: f"one of {', '.join(repr(one['required'][0]) for one in rule['anyOf'])} is missing",
    "uniqueItems": lambda _value, _rule: "an item is given twice",
}

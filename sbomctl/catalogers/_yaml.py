"""YAML of images as plain values: every scalar is text as it is written, so that version 1.10 stays 1.10."""

from __future__ import annotations

from typing import NamedTuple

_DEEPEST = 64
_PLAIN = (str, list, dict)


class Document(NamedTuple):
    """The keys at the top, and what is wrong with the file; "" = nothing."""

    values: dict[str, object]
    fault: str = ""
    line: int = 0  # of the fault, 1-based


def read_yaml(data: bytes) -> Document:
    """The first document of a file, which must be a mapping; anchors are not followed, nor is anything built.

    Values are texts, lists and mappings; a key that is no text is left out.
    """
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return Document(_built(yaml, yaml.parse(data.decode("utf-8", "replace"), Loader=loader)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return Document(
            {}, f"is no YAML: {getattr(error, 'problem', None) or 'unreadable'}", mark.line + 1 if mark else 0
        )
    except _TooDeep:
        return Document({}, f"is nested deeper than {_DEEPEST}")
    except _NoMapping:
        return Document({}, "has no keys at the top")


class _TooDeep(Exception):
    pass


class _NoMapping(Exception):
    pass


def _built(yaml, events) -> dict[str, object]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """The value of the first document, from parsing events, without recursion."""
    open_values: list[_Open] = []
    for event in events:
        if isinstance(event, yaml.ScalarEvent):
            value: object = event.value
        elif isinstance(event, yaml.AliasEvent):
            value = ""
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            open_values.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else []))
            if len(open_values) > _DEEPEST:
                raise _TooDeep
            continue
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            value = open_values.pop().value
        elif isinstance(event, yaml.DocumentEndEvent):
            break
        else:
            continue
        if not open_values:
            if isinstance(value, dict):
                return value
            raise _NoMapping
        open_values[-1].add(value)
    raise _NoMapping


class _Open:
    """A list or mapping that is being read."""

    def __init__(self, value: dict[str, object] | list[object]) -> None:
        self.value = value
        self._key: object = None
        self._has_key = False

    def add(self, value: object) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        elif self._has_key:
            if isinstance(self._key, str):
                self.value.setdefault(self._key, value)
            self._has_key = False
        else:
            self._key, self._has_key = value, True


def text(values: dict[str, object], *keys: str) -> str:
    """The first of these keys that has a text, in one line; "" = none has."""
    found = (values.get(key) for key in keys)
    return next((" ".join(value.split()) for value in found if isinstance(value, str) and value.strip()), "")


def texts(values: dict[str, object], *keys: str) -> list[str]:
    """The texts in the first of these keys that has a list with any."""
    for key in keys:
        value = values.get(key)
        found = [one for one in value if isinstance(one, str) and one] if isinstance(value, list) else []
        if found:
            return found
    return []

"""What the description of an SWUpdate archive says of the files in it, as far as it can be told.

SWUpdate documentation, "SWUpdate: syntax and tags with the default parser"; libconfig manual, "Configuration Files".
A description that is encrypted or built by a parser of its own tells nothing; the files are looked at all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|//[^\n]*|/\*.*?\*/
    |(?P<text>"(?:[^"\\]|\\.)*")
    |(?P<name>[A-Za-z0-9_*+.@-]+)
    |(?P<sign>[=:{}()\[\];,])""",
    re.DOTALL | re.VERBOSE,
)
_MOST_TOKENS = 1_000_000
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SHA256 = re.compile("[0-9a-fA-F]{64}")
_IMAGES = "images"
_VERSION, _HARDWARE = "version", "hardware-compatibility"


class Described(msgspec.Struct, frozen=True):
    """One file of the archive."""

    section: str  # images, files, scripts
    type: str = ""
    path: str = ""  # where an archive is unpacked
    sha256: str = ""  # of the file as it lies in the archive
    is_encrypted: bool = False


class Description(msgspec.Struct, frozen=True):
    """The facts of a release."""

    version: str = ""
    hardware: tuple[str, ...] = ()
    files: dict[str, Described] | None = None  # None: not known
    is_whole: bool = False  # False: some of it could not be understood, so there may be more files

    @property
    def about(self) -> str:
        """Version and hardware in words."""
        return " ".join([*([self.version] if self.version else []), *(f"for hardware {h}" for h in self.hardware[:1])])


def described(text: bytes) -> Description:
    """What ``sw-description`` says, in JSON or as libconfig reads it; nothing where it is neither."""
    is_whole = True
    try:
        found = msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        found, is_whole = _libconfig(text.decode("utf-8", "replace"))
    files: dict[str, Described] = {}
    version, hardware = "", list[str]()
    for key, value in _groups(found):
        version = version or _text(value.get(_VERSION)) if key in ("software", "") else version
        listed = value.get(_HARDWARE)
        hardware += [_text(one) for one in listed if _text(one)] if isinstance(listed, list) else []
        if name := _text(value.get("filename")):
            files[name] = _described(key, value, files.get(name))
    return Description(version, tuple(dict.fromkeys(hardware)), files or None, is_whole and bool(files))


def _described(section: str, facts: dict[str, Any], known: Described | None) -> Described:
    """A file may be named for each slot: what one of them says of it is so."""
    known = known or Described("")
    encrypted = facts.get("encrypted")
    digest = _text(facts.get("sha256"))
    return Described(
        known.section if known.section == _IMAGES else section,
        known.type or _text(facts.get("type")),
        known.path or _text(facts.get("path")),
        known.sha256 or (digest if _SHA256.fullmatch(digest) else ""),
        known.is_encrypted or bool(encrypted and encrypted not in ("false", "no")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _groups(found: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every group with the name of what it is in, outer before inner, in their order."""
    pending: list[tuple[str, Any]] = [("", found)]
    while pending:
        key, value = pending.pop()
        if isinstance(value, dict):
            yield key, value
            pending += reversed([(name, inner) for name, inner in value.items() if isinstance(inner, dict | list)])
        elif isinstance(value, list):
            pending += reversed([(key, inner) for inner in value])


def _libconfig(text: str) -> tuple[dict[str, Any], bool]:
    """Groups, lists and values of a libconfig text as far as it is one, and whether all is; no recursion on depth."""
    top: dict[str, Any] = {}
    stack: list[dict[str, Any] | list[Any]] = [top]
    name = ""
    for kind, word in _tokens(text):
        here = stack[-1]
        if not kind:
            return top, False
        if kind == "sign" and word in "{([":
            inner: dict[str, Any] | list[Any] = {} if word == "{" else []
            _put(here, name, inner)
            stack.append(inner)
            name = ""
        elif kind == "sign" and word in "})]":
            if len(stack) > 1:
                stack.pop()
            name = ""
        elif kind == "sign" and word in ";,":
            name = ""
        elif kind == "name" and isinstance(here, dict) and not name:
            name = word
        elif kind != "sign":
            _put(here, name, _value(kind, word))
    return top, len(stack) == 1


def _put(here: dict[str, Any] | list[Any], name: str, value: object) -> None:
    """Add a value; a text that follows a text is its continuation."""
    if isinstance(here, list):
        here.append(value)
    elif isinstance(value, str) and isinstance(before := here.get(name), str):
        here[name] = before + value
    else:
        here[name] = value


def _value(kind: str, word: str) -> object:
    if kind == "text":
        return _ESCAPE.sub(r"\1", word[1:-1])
    return {"true": True, "false": False}.get(word.lower(), word)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each token; a kind of "" where there is something else."""
    at = 0
    for _ in range(_MOST_TOKENS):
        match = _TOKEN.match(text, at)
        if match is None:
            break
        at = match.end()
        if match.lastgroup:
            yield match.lastgroup, match[match.lastgroup]
    if at < len(text):
        yield "", ""

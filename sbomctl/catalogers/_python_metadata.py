"""Core metadata of Python distributions: ``METADATA`` and ``PKG-INFO`` (core-metadata specification).

Only the header block is read. Why not ``email.parser``: it does not keep the line numbers.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_END_OF_HEADERS = re.compile(rb"\n\r?\n")
_HEADER = (
    re.compile(  # one that is wanted, with its continuation lines; all others are passed over without a Python step
        r"^(name|version|summary|home-page|download-url|project-url|author|author-email|maintainer|maintainer-email"
        r"|license|license-expression|classifier(?=:[ \t]*License ::)|requires-dist):(.*(?:\n[ \t].*)*)",
        re.MULTILINE | re.IGNORECASE,
    )
)
_NOT_STATED = ("", "UNKNOWN")  # what setuptools writes for a field nobody filled in
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
_EXTRA = re.compile(r"\bextra\b")
_SEPARATORS = re.compile(r"[-_.]+")
_SOURCE_LABELS = ("source", "repository", "sourcecode", "github")  # PEP 753, "source" and its aliases
_MAX_LICENSE = 1024  # characters


class Header(NamedTuple):
    """A value, its folding undone, and the 1-based line it starts on."""

    line: int
    value: str


class Stated(NamedTuple):
    """A license as one field states it."""

    line: int
    value: str
    field: str  # License-Expression | License | Classifier


class Metadata(NamedTuple):
    """What one distribution says of itself; "" or () = not stated."""

    name: Header
    version: str
    supplier: str
    homepage: str
    download_url: str
    vcs_url: str
    summary: str
    licenses: tuple[Stated, ...]
    requires: tuple[str, ...]  # normalized names, without those of extras


def read_metadata(data: bytes) -> Metadata:
    """The header block, as far as an SBOM needs it.

    ``licenses`` holds License-Expression, License and each ``License ::`` classifier. License
    is free text, often a whole license: of a longer one the first 1024 characters are kept.
    """
    headers = _read_headers(data)
    licenses = (
        *(Stated(line, text, "License-Expression") for line, text in headers.get("license-expression", ())),
        *(Stated(line, text[:_MAX_LICENSE], "License") for line, text in headers.get("license", ())),
        *(Stated(line, text, "Classifier") for line, text in headers.get("classifier", ())),
    )
    return Metadata(
        name=headers.get("name", (Header(0, ""),))[0],
        version=_first(headers, "version"),
        supplier=_person(headers, "author") or _person(headers, "maintainer"),
        homepage=_first(headers, "home-page") or _project_url(headers, "homepage"),
        download_url=_first(headers, "download-url"),
        vcs_url=_project_url(headers, *_SOURCE_LABELS),
        summary=" ".join(_first(headers, "summary").split()),
        licenses=licenses,
        requires=requirement_names([header.value for header in headers.get("requires-dist", ())]),
    )


def normalized(name: str) -> str:
    """The form in which two spellings of one project name are equal (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


def requirement_names(requirements: list[str]) -> tuple[str, ...]:
    """The normalized names of PEP 508 requirements, each once, without those that only an extra asks for."""
    names: dict[str, None] = {}
    for requirement in requirements:
        wanted, _, marker = requirement.partition(";")
        found = _REQUIREMENT.match(wanted)
        if found and not _EXTRA.search(marker):
            names[normalized(found[1])] = None
    return tuple(names)


def _read_headers(data: bytes) -> dict[str, list[Header]]:
    """The wanted headers by lower-case name; a line that is neither header nor continuation is passed over."""
    end = _END_OF_HEADERS.search(data)
    text = data[: end.start() if end else None].decode("utf-8", "backslashreplace").removeprefix("\ufeff")
    headers: dict[str, list[Header]] = {}
    line, counted = 1, 0
    for found in _HEADER.finditer(text):
        line += text.count("\n", counted, found.start())
        counted = found.start()
        value = found[2].strip()
        if "\n" in value:
            value = "\n".join(part.strip() for part in value.split("\n"))
        if value not in _NOT_STATED:
            headers.setdefault(found[1].lower(), []).append(Header(line, value))
    return headers


def _first(headers: dict[str, list[Header]], name: str) -> str:
    found = headers.get(name)
    return found[0].value if found else ""


def _person(headers: dict[str, list[Header]], role: str) -> str:
    """``Name <address>`` from the two headers; the address alone may already have that form (PEP 621)."""
    name, address = (" ".join(_first(headers, key).split()) for key in (role, f"{role}-email"))
    return f"{name} <{address}>" if name and address and "<" not in address else name or address


def _project_url(headers: dict[str, list[Header]], *wanted: str) -> str:
    """The first Project-URL with one of these labels, compared as the well-known labels are (PEP 753)."""
    for _, text in headers.get("project-url", ()):
        label, _, url = text.partition(",")
        if re.sub(r"[^a-z0-9]", "", label.lower()) in wanted:
            return url.strip()
    return ""

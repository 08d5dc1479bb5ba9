"""``package.json`` of npm packages (npm's package-json documentation), in its present and its older forms."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from sbomctl.model import well_formed

_LICENSE_KEY = re.compile(rb'[ \t{,]*"licenses?"[ \t]*:')  # at the start of a line
_NAME = re.compile(r"(?:@[^\s/@]+/)?[^\s/@]+")
_URL = re.compile(r"(?:https?|git\+[a-z]+|git)://")
_HOSTS = {"github": "https://github.com", "gitlab": "https://gitlab.com", "bitbucket": "https://bitbucket.org"}
_SHORT_REPOSITORY = re.compile(
    r"(?:(?P<host>github|gitlab|bitbucket):)?(?P<path>\w[\w.-]*/\w[\w.-]*)"
)  # npm's own forms
_DEPENDENCIES = ("dependencies", "optional_dependencies", "peer_dependencies")
_MAX_LICENSE = 1024  # characters


class Manifest(NamedTuple):
    """What a package says of itself; "" or () = not stated."""

    name: str = ""  # "" also when it is no package name
    version: str = ""
    fault: str = ""  # why the file cannot be read
    licenses: tuple[tuple[str, str], ...] = ()  # member, as written; one per license object
    license_line: int = 1  # 1-based
    supplier: str = ""
    homepage: str = ""
    download_url: str = ""
    vcs_url: str = ""
    description: str = ""
    depends_on: tuple[str, ...] = ()

    @property
    def identified(self) -> bool:
        """Whether it has a name and a version, as every installed package must."""
        return bool(self.name and self.version)


class _Document(msgspec.Struct, rename={"resolved": "_resolved", "optional_dependencies": "optionalDependencies",
                                        "peer_dependencies": "peerDependencies"}):  # fmt: skip
    """The members that are read; every other is skipped without being built. Each may have any type."""

    name: Any = ""
    version: Any = ""
    description: Any = ""
    homepage: Any = ""
    repository: Any = None
    license: Any = None
    licenses: Any = None
    author: Any = None
    maintainers: Any = None
    contributors: Any = None
    resolved: Any = ""
    dist: Any = None
    dependencies: Any = None
    optional_dependencies: Any = None
    peer_dependencies: Any = None


_decode = msgspec.json.Decoder(_Document).decode


def read_package_json(data: bytes) -> Manifest:
    """The manifest; one that is no JSON object says so in ``fault``. A byte order mark is passed over, as npm does."""
    text = data.removeprefix(b"\xef\xbb\xbf")
    try:
        document = _document(text)
    except RecursionError:
        return Manifest(fault="nested too deeply")
    except (msgspec.MsgspecError, UnicodeError) as error:
        return Manifest(fault=f"not a JSON object: {error}")
    name = _text(document.name)
    stated = dict.fromkeys(_licenses(document.license), "license")
    old = dict.fromkeys(_licenses(document.licenses), "licenses")
    licenses = tuple((field, text) for text, field in (stated | old | stated).items())
    return Manifest(
        name=name if name.isprintable() and "\N{REPLACEMENT CHARACTER}" not in name and _NAME.fullmatch(name) else "",
        version=_text(document.version),
        licenses=licenses,
        license_line=_license_line(data) if licenses else 1,
        supplier=_first_person(document),
        homepage=_text(document.homepage),
        download_url=_download_url(document),
        vcs_url=_repository(document.repository),
        description=" ".join(_text(document.description).split()),
        depends_on=_depends_on(document),
    )


def _document(text: bytes) -> _Document:
    try:
        return _decode(text)
    except (msgspec.MsgspecError, UnicodeError):
        return _decode(well_formed(text))


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _licenses(value: object) -> list[str]:
    """A string, an object with type and url (npm before 2), or a list of these."""
    return [text for item in _items(value) if (text := _license(item))]


def _license(item: object) -> str:
    if isinstance(item, dict):
        item = next((item[key] for key in ("type", "name", "url") if _text(item.get(key))), "")
    return _text(item)[:_MAX_LICENSE]


def _license_line(data: bytes) -> int:
    """The line of the member when just one line can be it; else 1.

    Searching for the pattern would look at the start of every line; most have no such word.
    """
    found = []
    at = start = -1  # the last such word, and the start of its line
    while (word := data.find(b'"license', at + 1)) >= 0:
        line = data.rfind(b"\n", max(at, 0), word) + 1 or max(start, 0)
        if line != start and _LICENSE_KEY.match(data, line):
            found.append(line)
        at, start = word, line
    return data.count(b"\n", 0, found[0]) + 1 if len(found) == 1 else 1


def _first_person(document: _Document) -> str:
    people = (*_items(document.author), *_items(document.maintainers), *_items(document.contributors))
    return next((name for name in map(_person, people) if name), "")


def _person(value: object) -> str:
    """``Name <address>``, from a string or an object; the URL in parentheses is left out."""
    if isinstance(value, dict):
        name, address = _text(value.get("name")), _text(value.get("email"))
        return f"{name} <{address}>" if name and address else name or address
    return _text(value).partition("(")[0].strip()


def _download_url(document: _Document) -> str:
    """Where the tarball came from, as older npm wrote it into the file; a path of the build machine is none."""
    dist = document.dist.get("tarball") if isinstance(document.dist, dict) else ""
    return next((url for url in (_text(document.resolved), _text(dist)) if _URL.match(url)), "")


def _repository(value: object) -> str:
    """The repository's URL, from a string or an object; npm's short forms written out."""
    text = _text(value.get("url") if isinstance(value, dict) else value)
    found = _SHORT_REPOSITORY.fullmatch(text)
    return f"{_HOSTS[found['host'] or 'github']}/{found['path']}" if found else text


def _depends_on(document: _Document) -> tuple[str, ...]:
    """Names of what it asks for; optional and peer dependencies need not be installed."""
    groups = (getattr(document, group) for group in _DEPENDENCIES)
    return tuple(sorted({name for group in groups if isinstance(group, dict) for name in group}))

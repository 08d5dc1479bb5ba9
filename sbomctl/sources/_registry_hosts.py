"""Where a registry is asked: mirrors, other addresses and hosts without TLS, as registries.conf lists them.

containers-registries.conf(5), version 2, which podman, skopeo and buildah read too. Read are
``prefix``, ``location``, ``insecure``, ``blocked`` and ``mirror``; names without a host are
Docker's, so ``unqualified-search-registries`` and aliases are not used. ``insecure`` allows
HTTP; a certificate that is presented is verified all the same.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from sbomctl import tools
from sbomctl.errors import ConfigError, InputError
from sbomctl.sources._registry_reference import Reference, is_loopback

_MAX_FILE = 1 << 20


class Mirror(msgspec.Struct, frozen=True, rename="kebab"):
    """Another place that has the same images."""

    location: str
    insecure: bool = False
    pull_from_mirror: str = "all"  # all | digest-only | tag-only


class Listed(msgspec.Struct, frozen=True):
    """One ``[[registry]]``."""

    prefix: str = ""
    location: str = ""
    insecure: bool = False
    blocked: bool = False
    mirror: tuple[Mirror, ...] = ()


class _File(msgspec.Struct, frozen=True):
    registry: tuple[Listed, ...] = ()


class Endpoint(msgspec.Struct, frozen=True):
    """One place to ask for an image; ``plain`` allows HTTP."""

    host: str
    name: str
    plain: bool

    def __str__(self) -> str:
        return f"{self.host}/{self.name}"


def endpoints(wanted: Reference) -> tuple[Endpoint, ...]:
    """Where ``wanted`` is looked for, in this order; raises ``ConfigError`` and ``InputError``."""
    whole = f"{wanted.host}/{wanted.name}"
    fitting = [(len(_prefix(one)), one) for one in _listed() if _covers(_prefix(one), whole)]
    if not fitting:
        return (_endpoint(whole, insecure=False),)
    entry = max(fitting, key=lambda pair: pair[0])[1]
    if entry.blocked:
        raise InputError(f"registry:{wanted}: registries.conf blocks {_prefix(entry)}", "use another registry")
    mirrors = [one for one in entry.mirror if one.pull_from_mirror in ("all", _kind(wanted))]
    places = [(one.location, one.insecure) for one in mirrors]
    places.append((entry.location or ("" if _prefix(entry).startswith("*.") else _prefix(entry)), entry.insecure))
    return tuple(_endpoint(_moved(whole, _prefix(entry), place), insecure=insecure) for place, insecure in places)


def _kind(wanted: Reference) -> str:
    return "digest-only" if wanted.digest else "tag-only"


def _prefix(entry: Listed) -> str:
    return entry.prefix or entry.location


def _covers(prefix: str, whole: str) -> bool:
    if prefix.startswith("*."):
        return whole.partition("/")[0].partition(":")[0].endswith(prefix[1:])
    return bool(prefix) and whole.startswith(prefix) and whole[len(prefix) : len(prefix) + 1] in ("", "/", ":")


def _moved(whole: str, prefix: str, place: str) -> str:
    """``whole`` with ``place`` for what ``prefix`` covers: a part of the path, or of ``*.`` the whole host."""
    if not place:
        return whole
    return place + (whole[whole.index("/") :] if prefix.startswith("*.") else whole[len(prefix) :])


def _endpoint(whole: str, *, insecure: bool) -> Endpoint:
    host, _, name = whole.partition("/")
    return Endpoint(host, name, insecure or is_loopback(host))


def _listed() -> list[Listed]:
    """Every entry of the configuration; of several with one prefix the last counts."""
    found: dict[str, Listed] = {}
    for file in _files():
        for entry in _read(file):
            found[_prefix(entry)] = entry
    return list(found.values())


def _files() -> Iterator[Path]:
    known = tools.environment("CONTAINERS_REGISTRIES_CONF", "HOME")
    if named := known.get("CONTAINERS_REGISTRIES_CONF"):
        yield Path(named)
        return
    homes = [Path(known["HOME"], ".config/containers")] if known.get("HOME") else []
    for folder in (*homes, Path("/etc/containers")):
        if (folder / "registries.conf").is_file():
            yield folder / "registries.conf"
            break
    for folder in (Path("/etc/containers"), *homes):
        yield from sorted((folder / "registries.conf.d").glob("*.conf"))


def _read(file: Path) -> tuple[Listed, ...]:
    try:
        with file.open("rb") as stream:
            text = stream.read(_MAX_FILE).decode("utf-8")
        return msgspec.convert(tomllib.loads(text), _File).registry
    except OSError as error:
        raise ConfigError(
            f"{file}: {error.strerror}", "make it readable, or unset CONTAINERS_REGISTRIES_CONF"
        ) from error
    except (ValueError, msgspec.ValidationError) as error:
        raise ConfigError(f"{file}: not as containers-registries.conf(5) describes it: {error}", "mend it") from error

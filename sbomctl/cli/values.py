"""Values on the command line that click has no type for: callbacks of options."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import click
from click.shell_completion import CompletionItem

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(r"([0-9]{1,18})([kmgt]?)(i?b)?", re.IGNORECASE)
_AGE = re.compile(r"([0-9]{1,9})([mhdw])", re.IGNORECASE)
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?")


def size(_ctx: click.Context, _param: click.Parameter, value: str) -> int:
    """Bytes: ``65536``, ``512M``, ``64GiB``; units are powers of 1024."""
    match = _SIZE.fullmatch(value.replace(" ", ""))
    number = int(match[1]) * _UNITS[match[2].lower()] if match else 0
    if not number:
        raise click.BadParameter(f"{value!r} is no size; write for example 512M or 64GiB")
    return number


def optional_size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """As :func:`size`, where the option may be left away."""
    return None if value is None else size(ctx, param, value)


def age(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Seconds: ``90m``, ``12h``, ``30d``, ``2w``."""
    if value is None:
        return None
    match = _AGE.fullmatch(value)
    if match is None:
        raise click.BadParameter(f"{value!r} is no age; write for example 12h or 30d")
    return int(match[1]) * _SECONDS[match[2].lower()]


def platform(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """``os/architecture[/variant]`` in OCI words, as written."""
    if value and not _PLATFORM.fullmatch(value):
        raise click.BadParameter(f"{value!r} is not os/architecture[/variant], as in linux/arm64")
    return value


class Wish(NamedTuple):
    """One ``-o``: a format, its version ("" = the format's default), a file ("" = standard output)."""

    format: str
    version: str
    file: str


def wishes(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[Wish, ...]:
    """What each ``FORMAT[@VERSION][=FILE]`` asks for; without a file, or with ``-``, standard output."""
    known = _formats() if values else {}
    return tuple(_wish(value, known, "format") for value in values)


def findings_wishes(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[Wish, ...]:
    """What each ``KIND[=FILE]`` of a check asks for."""
    known: dict[str, tuple[str, ...]] = dict.fromkeys(_kinds(), ())
    return tuple(_wish(value, known, "kind") for value in values)


def complete_findings(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Kinds; the shell's own file names after the equals sign."""
    words, equals, file = incomplete.partition("=")
    if equals:
        return [CompletionItem(file, type="file")]
    return [CompletionItem(kind) for kind in _kinds() if kind.startswith(words)]


def _kinds() -> list[str]:
    from sbomctl import api

    return [writer.kind for writer in api.findings_writers()]


def _wish(value: str, versions: dict[str, tuple[str, ...]], what: str) -> Wish:
    words, _, file = value.partition("=")
    name, _, version = words.partition("@")
    if name not in versions or (version and version not in versions[name]):
        raise click.BadParameter(f"unknown {what} {words!r}; known are {', '.join(_spellings(versions))}")
    return Wish(name, version, "" if file == "-" else file)


def kinds(*known: str) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], tuple[Wish, ...]]:
    """A callback for ``KIND[=FILE]`` where KIND is one of ``known``; without a file, or with ``-``, standard output."""

    def wanted(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[Wish, ...]:
        found = []
        for value in values:
            name, _, file = value.partition("=")
            if name not in known:
                raise click.BadParameter(f"unknown kind {name!r}; known are {', '.join(known)}")
            found.append(Wish(name, "", "" if file == "-" else file))
        return tuple(found)

    return wanted


def complete_output(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Formats; the shell's own file names after the equals sign."""
    words, equals, file = incomplete.partition("=")
    if equals:
        return [CompletionItem(file, type="file")]
    return [CompletionItem(name) for name in _spellings(_formats()) if name.startswith(words)]


def _formats() -> dict[str, tuple[str, ...]]:
    from sbomctl import api

    return {writer.format: writer.versions for writer in api.writers()}


def _spellings(formats: dict[str, tuple[str, ...]]) -> list[str]:
    """Every FORMAT and FORMAT@VERSION, in the order of the registry."""
    return [
        name for writer, known in formats.items() for name in (writer, *(f"{writer}@{version}" for version in known))
    ]

"""Who we are to a registry: what ``docker login`` or ``podman login`` has kept.

Docker's config.json (docs.docker.com, "docker login") and containers-auth.json(5), which has
the same form: ``auths``, ``credHelpers``, ``credsStore``. Helpers are programs called
``docker-credential-NAME`` that answer ``get``. Nothing here ever becomes part of a message.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sbomctl import tools
from sbomctl.errors import ConfigError, ToolError, ToolMissing
from sbomctl.sources._registry_reference import HUB

_MAX_FILE = 4 << 20
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")
_HELPER_TIMEOUT = 60  # seconds; it may have to unlock a key ring
_HUB_KEYS = ("https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io")
_TOKEN_USER = "<token>"


class _Auth(msgspec.Struct, frozen=True):
    auth: str | None = None
    username: str | None = None
    password: str | None = None
    identitytoken: str | None = None
    registrytoken: str | None = None


class _Config(msgspec.Struct, frozen=True, rename="camel"):
    auths: dict[str, _Auth | None] | None = None
    cred_helpers: dict[str, str] | None = None
    creds_store: str | None = None


class _Answer(msgspec.Struct, frozen=True, rename="pascal"):
    username: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What to prove oneself by; all "" is nobody. ``trouble`` says why there is nothing better."""

    user: str = ""
    password: str = ""
    refresh_token: str = ""  # of OAuth 2, to be exchanged for an access token
    access_token: str = ""
    trouble: str = ""

    def __bool__(self) -> bool:
        return bool(self.user or self.password or self.refresh_token or self.access_token)


def find_credentials(host: str, name: str) -> Credentials:
    """Those for the image ``name`` at ``host``, of the first file that has any; raises ``ConfigError``.

    A helper that fails is no error yet: the image may be readable by everybody.
    """
    trouble = ""
    for file in _files():
        config = _read(file)
        if config is None:
            continue
        found = _in(config, host, name)
        if found:
            return found
        trouble = trouble or found.trouble
    return Credentials(trouble=trouble)


def _files() -> Iterator[Path]:
    known = tools.environment("REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "HOME")
    if file := known.get("REGISTRY_AUTH_FILE"):
        yield Path(file)
    if folder := known.get("DOCKER_CONFIG"):
        yield Path(folder, "config.json")
    if folder := known.get("XDG_RUNTIME_DIR"):
        yield Path(folder, "containers/auth.json")
    if (folder := known.get("HOME")) and "DOCKER_CONFIG" not in known:
        yield Path(folder, ".docker/config.json")


def _read(file: Path) -> _Config | None:
    try:
        with file.open("rb") as stream:
            return msgspec.json.decode(stream.read(_MAX_FILE), type=_Config)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}", "make it readable for this user") from error
    except (msgspec.MsgspecError, ValueError, RecursionError):  # what it says may be a secret
        raise ConfigError(f"{file}: not as docker login writes it", "mend it, or log in again") from None


def _in(config: _Config, host: str, name: str) -> Credentials:
    keys = tuple(_keys(host, name))
    helpers = config.cred_helpers or {}
    helper = next((helpers[key] for key in keys if key in helpers), "")
    if helper:
        return _asked(helper, keys, host)
    auths = {_plain(key): auth for key, auth in (config.auths or {}).items() if auth is not None}
    for key in keys:
        if (auth := auths.get(_plain(key))) and (found := _decoded(auth)):
            return found
    return _asked(config.creds_store, keys, host) if config.creds_store else Credentials()


def _keys(host: str, name: str) -> Iterator[str]:
    """What the image may be filed under, the longest first (containers-auth.json(5))."""
    parts = f"{host}/{name}".split("/")
    for end in range(len(parts), 0, -1):
        yield "/".join(parts[:end])
    if host == HUB:
        yield from _HUB_KEYS


def _plain(key: str) -> str:
    """Older Docker files a registry as ``https://HOST/v1/``."""
    return (
        key.removeprefix("https://").removeprefix("http://").removesuffix("/").removesuffix("/v1").removesuffix("/v2")
    )


def _decoded(auth: _Auth) -> Credentials:
    user, password = auth.username or "", auth.password or ""
    if auth.auth:
        try:
            user, _, password = base64.b64decode(auth.auth, validate=False).decode("utf-8").partition(":")
        except (binascii.Error, ValueError):
            return Credentials(trouble="what docker login has kept cannot be decoded")
    return Credentials(user, password.rstrip("\0"), auth.identitytoken or "", auth.registrytoken or "")


def _asked(helper: str, keys: tuple[str, ...], host: str) -> Credentials:
    """What the program ``docker-credential-HELPER`` knows of the registry."""
    if not _HELPER.fullmatch(helper):
        return Credentials(trouble="the name of the credential helper cannot be one")
    program = f"docker-credential-{helper}"
    server = _HUB_KEYS[0] if host == HUB else keys[-1]
    try:
        done = tools.run(
            [program, "get"],
            timeout=_HELPER_TIMEOUT,
            env=tools.whole_environment(),
            input=server.encode() + b"\n",
            max_output=1 << 20,
        )
        answer = msgspec.json.decode(done.stdout, type=_Answer)
    except ToolMissing:
        return Credentials(trouble=f"{program}, which Docker's config.json names, is not installed")
    except (ToolError, msgspec.MsgspecError, ValueError):  # its words may hold a secret
        return Credentials(trouble=f"{program} has no credentials for {server}")
    if answer.username == _TOKEN_USER:
        return Credentials(refresh_token=answer.secret)
    return Credentials(answer.username, answer.secret)

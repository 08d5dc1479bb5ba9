"""How a registry lets us in: the answer to its challenge, Basic (RFC 7617) or a Bearer token.

Tokens are got as the distribution project describes it (spec/auth/token.md, oauth.md), for
pulling one repository and nothing else. Shared by the threads that read layers.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import msgspec

from sbomctl.errors import InputError, ToolFailed
from sbomctl.sources._registry_credentials import Credentials
from sbomctl.sources._registry_http import Answer, Http

_CLIENT = "sbomctl"
_MAX_TOKEN = 1 << 20  # bytes of an answer with a token in it
_PATIENCE = 60  # seconds that it may take
_PART = re.compile(r"""([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?\s*,?\s*""")
_SCOPE = re.compile(r"repository:[^\s:]+(?::\d+[^\s:]*)?:pull")
_MAX_CHALLENGE = 8192


class _Token(msgspec.Struct, frozen=True):
    token: str | None = None
    access_token: str | None = None


class Authorization:
    """What the requests for one repository say of who we are; nothing until the registry asks."""

    def __init__(self, http: Http, host: str, name: str, credentials: Credentials) -> None:
        self.credentials = credentials
        self._http = http
        self._host = host
        self._name = name
        self._lock = threading.Lock()
        self._header: dict[str, str] = {}

    def header(self) -> dict[str, str]:
        """The header to send."""
        return self._header

    def answer(self, challenge: str, refused: dict[str, str], *, secure: bool) -> bool:
        """Whether there is something better to say than the header that was ``refused``.

        Raises ``InputError`` when the credentials are wrong, ``ToolFailed`` when no token is to be had.
        """
        with self._lock:
            if self._header != refused:  # another thread was faster
                return True
            fresh = self._best(challenge, secure=secure)
            if not fresh or fresh == refused:
                return False
            self._header = fresh
            return True

    def _best(self, challenge: str, *, secure: bool) -> dict[str, str]:
        offers = dict(reversed(list(challenges(challenge))))
        own = self.credentials
        if own.access_token:
            return {"Authorization": f"Bearer {own.access_token}"}
        if "bearer" in offers:
            return {"Authorization": f"Bearer {self._token(offers['bearer'], secure=secure)}"}
        if "basic" in offers and own.user:
            return _basic(own)
        return {}

    def _token(self, offer: dict[str, str], *, secure: bool) -> str:
        realm = offer.get("realm", "")
        _refuse_realm(realm, f"{self._http.place}: {self._host}", secure=secure)
        asked = {"service": offer.get("service", ""), "scope": self._scope(offer.get("scope", ""))}
        asked = {name: value for name, value in asked.items() if value}
        if self.credentials.refresh_token:
            grant = {"grant_type": "refresh_token", "refresh_token": self.credentials.refresh_token}
            form = urlencode({**grant, "client_id": _CLIENT, **asked})
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            return self._in(self._http.send("POST", realm, kind, body=form, follow=False))
        own = _basic(self.credentials) if self.credentials.user else {}
        sign = "&" if urlsplit(realm).query else "?"
        return self._in(self._http.send("GET", f"{realm}{sign}{urlencode(asked)}", own, follow=False))

    def _scope(self, wanted: str) -> str:
        """What the registry says it needs, as a proxy may have another name for it, if that is only to pull."""
        return wanted if _SCOPE.fullmatch(wanted) else f"repository:{self._name}:pull"

    def _in(self, answer: Answer) -> str:
        import urllib3

        place = f"{self._http.place}: {self._host}"
        try:
            if answer.status in (400, 401, 403):
                raise refused(self._http.place, self._host, self.credentials)
            if answer.status != 200:
                raise ToolFailed(f"{place}: where it gives out tokens the answer is status {answer.status}", _ASK)
            data = answer.read(_MAX_TOKEN, _PATIENCE)
            got = msgspec.json.decode(data, type=_Token)
        except (msgspec.MsgspecError, ValueError, OSError, urllib3.exceptions.HTTPError) as error:
            raise ToolFailed(f"{place}: where it gives out tokens there is none in the answer", _ASK) from error
        finally:
            answer.close()
        token = got.token or got.access_token or ""
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise ToolFailed(f"{place}: where it gives out tokens there is none in the answer", _ASK)
        return token


_ASK = "ask whoever runs the registry"


def refused(place: str, host: str, own: Credentials) -> InputError:
    """The error for an image that a registry does not show us."""
    if own:
        return InputError(
            f"{place}: {host} refuses access with the credentials that docker login has kept",
            f"check the name of the image; if it is right, log in again: docker login {host}",
        )
    return InputError(
        f"{place}: {host} refuses access without credentials",
        f"{own.trouble or 'none are kept here'}; docker login {host}",
    )


def _refuse_realm(realm: str, place: str, *, secure: bool) -> None:
    """Raise ``ToolFailed`` for a token server without TLS, where the registry has it: no password may go there."""
    try:
        parts = urlsplit(realm)
        fit = bool(parts.hostname) and parts.scheme in (("https",) if secure else ("https", "http"))
    except ValueError:
        fit = False
    if not fit or parts.username is not None or parts.fragment:
        raise ToolFailed(f"{place}: it names no usable place that gives out tokens", _ASK)


def _basic(own: Credentials) -> dict[str, str]:
    pair = f"{own.user}:{own.password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}


def challenges(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each scheme of a WWW-Authenticate, in lower case, with its parameters (RFC 9110, 11.6.1)."""
    scheme, parameters = "", dict[str, str]()
    for part in _PART.finditer(header[:_MAX_CHALLENGE]):
        name, quoted, bare = part.groups()
        if quoted is None and bare is None:
            if scheme:
                yield scheme, parameters
            scheme, parameters = name.lower(), {}
        else:
            value = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            parameters.setdefault(name.lower(), value)
    if scheme:
        yield scheme, parameters

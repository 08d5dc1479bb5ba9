"""One repository of one registry, asked by the distribution protocol (OCI distribution-spec 1.1).

Only GET and HEAD; every status that means failure becomes one error with its cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import msgspec

from sbomctl.errors import CorruptInput, InputError, SbomctlError, ToolFailed, UnsupportedInput
from sbomctl.sources._registry_auth import Authorization, refused
from sbomctl.sources._registry_credentials import find_credentials
from sbomctl.sources._registry_failures import NoTls, broken_off
from sbomctl.sources._registry_hosts import Endpoint
from sbomctl.sources._registry_http import Answer, Http
from sbomctl.sources._registry_reference import server_of
from sbomctl.sources.base import Limits

_RENEWALS = 2  # of the token, for one request
_MAX_SAID = 64 << 10  # bytes of an error's body
_PATIENCE = 300  # seconds that one document may take
_BRIEF = 20  # likewise, an explanation that may be missing
_TROUBLE = frozenset(("MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NAME_INVALID", "BLOB_UNKNOWN", "TAG_INVALID", "UNSUPPORTED"))


class _Said(msgspec.Struct, frozen=True):
    code: str = ""


class _Errors(msgspec.Struct, frozen=True):
    errors: tuple[_Said, ...] | None = None


class Repository:
    """Asks ``endpoint``; ``http`` names the image in messages."""

    def __init__(self, endpoint: Endpoint, http: Http) -> None:
        self.endpoint = endpoint
        self.place = http.place
        self._http = http
        self.server = server_of(endpoint.host)
        self._auth = Authorization(http, endpoint.host, endpoint.name, find_credentials(endpoint.host, endpoint.name))
        self._schemes = ["https", "http"] if endpoint.plain else ["https"]

    def ask(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        """The answer on ``/v2/NAME/PATH``, of any status that is no matter of access, speed or luck.

        Raises ``ToolFailed`` where the way to the registry fails, ``InputError`` where it refuses access.
        """
        for _ in range(_RENEWALS + 1):
            sent = self._auth.header()
            answer = self._reached(method, path, {**(headers or {}), **sent})
            if answer.status != 401 or answer.elsewhere:
                break
            challenge = answer.header("WWW-Authenticate")
            answer.close()
            if not self._auth.answer(challenge, sent, secure=self._schemes[0] == "https"):
                break
        if answer.status in (401, 403) and not answer.elsewhere:
            answer.close()
            raise refused(self.place, self.endpoint.host, self._auth.credentials)
        return answer

    def _reached(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        """By TLS; without, where that is allowed and there is none."""
        while True:
            url = f"{self._schemes[0]}://{self.server}/v2/{self.endpoint.name}/{path}"
            try:
                answer = self._http.send(method, url, headers)
            except NoTls:
                if len(self._schemes) == 1:
                    raise
                del self._schemes[0]
            else:
                del self._schemes[1:]  # what answered once is what answers: no falling back later
                return answer

    def document(self, path: str, headers: Mapping[str, str], limits: Limits) -> tuple[Answer, bytes]:
        """The whole of a small document, and how it was given; raises ``InputError`` unless it is there."""
        answer = self.ask(path, headers)
        try:
            if answer.status != 200:
                self.fail(answer, path)
            return answer, self.body(answer, limits)
        finally:
            answer.close()

    def body(self, answer: Answer, limits: Limits) -> bytes:
        """The whole body, which is a document; raises ``CorruptInput`` and ``ToolFailed``."""
        import urllib3

        most = limits.document_bytes
        try:
            data = answer.read(most + 1, _PATIENCE)
        except TimeoutError:
            raise ToolFailed(f"{self.place}: {self.endpoint.host} is too slow", "try again later") from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise broken_off(self.place, self.endpoint.host, error) from error
        if len(data) > most:
            raise CorruptInput(f"{self.place}: a document of more than {most:,} bytes", "this is no usable image")
        return data

    def fail(self, answer: Answer, path: str) -> NoReturn:
        """Raise the error that a status other than success means."""
        raise self._failure(answer, path)

    def _failure(self, answer: Answer, path: str) -> SbomctlError:
        host, code = self.endpoint.host, self._code(answer)
        what = path.replace("manifests/", "").replace("blobs/", "the blob ")
        if answer.elsewhere:
            message = f"{self.place}: the host that {host} sends us to answers with status {answer.status}"
            return ToolFailed(message, "try again later; a firewall or proxy may forbid it")
        if code == "NAME_UNKNOWN":
            return InputError(f"{self.place}: {host} has no repository {self.endpoint.name}", "check the spelling")
        if code in ("MANIFEST_UNKNOWN", "BLOB_UNKNOWN") or answer.status == 404:
            return InputError(f"{self.place}: {host} has no {what} in {self.endpoint.name}", "check the tag or digest")
        said = f" ({code})" if code else ""
        if answer.status in (400, 405, 406, 410, 415, 422):
            return UnsupportedInput(
                f"{self.place}: {host} refuses the request with status {answer.status}{said}", _CHECK
            )
        return ToolFailed(f"{self.place}: {host} answers with status {answer.status}{said}", _CHECK)

    def _code(self, answer: Answer) -> str:
        """The error that the distribution-spec names; anything else a server may say is not repeated."""
        try:
            said = msgspec.json.decode(answer.read(_MAX_SAID, _BRIEF), type=_Errors).errors or ()
        except Exception:  # noqa: BLE001 - an error without a readable body is the usual case
            return ""
        return next((one.code for one in said if one.code in _TROUBLE), "")


_CHECK = "check the name; is it a registry that is asked?"

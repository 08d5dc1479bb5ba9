"""What stands between us and a registry, as one error each.

What a server writes never becomes part of a message, and of addresses only the host: both may
hold secrets.
"""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from sbomctl.errors import SbomctlError, ToolFailed

TRIES = 5

_UNTRUSTED = (
    "if it is the right one, put the certificate of its authority into /etc/docker/certs.d/{}/ca.crt, "
    "or name a bundle that has it in SSL_CERT_FILE"
)
_NO_TLS = "HTTP without TLS is spoken with this machine and with what registries.conf lists as insecure"
_WHO = "if it asks for a certificate of ours, put client.cert and client.key into /etc/docker/certs.d/{}/"
_OTHER_PROTOCOL = frozenset(  # what OpenSSL says of an answer that is no TLS at all, by its version
    ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "UNKNOWN_PROTOCOL")
)
_LATER = "try again later; check the network"


class NoTls(ToolFailed):
    """Nobody speaks TLS there."""


class Retry(Exception):
    """Another try may do; ``final`` is what to say when none of ``tries`` did."""

    def __init__(self, final: SbomctlError, tries: int = TRIES) -> None:
        super().__init__()
        self.final = final
        self.tries = tries


def unreached(place: str, url: str, error: Exception) -> Exception:
    """Why there is no answer from the host of ``url``: an error, or ``Retry`` where another try may do."""
    import urllib3.exceptions as kinds

    at, inner = f"{place}: ", cause_of(error)
    host = host_of(url)
    if isinstance(error, kinds.ProxyError):
        return Retry(ToolFailed(f"{at}the proxy does not connect to {host}", "check HTTPS_PROXY and NO_PROXY"))
    if isinstance(error, kinds.NameResolutionError):
        return ToolFailed(f"{at}the name {host} is not known here", "check its spelling and the network")
    if isinstance(inner, ssl.SSLError) and not isinstance(inner, ssl.SSLEOFError):
        return _insecure(at, host, inner)
    if isinstance(inner, ConnectionRefusedError):
        return NoTls(f"{at}nobody answers at {host}: {inner.strerror}", "check the name, the port and the network")
    if isinstance(error, kinds.ConnectTimeoutError | kinds.ReadTimeoutError):
        return Retry(ToolFailed(f"{at}{host} does not answer", _LATER), tries=2)
    reason = inner.strerror if isinstance(inner, OSError) and inner.strerror else "the connection broke"
    return Retry(ToolFailed(f"{at}{host}: {reason}", _LATER))


def _insecure(at: str, host: str, error: ssl.SSLError) -> ToolFailed:
    if isinstance(error, ssl.SSLCertVerificationError):
        message = f"{at}the certificate of {host} is not valid: {error.verify_message}"
        return ToolFailed(message, _UNTRUSTED.format(host))
    message = f"{at}no secure connection to {host}: {(error.reason or 'it ended early').replace('_', ' ').lower()}"
    if error.reason in _OTHER_PROTOCOL:
        return NoTls(message, _NO_TLS)
    return ToolFailed(message, _WHO.format(host))


def broken_off(place: str, host: str, error: Exception) -> ToolFailed:
    """The error for a transfer that ended early."""
    inner = cause_of(error)
    reason = f": {inner.strerror}" if isinstance(inner, OSError) and inner.strerror else ""
    return ToolFailed(f"{place}: the transfer from {host} broke off{reason}", _LATER)


def cause_of(error: BaseException) -> BaseException:
    """What the operating system or TLS said, below the layers of libraries that pass it on; else ``error``."""
    seen: list[BaseException] = []
    inner: BaseException | None = error
    while inner is not None and inner not in seen:
        seen.append(inner)
        first = next((one for one in inner.args if isinstance(one, BaseException)), None)
        inner = inner.__cause__ or first or inner.__context__
    return next((one for one in reversed(seen) if isinstance(one, OSError)), error)


def host_of(url: str) -> str:
    """Host and port, without user and password."""
    return urlsplit(url).netloc.rpartition("@")[2]

"""HTTP as registries need it: bounded tries, redirects that take no secret along, errors that name the cause.

RFC 9110 (redirects 15.4, Retry-After 10.2.3). What a server writes never becomes part of a
message, and of addresses only the host: both may hold secrets.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote, urljoin, urlsplit

from sbomctl import __version__, tools
from sbomctl.errors import SbomctlError, ToolFailed
from sbomctl.sources._registry_failures import TRIES, Retry, host_of, unreached
from sbomctl.sources._registry_reference import is_loopback
from sbomctl.sources._registry_tls import tls_context

if TYPE_CHECKING:
    import urllib3

CONNECT, SILENCE = 20, 60  # seconds: to be connected, between two pieces of an answer
_LONGEST_WAIT = 60  # seconds that a server may ask us to wait before the next try; beyond, we give up
_REDIRECTS = 6
_AGAIN = frozenset((429, 500, 502, 503, 504))
_MOVED = frozenset((301, 302, 303, 307, 308))
_SECRET = "authorization"
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose body is still to be read; ``elsewhere``: another host gave it than was asked."""

    response: urllib3.BaseHTTPResponse
    elsewhere: bool

    @property
    def status(self) -> int:
        """The status code."""
        return self.response.status

    def header(self, name: str) -> str:
        """One header; "" = not there."""
        return self.response.headers.get(name, "")

    def read(self, most: int, patience: float) -> bytes:
        """The body, cut at ``most`` bytes; raises ``TimeoutError`` where it takes more than ``patience`` seconds.

        A server that sends a byte now and then never runs into the time-out of the connection.
        """
        data, late = bytearray(), threading.Event()
        timer = threading.Timer(patience, self._cut_off, (late,))
        timer.daemon = True
        timer.start()
        try:
            while len(data) < most:
                piece = self.response.read(min(_CHUNK, most - len(data)), decode_content=True)
                if not piece:
                    break
                data += piece
        except Exception:
            if late.is_set():
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()
        if late.is_set():
            raise TimeoutError
        return bytes(data)

    def _cut_off(self, late: threading.Event) -> None:
        late.set()
        with suppress(OSError, ValueError, RuntimeError):  # it has just ended
            self.response.shutdown()

    def close(self) -> None:
        """Give the connection up; what is left of the body is not read."""
        self.response.close()


@dataclass(slots=True)
class Http:
    """Requests of one image. ``place`` is what messages call it; ``stop`` ends all waiting."""

    place: str
    stop: threading.Event = field(default_factory=threading.Event)
    _pools: dict[tuple[str, str], urllib3.PoolManager] = field(default_factory=dict)
    _live: weakref.WeakSet[urllib3.BaseHTTPResponse] = field(default_factory=weakref.WeakSet)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    pause: ClassVar[float] = 0.5  # seconds before the second try; doubled with each further one
    agent: ClassVar[str] = f"sbomctl/{__version__}"

    def give_up(self) -> None:
        """Have everything fail that waits for an answer, in whatever thread, and all that comes later."""
        self.stop.set()
        with self._lock:
            waiting = list(self._live)
        for response in waiting:
            with suppress(OSError, ValueError, RuntimeError):  # it has just ended
                response.shutdown()

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            pool.clear()

    def send(
        self, method: str, url: str, headers: Mapping[str, str], *, body: str | None = None, follow: bool = True
    ) -> Answer:
        """The answer, whatever its status, after as many tries as make sense.

        Raises ``ToolFailed`` when there is none, or when the server stays too busy.
        """
        for number in range(TRIES):
            last = number == TRIES - 1
            try:
                answer = self._followed(method, url, headers, body, follow=follow)
            except Retry as error:
                if last or number + 1 >= error.tries:
                    raise error.final from error.__cause__
                self._wait(self.pause * 2**number)
                continue
            if answer.status not in _AGAIN:
                return answer
            pause = _asked_to_wait(answer.header("Retry-After"), self.pause * 2**number)
            answer.close()
            if last or pause > _LONGEST_WAIT:
                raise self._too_busy(answer, url, pause if pause > _LONGEST_WAIT else 0)
            self._wait(pause)
        raise AssertionError

    def _wait(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise ToolFailed(f"{self.place}: given up")

    def _too_busy(self, answer: Answer, url: str, pause: float) -> SbomctlError:
        where = "a host that it names" if answer.elsewhere else host_of(url)
        if answer.status == 429:
            wait = f"; it asks to wait {pause:,.0f} seconds" if pause else ""
            return ToolFailed(
                f"{self.place}: {where} answers no more requests for now (429){wait}",
                "wait, or log in (docker login): most registries grant more to users they know; or use a mirror",
            )
        return ToolFailed(f"{self.place}: {where} fails with status {answer.status}", "try again later")

    def _followed(self, method: str, url: str, headers: Mapping[str, str], body: str | None, *, follow: bool) -> Answer:
        first = _origin(url)
        elsewhere = False
        for _ in range(_REDIRECTS):
            sent = dict(headers)
            if _origin(url) != first:
                elsewhere = True
            if elsewhere:  # nor does it get the secret back when others lead home again
                sent = {name: value for name, value in sent.items() if name.lower() != _SECRET}
            response = self._once(method, url, sent, body)
            target = response.headers.get("Location", "")
            if not (follow and response.status in _MOVED and target):
                return Answer(response, elsewhere)
            response.close()
            url = self._next(url, target)
        raise ToolFailed(f"{self.place}: {host_of(url)} redirects in circles", "ask whoever runs the registry")

    def _next(self, url: str, target: str) -> str:
        moved = urljoin(url, target)
        try:
            scheme, there = urlsplit(moved).scheme, urlsplit(moved).hostname
        except ValueError:
            scheme, there = "", None
        if not there or scheme not in ("https", urlsplit(url).scheme):
            raise ToolFailed(f"{self.place}: {host_of(url)} redirects to where no secure connection leads")
        return moved

    def _once(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> urllib3.BaseHTTPResponse:
        import urllib3

        if self.stop.is_set():
            raise ToolFailed(f"{self.place}: given up")
        sent = {"User-Agent": self.agent, "Accept-Encoding": "identity", **headers}
        try:
            pool = self._pool(url)
            response = pool.request(
                method, url, headers=sent, body=body, redirect=False, retries=False, preload_content=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise unreached(self.place, url, error) from error
        except (ValueError, OSError) as error:  # a port of 99999, a host that is no name
            raise ToolFailed(
                f"{self.place}: {host_of(url)} cannot be asked", "check the name of the registry"
            ) from error
        with self._lock:
            self._live.add(response)
        if self.stop.is_set():  # :meth:`give_up` may have come between: it does not know of this answer
            response.close()
            raise ToolFailed(f"{self.place}: given up")
        return response

    def _pool(self, url: str) -> urllib3.PoolManager:
        import urllib3

        _keep_addresses_out_of_logs()
        parts = urlsplit(url)
        key = (parts.scheme, parts.netloc)
        with self._lock:
            if key not in self._pools:
                timeout = urllib3.Timeout(connect=CONNECT, read=SILENCE)
                settings = {"timeout": timeout, "maxsize": 16, "ssl_context": tls_context(parts.netloc)}
                proxy = "" if is_loopback(parts.netloc) else tools.proxy_for(parts.scheme, parts.netloc)
                self._pools[key] = _through(proxy, settings) if proxy else urllib3.PoolManager(**settings)  # type: ignore[arg-type]
            return self._pools[key]


def _keep_addresses_out_of_logs() -> None:
    """Have urllib3 log no query: that of a redirect to a storage is a password for it."""
    logging.getLogger("urllib3.connectionpool").addFilter(_without_queries)  # the same one is added once only


def _without_queries(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(one.partition("?")[0] if isinstance(one, str) else one for one in record.args)
    return True


def _through(proxy: str, settings: dict[str, object]) -> urllib3.PoolManager:
    import urllib3

    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    headers = urllib3.make_headers(proxy_basic_auth=secret) if secret else None
    return urllib3.ProxyManager(plain, proxy_headers=headers, **settings)  # type: ignore[arg-type]


def _asked_to_wait(header: str, default: float) -> float:
    """Seconds of a Retry-After, which are a number or a date."""
    if header.strip().isascii() and header.strip().isdigit():
        return float(header.strip()[:9])
    if not header:
        return default
    from email.utils import mktime_tz, parsedate_tz

    try:
        until = parsedate_tz(header[:100])
        return max(default, mktime_tz(until) - tools.now()) if until else default
    except (ValueError, OverflowError):  # the 99th of a month
        return default


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()

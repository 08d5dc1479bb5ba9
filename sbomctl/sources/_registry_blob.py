"""A blob of a registry as a stream: no more bytes than promised, taken up again where it broke off.

Nothing here is verified but the size: whoever reads to the end has the digest of what came.
"""

from __future__ import annotations

import io
import re
import time

from sbomctl.errors import CorruptInput, ToolFailed
from sbomctl.sources._registry_failures import broken_off
from sbomctl.sources._registry_http import Answer, Http
from sbomctl.sources._registry_repository import Repository

_TRIES = 5  # in a row without a byte, for one blob
_MOST_TRIES = 40  # for one blob in all
_CHUNK = 1 << 20
_SLOW, _WINDOW = 1 << 16, 120  # bytes that must come in so many seconds
_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(?:\d{1,18}|\*)")


class Blob(io.RawIOBase):
    """The ``size`` bytes of the blob ``digest``; opened at the first read."""

    def __init__(self, repository: Repository, digest: str, size: int, http: Http) -> None:
        self._repository = repository
        self._path = f"blobs/{digest}"
        self._digest = digest
        self._size = size
        self._http = http
        self._at = 0
        self._answer: Answer | None = None
        self._failures = self._in_all = 0
        self._window = (time.monotonic(), 0)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        """Give the connection up."""
        self._drop()
        super().close()

    def abandon(self) -> None:
        """Have a read that waits in another thread fail now; nothing more of the image can be read then."""
        self._http.give_up()

    def read(self, size: int = -1) -> bytes:
        """``size`` bytes (io protocol), fewer at the end only; raises ``ToolFailed`` and ``CorruptInput``."""
        import urllib3

        left = self._size - self._at
        wanted, taken = left if size < 0 else min(size, left), bytearray()
        while len(taken) < wanted:
            try:
                piece = self._piece(wanted - len(taken))
            except (urllib3.exceptions.HTTPError, OSError, _TooSlow) as error:
                self._again(error)
                continue
            taken += piece
            self._at += len(piece)
            self._failures = 0
        if self._at == self._size:
            self._drop()
        return bytes(taken)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill ``buffer`` (io protocol)."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def _piece(self, wanted: int) -> bytes:
        if self._answer is None:
            self._answer = self._opened()
        # what is there, without waiting for more: of a read that fails all would be lost, and asked for again
        piece = self._answer.response.read1(min(wanted, _CHUNK), decode_content=False)
        if not piece:
            raise OSError("the answer is shorter than the blob")
        self._note_speed(len(piece))
        return piece

    def _note_speed(self, count: int) -> None:
        start, passed = self._window
        now = time.monotonic()
        if now - start < _WINDOW:
            self._window = (start, passed + count)
        elif passed + count < _SLOW:
            raise _TooSlow
        else:
            self._window = (now, 0)

    def _opened(self) -> Answer:
        """The answer, positioned at the byte that is wanted next."""
        ranged = {"Range": f"bytes={self._at}-"} if self._at else {}
        self._window = (time.monotonic(), 0)
        answer = self._repository.ask(self._path, ranged)
        try:
            if answer.status not in (200, 206):
                self._repository.fail(answer, self._path)
            self._position(answer)
        except BaseException:
            answer.close()
            raise
        return answer

    def _position(self, answer: Answer) -> None:
        start = 0
        if answer.status == 206:
            found = _RANGE.fullmatch(answer.header("Content-Range"))
            start = int(found.group(1)) if found else -1
            if start != self._at:
                raise ToolFailed(f"{self._place}: {self._host} does not send the part that was asked for", _TRY)
        length = answer.header("Content-Length")
        if length.isascii() and length.isdigit() and int(length[:19]) != self._size - start:
            size = int(length[:19]) + start
            message = f"{self._place}: {self._host} has {size:,} bytes, but the image promises {self._size:,}"
            raise CorruptInput(message, "the registry is damaged or lies; push the image again")
        while start < self._at:  # it knows no ranges: what we had is read over, its digest covers it all the same
            piece = answer.response.read1(min(_CHUNK, self._at - start), decode_content=False)
            if not piece:
                raise OSError("the answer is shorter than before")
            self._note_speed(len(piece))
            start += len(piece)

    @property
    def _place(self) -> str:
        return f"{self._repository.place}: {self._digest}"

    @property
    def _host(self) -> str:
        return self._repository.endpoint.host

    def _again(self, error: Exception) -> None:
        self._drop()
        self._failures += 1
        self._in_all += 1
        if (
            self._failures >= _TRIES
            or self._in_all >= _MOST_TRIES
            or self._http.stop.wait(self._http.pause / 2 * 2**self._failures)
        ):
            if self._at or not isinstance(error, _TooSlow):
                got = f"{self._place} after {self._at:,} of {self._size:,} bytes"
                raise broken_off(got, self._host, error) from error
            raise ToolFailed(f"{self._place}: {self._host} is too slow", _TRY) from error

    def _drop(self) -> None:
        if self._answer is not None:
            self._answer.close()
            self._answer = None


_TRY = "try again later"


class _TooSlow(Exception):
    """Hardly anything comes any more."""

"""Run an external program: the only place that starts a process.

A program gets exactly the environment it is given, no terminal, and a process group of its
own, which is ended with it: on time-out, on Ctrl-C and when it says too much. ``run`` is for one
that does its work and ends, ``talking`` for one that is costly to start and answers many questions.
"""

from __future__ import annotations

import os
import selectors
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from sbomctl.errors import ToolFailed, ToolMissing, ToolTimeout
from sbomctl.terminal import printable

_CHUNK = 1 << 16
_TAIL_LINES = 20
_TAIL_BYTES = 64 << 10  # of stderr, from which the last lines are taken
_GRACE = 3.0  # seconds between asking a program to end and ending it
_TICK = 0.5  # seconds; how often to look whether the program has ended though its pipes are open


class Output(msgspec.Struct, frozen=True):
    """What a program that ended well has written; ``stderr`` is its last lines, printable."""

    stdout: bytes
    stderr: str


def find(name: str, *others: Path) -> Path | None:
    """The program ``name`` on PATH, else the first of ``others`` that can be executed; absolute."""
    on_path = shutil.which(name)
    candidates: list[Path] = [Path(on_path)] if on_path else []
    for candidate in (*candidates, *others):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate.absolute()
    return None


def environment(*names: str) -> dict[str, str]:
    """Those of the named environment variables that are set."""
    return {name: os.environ[name] for name in names if name in os.environ}


def whole_environment() -> dict[str, str]:
    """Every environment variable, for programs of the user's own that need what we cannot name (key rings, clouds)."""
    return dict(os.environ)


def proxy_for(scheme: str, host: str) -> str:
    """The URL of the proxy that the environment names for ``host``, which may have a port; "" = none.

    ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``, also in lower case.
    """
    from urllib.request import getproxies_environment, proxy_bypass

    proxies = getproxies_environment()
    if proxy_bypass(host):
        return ""
    return proxies.get(scheme) or proxies.get("all", "")


def now() -> float:
    """Seconds since 1970, for waiting until a time that a server names; nothing of it goes into a result."""
    return time.time()


def run(
    command: Sequence[str | Path],
    *,
    timeout: float,
    env: Mapping[str, str],
    cwd: Path | None = None,
    input: bytes = b"",  # noqa: A002 - as subprocess names it
    max_output: int = 1 << 30,
) -> Output:
    """Run ``command`` to its end and give what it wrote; ``timeout`` in seconds, ``max_output`` in bytes.

    Raises ``ToolMissing`` when there is no such program, ``ToolTimeout``, and ``ToolFailed`` when
    it ends with another status than 0, ends by a signal, or writes more than ``max_output``.
    """
    shown = shlex.join(map(str, command))
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as spool,
        _started(command, shown, _filled(given, input), env, cwd) as process,  # its pipes stay open while it is ended
    ):
        reading = _Reading(process, spool, time.monotonic() + timeout, max_output)
        try:
            reading.to_the_end()
        except _TooLate:
            _end(process)
            raise ToolTimeout(_message(shown, f"did not end within {timeout:g} seconds", reading.tail())) from None
        except _TooMuch:
            _end(process)
            raise ToolFailed(f"{printable(shown)} wrote more than {max_output:,} bytes") from None
        except BaseException:  # above all Ctrl-C, which does not reach a process group of its own
            _end(process)
            raise
        if process.returncode:
            raise ToolFailed(_message(shown, _how_it_ended(process.returncode), reading.tail()))
        spool.seek(0)
        return Output(spool.read(), reading.tail())


@contextmanager
def talking(command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path | None = None) -> Iterator[Talk]:
    """``command``, running, to ask it questions; it is ended on the way out.

    Raises ``ToolMissing`` when there is no such program, and ``ToolFailed`` when it cannot be started.
    """
    shown = shlex.join(map(str, command))
    with _started(command, shown, subprocess.PIPE, env, cwd) as process:
        try:
            yield Talk(process, shown)
        finally:
            _end(process)


class Talk:
    """A program that answers each line with one. After an error there is nothing more to be had from it."""

    def __init__(self, process: subprocess.Popen[bytes], shown: str) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self._shown = shown
        self._in, self._out, self._err = (pipe.fileno() for pipe in (process.stdin, process.stdout, process.stderr))
        self._errors = self._heard = b""
        for pipe in (self._in, self._out, self._err):
            os.set_blocking(pipe, False)

    def ask(self, question: bytes, *, timeout: float, max_answer: int = 1 << 20) -> bytes:
        """The next line that it says after the line ``question``, both without their ends; b"" asks nothing.

        Raises ``ToolTimeout``, and ``ToolFailed`` when it ends instead or the line has more than ``max_answer`` bytes.
        """
        unsaid = question + b"\n" if question else b""
        deadline = time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            selector.register(self._err, selectors.EVENT_READ)
            if unsaid:
                selector.register(self._in, selectors.EVENT_WRITE)
            while b"\n" not in self._heard:
                self._check(deadline, timeout, max_answer)
                for key, _ in selector.select(_TICK):
                    if key.fd == self._in:
                        unsaid = unsaid[self._say(unsaid) :]
                    if (key.fd == self._in and not unsaid) or (key.fd != self._in and self._hear(key.fd) == b""):
                        selector.unregister(key.fd)
        answer, _, self._heard = self._heard.partition(b"\n")
        return answer

    def _check(self, deadline: float, timeout: float, max_answer: int) -> None:
        if len(self._heard) > max_answer:
            raise ToolFailed(f"{printable(self._shown)} answered with more than {max_answer:,} bytes")
        if time.monotonic() > deadline:
            raise ToolTimeout(_message(self._shown, f"did not answer within {timeout:g} seconds", _tail(self._errors)))
        if self._process.poll() is not None and not self._hear(self._out):
            while self._hear(self._err):
                pass
            how = _how_it_ended(self._process.returncode)
            raise ToolFailed(_message(self._shown, f"{how} instead of answering", _tail(self._errors)))

    def _say(self, unsaid: bytes) -> int:
        """Bytes taken; all of them by one that does not listen any more, which will be seen to have ended."""
        try:
            return os.write(self._in, unsaid[:_CHUNK])
        except BrokenPipeError:
            return len(unsaid)

    def _hear(self, pipe: int) -> bytes | None:
        """What has come by a pipe: None when nothing has, b"" when nothing will any more."""
        try:
            data = os.read(pipe, _CHUNK)
        except BlockingIOError:
            return None
        if pipe == self._out:
            self._heard += data
        else:
            self._errors = (self._errors + data)[-_TAIL_BYTES:]
        return data


def _filled(file: IO[bytes], data: bytes) -> IO[bytes]:
    file.write(data)
    file.seek(0)
    return file


class _TooLate(Exception):
    """The time is up."""


class _TooMuch(Exception):
    """The output is larger than allowed."""


def _started(
    command: Sequence[str | Path], shown: str, given: IO[bytes] | int, env: Mapping[str, str], cwd: Path | None
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - a list, never a shell
            [os.fspath(part) for part in command],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise ToolMissing(f"{printable(str(command[0]))} is not installed") from error
    except (OSError, ValueError) as error:
        raise ToolFailed(f"{printable(shown)} cannot be started: {error}") from error


class _Reading:
    """Takes what a program writes: stdout into a file without name, of stderr only the end."""

    def __init__(self, process: subprocess.Popen[bytes], spool: IO[bytes], deadline: float, max_output: int) -> None:
        self._process = process
        self._spool = spool
        self._deadline = deadline
        self._room = max_output
        self._errors = b""

    def to_the_end(self) -> None:
        """Read until the program has ended; raises ``_TooLate`` and ``_TooMuch``."""
        process = self._process
        assert process.stdout is not None
        assert process.stderr is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ, self._spooled)
            selector.register(process.stderr, selectors.EVENT_READ, self._remembered)
            while selector.get_map():
                ready = selector.select(min(_TICK, self._left()))
                for key, _ in ready:
                    data = os.read(key.fd, _CHUNK)
                    if data:
                        key.data(data)
                    else:
                        selector.unregister(key.fileobj)
                if not ready and process.poll() is not None:
                    break  # a child that it left behind still holds the pipes
        try:
            process.wait(self._left())
        except subprocess.TimeoutExpired:
            raise _TooLate from None

    def tail(self) -> str:
        """The last lines of stderr, each printable."""
        return _tail(self._errors)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise _TooLate
        return left

    def _remembered(self, data: bytes) -> None:
        self._errors = (self._errors + data)[-_TAIL_BYTES:]

    def _spooled(self, data: bytes) -> None:
        self._room -= len(data)
        if self._room < 0:
            raise _TooMuch
        self._spool.write(data)


def _tail(errors: bytes) -> str:
    lines = errors.decode("utf-8", "replace").splitlines()
    return "\n".join(printable(line) for line in lines[-_TAIL_LINES:])


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and all it has started: politely, so that it can clean up, then for certain."""
    for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):
            break  # nothing of the group is left
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _how_it_ended(status: int) -> str:
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = "unknown"
    return f"was ended by signal {-status} ({name})"


def _message(shown: str, what: str, tail: str) -> str:
    return f"{printable(shown)} {what}" + (f"; its last words:\n{tail}" if tail else "")

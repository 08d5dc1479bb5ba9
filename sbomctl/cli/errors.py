"""Errors as people and CI meet them: a message on stderr and the documented exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from sbomctl import __version__
from sbomctl.errors import ConfigError, OutputError, SbomctlError
from sbomctl.terminal import printable

HUNG_UP = 129  # 128 + SIGHUP
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
READER_GONE = 141  # 128 + SIGPIPE
TERMINATED = 143  # 128 + SIGTERM
BUG = 70  # EX_SOFTWARE of sysexits.h
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


@contextmanager
def reported() -> Iterator[None]:
    """Turn whatever ends the block into a message and ``click.exceptions.Exit``; never a traceback."""
    try:
        yield
        sys.stdout.flush()  # while a failure can still be told
    except (click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except KeyboardInterrupt:
        _say("interrupted")
        raise click.exceptions.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        _silence_stdout()
        raise click.exceptions.Exit(READER_GONE) from None
    except OSError as error:
        _silence_stdout()
        if error.errno not in _NO_ROOM:
            _show_bug(error)
            raise click.exceptions.Exit(BUG) from None
        _say(f"cannot write: {error.strerror}")
        raise click.exceptions.Exit(OutputError.exit_code) from None
    except SbomctlError as error:
        if isinstance(error, OutputError):
            _silence_stdout()
        _show(error)
        raise click.exceptions.Exit(error.exit_code) from None
    except Exception as error:  # noqa: BLE001 - the last resort: a bug must not look like a verdict
        _show_bug(error)
        raise click.exceptions.Exit(BUG) from None


def _silence_stdout() -> None:
    """Let the interpreter's own flush at exit go nowhere instead of failing again."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show(error: SbomctlError) -> None:
    _say(error.message)
    if isinstance(error, ConfigError):
        for fault in error.faults:
            _echo(printable(str(fault)))
    if error.hint:
        _echo(f"hint: {printable(error.hint)}")


def _show_bug(error: Exception) -> None:
    summary = f"{type(error).__name__}: {error}"
    _say(f"bug in sbomctl: {summary[:500]}")
    try:
        _echo(f"report: {_write_report()}")
    except OSError as cause:
        _echo(f"no report could be written: {cause.strerror}")


def _write_report() -> Path:
    """A file in the temp directory with all that is needed to find the bug."""
    import platform
    import tempfile

    handle, name = tempfile.mkstemp(prefix="sbomctl-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as out:
        out.write(f"sbomctl {__version__}\nPython {sys.version}\n{platform.platform()}\n")
        out.write(f"arguments: {sys.argv[1:]!r}\n\n{traceback.format_exc()}")
    return Path(name)


def _say(message: str) -> None:
    first, *rest = message.splitlines() or [""]
    _echo(f"sbomctl: {printable(first)}")
    for line in rest:  # the tail of a tool's stderr
        _echo(f"  {printable(line)}")


def _echo(line: str) -> None:
    with suppress(OSError):
        click.echo(line, err=True)

"""ScanCode, asked about texts that our own detector cannot name.

It is no dependency: with its index it takes 700 MB, loads for seconds and pins libraries. So it
stays in its own environment, is started once and answers many questions.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import msgspec

from sbomctl import tools
from sbomctl.errors import ToolError

MAX_TEXT = 256 << 10  # bytes; time grows faster than the text
VARIABLE = "SBOMCTL_SCANCODE"
_WORKER = Path(__file__).with_name("_scancode_worker.py")
_PASSED_ON = ("PATH", "LANG", "LC_ALL")
_STARTING = 120.0  # seconds; 4 on an idle machine
_GRACE = 10.0  # seconds in which it may notice itself that a text takes too long
_MOST_STARTS = 5  # then something is wrong with it, not with the texts


class Said(msgspec.Struct, frozen=True):
    """One license in a text: ``expression`` in SPDX form as ScanCode writes it, 1-based lines, coverage 0..1."""

    expression: str
    line: int
    end_line: int
    coverage: float
    rules: tuple[str, ...]  # of ScanCode, by which it was recognised


class Answer(msgspec.Struct, frozen=True):
    """What ScanCode says of one text; ``problem`` tells why it says nothing, "" = there is nothing."""

    said: tuple[Said, ...] = ()
    problem: str = ""


class _Reply(msgspec.Struct, frozen=True):
    version: str = ""
    found: tuple[tuple[str, int, int, float, tuple[str, ...]], ...] = ()
    fault: str = ""


class ScanCode:
    """The ScanCode whose Python ``program`` is, or that ``program`` starts.

    Without one: what the environment variable ``SBOMCTL_SCANCODE`` names, else ``scancode`` on PATH.
    """

    name: ClassVar[str] = "scancode"
    about: ClassVar[str] = "licenses in texts that ours does not know"
    remedy: ClassVar[str] = (
        f"install scancode-toolkit-mini in an environment of its own and let {VARIABLE} name its python"
    )

    def __init__(self, program: Path | None = None, *, seconds: float = 20.0) -> None:
        self._given = program
        self._seconds = seconds

    def available(self) -> str:
        """Its version; "" when it is not there or does not work."""
        python = self._python()
        if python is None:
            return ""
        try:
            done = tools.run([python, "-I", _WORKER, "version"], timeout=_STARTING, env=tools.environment(*_PASSED_ON))
        except ToolError:
            return ""
        return done.stdout.decode("utf-8", "replace").strip()

    def identify(self, texts: Iterable[bytes]) -> Iterator[Answer]:
        """An answer for each text, in their order; whatever goes wrong is a problem of the text it goes wrong with.

        The answer is a function of the text and the version, for the caller to keep.
        """
        with tempfile.TemporaryDirectory(prefix="sbomctl-scancode-") as scratch:
            worker = _Worker(self._python(), Path(scratch), self._seconds)
            try:
                for text in texts:
                    yield worker.answer(text)
            finally:
                worker.stop()

    def _python(self) -> Path | None:
        named = tools.environment(VARIABLE).get(VARIABLE)
        program = self._given or (Path(named) if named else tools.find("scancode"))
        if program is None or program.name.startswith("python"):
            return program
        return next((python for python in _pythons(program) if python.is_file()), None)


def _pythons(program: Path) -> Iterator[Path]:
    """The interpreters that may be those of a ``scancode``: it names its own, or stands beside it."""
    try:
        with program.open("rb") as file:
            first = file.readline(512)
    except OSError:
        return
    named = Path(first[2:].decode("utf-8", "replace").strip()) if first.startswith(b"#!/") else Path()
    if named.name.startswith("python"):
        yield named
    for beside in (program.resolve().parent, program.parent / "venv" / "bin"):  # of a package, of its release archive
        yield beside / "python"


class _Worker:
    """One running ScanCode, started when first asked and again after it failed."""

    def __init__(self, python: Path | None, scratch: Path, seconds: float) -> None:
        self._python = python
        self._env = {**tools.environment(*_PASSED_ON), "HOME": str(scratch), "TMPDIR": str(scratch)}
        self._scratch = scratch
        self._seconds = seconds
        self._running = ExitStack()
        self._talk: tools.Talk | None = None
        self._starts = 0
        self._broken = "" if python else f"ScanCode is not installed; {ScanCode.remedy}"

    def answer(self, text: bytes) -> Answer:
        if len(text) > MAX_TEXT:
            return Answer(problem=f"{len(text):,} bytes are too many for ScanCode")
        if self._broken:
            return Answer(problem=self._broken)
        try:
            reply = self._asked(_question(text, self._seconds))
        except (ToolError, msgspec.DecodeError) as error:
            self.stop()
            problem = f"ScanCode: {error}"
            if self._starts >= _MOST_STARTS:
                self._broken = problem
            return Answer(problem=problem)
        if reply.fault:
            return Answer(problem=f"ScanCode: {reply.fault}")
        return Answer(tuple(sorted((Said(*one) for one in reply.found), key=_place)))

    def stop(self) -> None:
        self._talk = None
        self._running.close()

    def _asked(self, question: bytes) -> _Reply:
        if self._talk is None:
            self._talk = self._started()
        answer = self._talk.ask(question, timeout=self._seconds + _GRACE)
        return msgspec.json.decode(answer, type=_Reply)

    def _started(self) -> tools.Talk:
        assert self._python
        self._starts += 1
        command = (self._python, "-I", "-W", "ignore", _WORKER)
        talk = self._running.enter_context(tools.talking(command, env=self._env, cwd=self._scratch))
        msgspec.json.decode(talk.ask(b"", timeout=_STARTING), type=_Reply)
        return talk


def _question(text: bytes, seconds: float) -> bytes:
    try:
        words = text.decode("utf-8")
    except UnicodeDecodeError:
        words = text.decode("latin-1")
    return msgspec.json.encode({"text": words, "seconds": seconds})


def _place(one: Said) -> tuple[int, int, str]:
    return one.line, one.end_line, one.expression

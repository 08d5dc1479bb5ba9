"""A machine that does not play along: unwritable outputs, closed streams, Ctrl-C, no engine."""

from __future__ import annotations

import os
import pty
import random
import resource
import signal
import subprocess
import sys
import tempfile

import pytest
from bad_input import DEBIAN, FORMATS, ROOTFS, STATUS, Place, docker_files
from conftest import ROOT, tar_of

COMMAND = [sys.executable, "-m", "sbomctl", "scan", "--no-cache", "--engine", "native", "-q"]


@pytest.fixture
def place(tmp_path, monkeypatch) -> Place:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return Place.used(tmp_path, monkeypatch)


@pytest.fixture
def image(place) -> str:
    """The target of a small image with many packages."""
    many = "".join(STATUS.replace("demo", f"demo{number}") for number in range(500))
    return "rootfs:" + place.write("rootfs.tar", tar_of({**DEBIAN, "var/lib/dpkg/status": many}))


def run(*arguments: str, **options) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, check=False, timeout=120, **options)


def told(place: Place, done: subprocess.CompletedProcess[bytes]) -> tuple[int, str]:
    """The exit code and the one message; nothing is left behind."""
    message, *rest = done.stderr.decode().splitlines()
    assert not [line for line in rest if not line.startswith("hint: ")]
    assert not list(place.temporary.iterdir())
    return done.returncode, message


@pytest.mark.parametrize("wish", [FORMATS[0], "cyclonedx-xml", "table"])
def test_outputs_that_cannot_be_written(place, image, wish):
    (place.outputs / "old").write_bytes(b"old")
    cases = {
        f"{place.outputs}/gone/file": f"there is no directory {place.outputs}/gone",
        f"{place.outputs}": "it is a directory",
        f"{place.outputs}/old/file": "there is no directory",
        "/dev/full": "No space left on device",
        "x" * 300: "File name too long",
    }
    for file, reason in cases.items():
        others = ("-o", f"spdx-json={place.outputs}/old") if file != "/dev/full" else ()
        done = run(image, "-o", f"{wish}={file}", *others)
        code, message = told(place, done)
        assert (code, reason in message, message[:22]) == (3, True, "sbomctl: cannot write "), message
        assert {path.name: path.read_bytes() for path in place.outputs.iterdir()} == {"old": b"old"}


def test_names_that_no_file_system_or_document_takes(place, image):
    long, loop = "x" * 300, place.inputs / "loop"
    loop.symlink_to("loop")
    cases = [(name, 3) for name in (f"rootfs:{long}", f"dir:{long}", str(loop), f"rootfs:{loop}", f"dir:{loop}")]
    for target, code in (*cases, (long, 5), (f"{long}.yaml", 2), (b"\xff", 2), ("\x1b[31m", 2)):
        assert told(place, run(target, env={**os.environ, "DOCKER_HOST": "unix:///nonexistent"}))[0] == code, target
    for name in (b"\xff", "a\x1b[31m", "\u202e"):
        code, message = told(place, run(image, "--name", name))
        assert (code, "cannot be written into a document" in message) == (2, True)
    loop.unlink()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 KiB."""
    place = tmp_path.parent / f"{tmp_path.name}-disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(place, image, small_disk):
    (small_disk / "old.json").write_bytes(b"old")
    code, message = told(place, run(image, "-o", f"spdx-json={small_disk}/old.json", "-o", f"table={small_disk}/t"))
    assert (code, message) == (3, f"sbomctl: cannot write {small_disk}/old.json: No space left on device")
    assert {path.name: path.read_bytes() for path in small_disk.iterdir()} == {"old.json": b"old"}


def test_a_full_temporary_directory(place, small_disk):
    import gzip

    noise = tar_of({**DEBIAN, "noise": random.Random(0).randbytes(300_000)})
    path = place.write("image.tar.gz", gzip.compress(tar_of(docker_files(noise))))
    code, message = told(place, run(path, env={**os.environ, "TMPDIR": str(small_disk)}))
    assert (code, f"{path}: no room for a temporary copy" in message) == (3, True)
    assert not list(small_disk.iterdir())


def shell(line: str) -> subprocess.CompletedProcess[bytes]:
    command = " ".join(COMMAND)
    return subprocess.run(["bash", "-c", line.replace("SCAN", command)], capture_output=True, check=False, timeout=120)


def test_a_reader_that_leaves_early(image):
    for wish in ("spdx-json", "cyclonedx-xml", "table"):
        done = shell(f"SCAN {image} -o {wish} | head -c 10 >/dev/null; echo ${{PIPESTATUS[0]}}")
        assert done.stdout in (b"141\n", b"0\n")  # 0: all of it fitted into the pipe
        assert done.stderr == b""


def test_streams_that_are_closed(place, image):
    out = place.outputs / "out"
    done = shell(f"SCAN {image} >&-")
    assert (done.returncode, done.stderr) == (3, b"sbomctl: cannot write to standard output: Bad file descriptor\n")
    done = shell(f"SCAN {image} -o table={out} <&- >&- 2>&-")
    assert (done.returncode, out.read_bytes()[:4]) == (0, b"NAME")
    assert shell("SCAN rootfs:gone >&- 2>&-").returncode == 3
    done = shell(f"SCAN {image} -o spdx-json >/dev/full")
    assert (done.returncode, done.stderr) == (3, b"sbomctl: cannot write to standard output: No space left on device\n")
    assert shell(f"SCAN {image} --strict rootfs:gone 2>/dev/full").returncode == 3


@pytest.mark.parametrize("host", ["unix:///nonexistent", "tcp://127.0.0.1:1", "unix:///dev/null", "nonsense"])
def test_an_engine_that_does_not_answer(place, host):
    for target in ("docker:alpine:3.20", "alpine"):
        done = run(target, env={**os.environ, "DOCKER_HOST": host})
        code, message = told(place, done)
        assert (code, "no container engine answers" in message) == (5, True), message
        assert b"if a file is meant, check its path" in done.stderr


def big_image(place: Place, megabytes: int) -> str:
    """Several layers of noise, one of them a single large file."""
    noise = random.Random(0).randbytes(8 << 20)
    layers = [tar_of({**DEBIAN, f"noise{number}": noise * (megabytes // 8)}) for number in range(2)]
    many = [tar_of({f"small{number}": noise[:1024]}) for number in range(40)]
    return place.write("big.tar", tar_of(docker_files(*many, *layers)))


# It interrupts itself when it has read so much: no clock decides where that is.
INTERRUPTED = """
import os, signal, sys
from sbomctl import api
from sbomctl.__main__ import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell runs the tests in the background
seen = 0
def advance(progress, amount):
    global seen
    before, seen = seen, seen + amount
    if before < {amount} <= seen:
        os.kill(os.getpid(), signal.SIGINT)
api._Quiet.advance = advance
main()
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("amount", [1 << 10, 24 << 20])  # in a small layer and in the middle of a large file
def test_an_interrupt_leaves_nothing_behind(place, jobs, amount):
    path = big_image(place, 32)
    arguments = [*COMMAND[3:], path, "--jobs", jobs, "-o", f"spdx-json={place.outputs}/out.json"]
    command = [sys.executable, "-c", INTERRUPTED.format(amount=amount), *arguments]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    # Where the interrupt meets code that Python compiles at run time, Python ends by the signal itself: 130 to a shell.
    assert done.returncode in (130, -signal.SIGINT)
    assert (done.stdout, done.stderr) == (b"", b"sbomctl: interrupted\n")
    assert not list(place.outputs.iterdir())
    assert not list(place.temporary.iterdir())


# The scan says where it is, with its progress on the screen, and goes on when the terminal has gone away.
IN_A_TERMINAL = """
import os, signal, sys
from sbomctl.__main__ import main
from sbomctl.cli.progress import Bar
start = Bar.start
def started(bar, label, total):
    Bar.start = start
    bar.start(label, total)
    os.write(2, b"STARTED")
    try:
        os.read(0, 1)  # until there is no terminal
    except OSError:
        pass
Bar.start = started
main()
"""


@pytest.mark.parametrize(("action", "status", "left"), [(signal.SIG_DFL, 129, []), (signal.SIG_IGN, 0, ["out.json"])])
def test_a_terminal_that_is_closed(place, image, monkeypatch, action, status, left):
    """As by a connection that is lost; ``nohup`` lets the run go on, without its screen."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    arguments = ["scan", "--no-cache", "--engine", "native", image, "-o", f"spdx-json={place.outputs}/out.json"]
    pid, terminal = pty.fork()
    if not pid:
        signal.signal(signal.SIGHUP, action)
        os.execv(sys.executable, [sys.executable, "-c", IN_A_TERMINAL, *arguments])
    screen = b""
    while b"STARTED" not in screen:
        screen += os.read(terminal, 1024)
    os.close(terminal)
    _, ended = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(ended) == status
    assert [path.name for path in place.outputs.iterdir()] == left
    assert not list(place.temporary.iterdir())


def test_many_members_and_a_bomb_need_little_memory(place):
    """A bound on what the process may map: it would end with MemoryError, that is exit 70."""
    import gzip

    bomb = gzip.compress(tar_of({**DEBIAN, "zeros": bytes(200 << 20)}), 1)
    members = tar_of({f"d{number % 100}/{number}": "" for number in range(100_000)})
    path, other = place.write("bomb.tar.gz", bomb), place.write("many.tar", tar_of(docker_files(ROOTFS, members)))
    limit = 1 << 30

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    done = run(f"rootfs:{path}", other, "--jobs", "1", "-o", f"table={place.outputs}/t", preexec_fn=limited)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_temporary_directory_is_the_one_that_is_looked_into(place):
    assert tempfile.gettempdir() == str(place.temporary)

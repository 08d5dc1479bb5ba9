from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sbomctl.cli.errors import reported
from sbomctl.errors import (
    ConfigError,
    CorruptInput,
    Fault,
    IncompleteScan,
    OutputError,
    SbomctlError,
    ToolFailed,
)

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sbomctl", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, **options)


def ends_with(error: BaseException) -> tuple[int, str]:
    @click.command()
    def command():
        with reported():
            raise error

    result = CliRunner().invoke(command)
    return result.exit_code, result.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("m"), 2),
        (CorruptInput("m"), 3),
        (OutputError("m"), 3),
        (IncompleteScan("m"), 4),
        (ToolFailed("m"), 5),
        (SbomctlError("m"), 70),
    ],
)
def test_each_error_has_its_exit_code(error, code):
    assert ends_with(error) == (code, "sbomctl: m\n")


def test_all_faults_and_the_hint_are_shown():
    faults = (Fault("p.yaml", 3, 5, "unknown key"), Fault("p.yaml", 9, 0, "bad"), Fault("p.yaml", 0, 0, "large"))
    assert ends_with(ConfigError("3 faults in p.yaml", "read the manual", faults)) == (
        2,
        "sbomctl: 3 faults in p.yaml\np.yaml:3:5: unknown key\np.yaml:9: bad\np.yaml: large\nhint: read the manual\n",
    )


def test_messages_cannot_steer_the_terminal():
    code, shown = ends_with(ConfigError("a\x1b[2J\nb\u202e", "\x07", (Fault("x\x9b1m", 1, 1, "\r"),)))
    assert code == 2
    assert shown == "sbomctl: a\\x1b[2J\n  b\\u202e\nx\\x9b1m:1:1: \\x0d\nhint: \\x07\n"


def test_an_interrupt_is_130_and_a_gone_reader_is_quiet():
    assert ends_with(KeyboardInterrupt()) == (130, "sbomctl: interrupted\n")
    assert ends_with(BrokenPipeError()) == (141, "")


@pytest.mark.parametrize("error", [ValueError("boom\x1b[31m"), RecursionError(), MemoryError(), OSError(13, "denied")])
def test_a_bug_gives_a_report_file_and_no_traceback(error):
    code, shown = ends_with(error)
    assert code == 70
    assert "Traceback" not in shown
    assert "\x1b" not in shown
    report = Path(re.search(r"^report: (.*)$", shown, re.MULTILINE)[1])
    text = report.read_text(encoding="utf-8")
    report.unlink()
    assert type(error).__name__ in text
    assert "Traceback (most recent call last)" in text


def test_a_bug_without_room_for_a_report_is_still_told(monkeypatch):
    def no_room(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", no_room)
    assert ends_with(ValueError("x")) == (
        70,
        "sbomctl: bug in sbomctl: ValueError: x\nno report could be written: No space left on device\n",
    )


def test_usage_errors_are_2_in_a_real_process():
    for arguments in (["scna"], ["scan"], ["scan", "x", "--jobs", "-1"], ["--bad"], ["export"], ["schema", "x"]):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert "Traceback" not in done.stderr
    assert "Did you mean 'scan'?" in run("scna").stderr


def test_a_full_disk_behind_standard_output_is_an_error():
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with full.open("wb") as out:
        command = [sys.executable, "-m", "sbomctl", "schema", "product"]
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    assert done.returncode == 3
    assert done.stderr == "sbomctl: cannot write: No space left on device\n"


def test_a_reader_that_leaves_early_is_no_traceback():
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "sbomctl", "schema", "inventory"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_an_interrupted_process_exits_130():
    code = (
        "import os, signal, sys, sbomctl.cli.schema as s\n"
        "s.SCHEMAS['product'] = lambda: os.kill(os.getpid(), signal.SIGINT) or b''\n"
        "sys.argv[1:] = ['schema', 'product']\n"
        "from sbomctl.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.returncode, done.stderr) == (130, "sbomctl: interrupted\n")

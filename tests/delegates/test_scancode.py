"""ScanCode as a program beside ours: the real one where it is installed, and stand-ins that misbehave."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest
from scancode_stand_in import program

from sbomctl.delegates.scancode import MAX_TEXT, Answer, Said, ScanCode

NOTICE = b"This file is licensed under the Apache License, Version 2.0, and parts of it\n\nunder the MIT license."


@pytest.fixture
def stand_in(tmp_path):
    """Makes a program that is run as ScanCode's Python is, and speaks as the worker does in it."""
    return partial(program, tmp_path)


def starts(tmp_path: Path) -> int:
    return (tmp_path / "log").read_text().count("start")


def test_every_text_is_answered_in_order_by_one_program(stand_in, tmp_path):
    scancode = stand_in()
    assert scancode.available() == "0.0-test"
    answers = list(scancode.identify([b"a", "ä".encode(), "ä".encode("latin-1"), b"\0\n"]))
    assert answers == [Answer((Said("MIT", 1, 2, 0.5, (text,)),)) for text in ("a", "ä", "ä", "\0\n")]
    assert starts(tmp_path) == 1


def test_what_it_cannot_do_is_a_problem_of_that_text_only(stand_in, tmp_path):
    answer = '    say({"fault": "ValueError: no"}) if text == "bad" else say({"found": []})'
    answers = list(stand_in(answer).identify([b"bad", b"good", b"x" * (MAX_TEXT + 1), b"good"]))
    assert [one.problem for one in answers] == [
        "ScanCode: ValueError: no", "", "262,145 bytes are too many for ScanCode", ""
    ]  # fmt: skip
    assert starts(tmp_path) == 1


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("os._exit(7)", "ended with exit status 7"),
        ("os.kill(os.getpid(), 9)", "SIGKILL"),
        ('say("no json")', "malformed"),
        ('say({"found": [[1]]})', "Expected"),
        ('say("x" * 2_000_000)', "more than 1,048,576 bytes"),
    ],
)
def test_after_a_crash_it_is_started_again(stand_in, tmp_path, bad, problem):
    answer = f'    if text == "bad":\n        {bad}\n    else:\n        say({{"found": []}})'
    first, second = stand_in(answer).identify([b"bad", b"good"])
    assert problem in first.problem
    assert second == Answer()
    assert starts(tmp_path) == 2


def test_a_hang_is_ended(stand_in, tmp_path, monkeypatch):
    monkeypatch.setattr("sbomctl.delegates.scancode._GRACE", 0.5)
    answer = '    time.sleep(600 if text == "bad" else 0)\n    say({"found": []})'
    for seconds in (0.5, 3.5, 31.5):  # a busy machine is slow to answer at all
        first, second = stand_in(answer, seconds=seconds).identify([b"bad", b"good"])
        assert f"did not answer within {seconds + 0.5:.0f} seconds" in first.problem
        if second == Answer():
            break
    assert second == Answer()


def test_one_that_always_fails_is_given_up(stand_in, tmp_path):
    answers = list(stand_in(start='sys.exit("broken")').identify([b"x"] * 20))
    assert all("broken" in one.problem for one in answers)
    assert len(answers) == 20
    assert starts(tmp_path) == 5


def test_without_it_every_text_has_a_problem(monkeypatch, tmp_path):
    monkeypatch.delenv("SBOMCTL_SCANCODE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    scancode = ScanCode()
    assert scancode.available() == ""
    assert ["is not installed" in one.problem for one in scancode.identify([b"a", b"b"])] == [True, True]


def test_where_it_is_looked_for(stand_in, tmp_path, monkeypatch):
    stand_in()
    python = tmp_path / "python-of-scancode"
    program = tmp_path / "bin" / "scancode"
    program.parent.mkdir()
    program.write_text(f"#!{python}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.defpath}")
    monkeypatch.delenv("SBOMCTL_SCANCODE", raising=False)
    assert ScanCode().available() == "0.0-test"
    monkeypatch.setenv("SBOMCTL_SCANCODE", str(tmp_path / "absent"))
    assert ScanCode().available() == ""
    monkeypatch.setenv("SBOMCTL_SCANCODE", str(program))
    assert ScanCode().available() == "0.0-test"


@pytest.fixture(scope="module")
def real():
    """The installed one; it has 700 MB and is no part of CI."""
    scancode = ScanCode()
    if not scancode.available():
        pytest.skip("no ScanCode; let SBOMCTL_SCANCODE name the python of its environment")
    return scancode


def test_the_real_one_answers(real):
    found, nothing = real.identify([NOTICE, b"hello world"])
    assert nothing == Answer()
    assert not found.problem
    assert " AND ".join(one.expression for one in found.said) == "Apache-2.0 AND MIT"
    assert all(1 <= one.line <= one.end_line <= 3 and 0 < one.coverage <= 1 and one.rules for one in found.said)


def test_the_real_one_keeps_to_its_time(real):
    slow, fast = ScanCode(real._given, seconds=0.001).identify([NOTICE * 500, b"x"])
    assert slow.problem == "ScanCode: it took too long"
    assert not fast.problem or fast == slow

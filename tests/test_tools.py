"""Real programs, well-behaved and not."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sbomctl import tools
from sbomctl.errors import ToolFailed, ToolMissing, ToolTimeout

ENV = {"PATH": os.defpath}


@pytest.fixture
def script(tmp_path):
    def write(text: str) -> Path:
        file = tmp_path / "program"
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
        return file

    return write


def hung(call: Callable[[int], object], begun: Path) -> tuple[int, str]:
    """The seconds after which the call gave up a program that had begun, and what it said; a busy machine gets more."""
    for seconds in (1, 4, 16, 64):
        with pytest.raises(ToolTimeout) as caught:
            call(seconds)
        if begun.exists() and begun.stat().st_size:
            return seconds, str(caught.value)
    raise AssertionError("the program did not begin")


def is_gone(process: int) -> bool:
    """Whether it has ended, or will have in a moment: the kernel may take its time."""
    for _ in range(1200):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.05)
    return False


def test_output_and_the_end_of_stderr(script):
    program = script("echo out; echo first >&2; echo last >&2")
    done = tools.run([program], timeout=60, env=ENV)
    assert done == tools.Output(b"out\n", "first\nlast")


def test_arguments_reach_it_as_they_are(script):
    program = script("""printf '%s|' "$@" """)
    assert tools.run([program, "a b", "*", "$HOME"], timeout=60, env=ENV).stdout == b"a b|*|$HOME|"


def test_it_sees_the_environment_and_directory_it_is_given_and_no_others(script, tmp_path, monkeypatch):
    monkeypatch.setenv("SBOMCTL_TEST_SECRET", "1")
    (tmp_path / "here").mkdir()
    done = tools.run([script("env; pwd")], timeout=60, env={"A": "1"}, cwd=tmp_path / "here")
    lines = done.stdout.decode().splitlines()
    assert "A=1" in lines
    assert str(tmp_path / "here") in lines
    assert not [line for line in lines if line.startswith(("SBOMCTL_TEST_SECRET", "HOME"))]


def test_the_environment_is_picked_by_name(monkeypatch):
    monkeypatch.setenv("SBOMCTL_TEST_A", "1")
    monkeypatch.delenv("SBOMCTL_TEST_B", raising=False)
    assert tools.environment("SBOMCTL_TEST_A", "SBOMCTL_TEST_B") == {"SBOMCTL_TEST_A": "1"}


def test_input_larger_than_any_pipe(script):
    data = bytes(range(256)) * 8192
    assert tools.run([script("cat")], timeout=60, env=ENV, input=data).stdout == data


def test_without_input_it_reads_nothing(script):
    assert tools.run([script("cat")], timeout=60, env=ENV).stdout == b""


def test_failure_tells_command_status_and_last_words(script):
    program = script("for i in $(seq 100); do echo line $i >&2; done; printf 'red \\033[31m\\n' >&2; exit 3")
    with pytest.raises(ToolFailed) as caught:
        tools.run([program, "a b"], timeout=60, env=ENV)
    first, *tail = caught.value.message.splitlines()
    assert first == f"{program} 'a b' ended with exit status 3; its last words:"
    assert tail == [*(f"line {number}" for number in range(82, 101)), "red \\x1b[31m"]


def test_endless_stderr_is_cut(script):
    program = script("head -c 5000000 /dev/zero >&2; echo >&2; echo end >&2; exit 1")
    with pytest.raises(ToolFailed) as caught:
        tools.run([program], timeout=60, env=ENV)
    assert caught.value.message.endswith("end")
    assert len(caught.value.message) < 1_000_000


def test_a_signal_is_named(script):
    with pytest.raises(ToolFailed, match=r"was ended by signal 9 \(SIGKILL\)"):
        tools.run([script("kill -9 $$")], timeout=60, env=ENV)


def test_too_much_output_ends_it(script, tmp_path):
    program = script(f"echo $$ > {tmp_path}/pid; while :; do echo more; done")
    with pytest.raises(ToolFailed, match="wrote more than 1,000 bytes"):
        tools.run([program], timeout=60, env=ENV, max_output=1000)
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_time_is_bounded_and_children_end_too(script, tmp_path):
    program = script(f"echo waiting >&2; sleep 600 & echo $! > {tmp_path}/child; wait")
    seconds, error = hung(lambda seconds: tools.run([program], timeout=seconds, env=ENV), tmp_path / "child")
    assert re.search(rf"did not end within {seconds} seconds(.|\n)*waiting", error)
    assert is_gone(int((tmp_path / "child").read_text()))


def test_it_may_clean_up_when_asked_to_end(script, tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "_GRACE", 60)
    begun = tmp_path / "begun"
    program = script(f"trap 'echo bye > {tmp_path}/bye; exit 1' TERM; echo > {begun}; while :; do sleep 0.1; done")
    hung(lambda seconds: tools.run([program], timeout=seconds, env=ENV), begun)
    assert (tmp_path / "bye").exists()


def test_one_that_will_not_listen_is_killed(script, tmp_path):
    program = script(f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 0.1; done")
    hung(lambda seconds: tools.run([program], timeout=seconds, env=ENV), tmp_path / "pid")
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_a_child_left_behind_is_not_waited_for(script):
    assert tools.run([script("sleep 600 & echo done")], timeout=60, env=ENV).stdout == b"done\n"


def test_interrupting_ends_the_program(script, tmp_path):
    program = script(f"echo $$ > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; sleep 600")

    def press_ctrl_c() -> None:
        while not (tmp_path / "pid").exists():
            time.sleep(0.05)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=press_ctrl_c).start()
        with pytest.raises(KeyboardInterrupt):
            tools.run([program], timeout=60, env=ENV)
    finally:
        signal.signal(signal.SIGINT, before)
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_no_program(tmp_path):
    with pytest.raises(ToolMissing, match="nothing-here is not installed"):
        tools.run([tmp_path / "nothing-here"], timeout=60, env=ENV)


def test_something_that_is_no_program(tmp_path):
    file = tmp_path / "text"
    file.write_bytes(b"\x7fELF and no more")
    file.chmod(0o755)
    with pytest.raises(ToolFailed, match="cannot be started"):
        tools.run([file], timeout=60, env=ENV)


def test_path_comes_first_then_the_other_places(script, tmp_path, monkeypatch):
    program = script("true")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tools.find("program", tmp_path / "other") == program
    assert tools.find("absent", tmp_path / "other", program) == program
    (tmp_path / "data").write_text("no program")
    assert tools.find("absent", tmp_path / "data", tmp_path) is None


def test_a_relative_path_is_found_from_everywhere(script, tmp_path, monkeypatch):
    program = script("true")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".")
    found = tools.find("program")
    assert found is not None
    assert found.is_absolute()
    assert found.samefile(program)


ECHO = 'while read -r line; do echo "<$line>"; done'


def test_questions_are_answered_by_one_program(script):
    with tools.talking([script(f"echo ready $$; {ECHO}")], env=ENV) as talk:
        ready = talk.ask(b"", timeout=60)
        assert [talk.ask(b"%d" % number, timeout=60) for number in range(3)] == [b"<0>", b"<1>", b"<2>"]
    assert is_gone(int(ready.split()[1]))


def test_a_question_and_a_wordy_stderr_larger_than_any_pipe(script):
    program = script(f"head -c 3000000 /dev/zero >&2; {ECHO}")
    with tools.talking([program], env=ENV) as talk:
        assert len(talk.ask(b"x" * 300_000, timeout=60)) == 300_002


def test_time_for_an_answer_is_bounded(script, tmp_path):
    program = script(f"echo hm >&2; echo $$ > {tmp_path}/pid; sleep 600")

    def ask(seconds: int) -> None:
        with tools.talking([program], env=ENV) as talk:
            talk.ask(b"x" * 3_000_000, timeout=seconds)

    seconds, error = hung(ask, tmp_path / "pid")
    assert re.search(rf"did not answer within {seconds} seconds(.|\n)*hm", error)
    assert is_gone(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize(
    ("program", "how"),
    [("echo bye >&2; exit 3", r"ended with exit status 3 instead of answering(.|\n)*bye"), ("kill -9 $$", "SIGKILL"),
     ("exec <&- >&-; exit 0", "ended with exit status 0"), ("sleep 600 & exit 4", "ended with exit status 4")],
)  # fmt: skip
def test_one_that_ends_instead_of_answering(script, program, how):
    with tools.talking([script(program)], env=ENV) as talk, pytest.raises(ToolFailed, match=how):
        talk.ask(b"x" * 300_000, timeout=60)


def test_an_answer_without_end_is_cut_off(script):
    with (
        tools.talking([script("cat /dev/zero")], env=ENV) as talk,
        pytest.raises(ToolFailed, match="answered with more than 1,000 bytes"),
    ):
        talk.ask(b"?", timeout=60, max_answer=1000)


def test_there_is_nobody_to_talk_to(tmp_path):
    with pytest.raises(ToolMissing), tools.talking([tmp_path / "nothing-here"], env=ENV):
        pass

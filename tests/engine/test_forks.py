"""Work in several processes. Each case runs in a process of its own, for those that run tests have threads."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap

import pytest

from sbomctl.engine import forks

ITEMS = 3 * forks.LEAST


def ran(code: str) -> str:
    head = f"import os, threading\nfrom sbomctl.engine import forks\nITEMS = list(range({ITEMS}))\nHERE = os.getpid()\n"
    done = subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(code)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_the_results_have_the_order_of_the_items(processes):
    found = ran(f"print(forks.run({processes}, lambda one: one * one, ITEMS, lambda one: one))")
    assert found == str([one * one for one in range(ITEMS)])


@pytest.mark.parametrize(("processes", "count", "used"), [(1, ITEMS, 1), (2, ITEMS, 2), (3, ITEMS, 3), (3, 9, 1)])
def test_many_items_are_shared_out(processes, count, used):
    code = f"""
    import functools, multiprocessing
    all_here = multiprocessing.Barrier({used})
    met = functools.cache(lambda process: all_here.wait(60))  # nobody ends before everybody has begun
    def patient(one):
        met(os.getpid())
        return os.getpid()
    print(len(set(forks.run({processes}, patient, ITEMS[:{count}], lambda one: 1))))
    """
    assert ran(code) == str(used)


def test_work_goes_on_while_this_process_does_something_else():
    code = """
    done, told = os.pipe()
    def counted(one):
        if os.getpid() != HERE:
            os.write(told, b".")
        return os.getpid()
    work = forks.Work(2, counted, ITEMS, lambda one: 1)
    for _ in ITEMS:
        os.read(done, 1)
    print(HERE in work.results())
    work.end()
    """
    assert ran(code) == "False"


def test_a_child_is_gone_when_its_work_is_done_though_nobody_has_asked_for_the_results():
    """More than a pipe takes: what it has in memory is free for others."""
    code = """
    work = forks.Work(2, lambda one: bytes(10_000), ITEMS, lambda one: 1)
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    print(set(work.results()) == {bytes(10_000)})
    work.end()
    """
    assert ran(code) == "True"


@pytest.mark.parametrize("fault", ["tempfile.tempdir = '/nowhere'", "setrlimit(RLIMIT_FSIZE, (99, 99))"])
def test_without_room_for_results_the_work_is_done_here(fault):
    code = f"""
    import tempfile
    from resource import RLIMIT_FSIZE, setrlimit
    {fault}
    print(forks.run(2, lambda one: one, ITEMS, lambda one: 1) == ITEMS)
    """
    assert ran(code) == "True"


def test_nothing_is_forked_while_other_threads_run():
    code = """
    stop = threading.Event()
    threading.Thread(target=stop.wait).start()
    print(set(forks.run(2, lambda one: os.getpid(), ITEMS, lambda one: 1)) == {HERE})
    stop.set()
    """
    assert ran(code) == "True"


def test_what_a_child_does_not_deliver_is_done_here():
    code = """
    def fragile(one):
        if os.getpid() != HERE:
            os._exit(0 if one % 2 else 9)
        return one
    print(forks.run(3, fragile, ITEMS, lambda one: 1) == ITEMS)
    """
    assert ran(code) == "True"


@pytest.mark.parametrize("error", ["ValueError", "KeyboardInterrupt"])
def test_an_error_is_raised_and_no_child_is_left(error):
    code = f"""
    import time
    def failing(one):
        if os.getpid() == HERE:
            raise {error}
        time.sleep(60)
    try:
        forks.run(3, failing, ITEMS, lambda one: 1)
    except {error}:
        print("raised")
    try:
        os.waitpid(-1, 0)
    except ChildProcessError:
        print("none left")
    """
    assert ran(code).split("\n") == ["raised", "none left"]


_ORPHANED = """
import os, signal, sys, time
from sbomctl.engine import forks

parent = os.getpid()

def work(item):
    while os.getppid() == parent:
        time.sleep(0.01)
    print(item, flush=True)

forks.Work(2, work, range(forks.LEAST), lambda item: 1)
os.kill(parent, signal.SIGTERM)
"""


def test_a_child_whose_parent_was_ended_alone_does_no_more_than_it_has_begun():
    done = subprocess.run([sys.executable, "-c", _ORPHANED], stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == -signal.SIGTERM
    assert done.stdout == "0\n", "the pipe was read to its end, so the child is gone"

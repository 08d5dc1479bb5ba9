"""What a command costs: wall time and peak memory, its children included."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    seconds: float  # wall time of the whole process
    processor: float  # seconds of processor time, of all cores together
    mebibytes: float  # peak memory of it and its children together


def tree(root: int) -> list[int]:
    """``root`` and every process below it."""
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                queue += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def proportional(pid: int) -> int:
    """Kibibytes of a process, shared pages divided among their users."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def resident(pid: int) -> int:
    """Kibibytes that a process had in memory at most, so far.

    Its own account: what ``wait4`` tells is at least what the process that started it had when it did.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def watch(pid: int, stop: threading.Event, peak: list[int]) -> None:
    """Keeps in ``peak[0]`` the most that one process of the tree had, or all of them together."""
    while not stop.wait(0.05):
        if is_started(pid):
            processes = tree(pid)
            peak[0] = max(peak[0], sum(map(proportional, processes)), *map(resident, processes))


def is_started(pid: int) -> bool:
    """Whether it is what was to be run, and no longer the copy of this process that starts it."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != Path("/proc/self/cmdline").read_bytes()
    except OSError:
        return False


def run(command: list[str], *, memory: bool) -> Cost:
    """Runs a command; with ``memory`` the process tree is sampled too, which costs time."""
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, env=environment())
        stop, peak = threading.Event(), [0]
        sampler = threading.Thread(target=watch, args=(process.pid, stop, peak))
        if memory:
            sampler.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        stop.set()
        if memory:
            sampler.join()
        if process.returncode:
            errors.seek(0)
            sys.exit(f"{' '.join(command)}\nexit code {process.returncode}\n{errors.read().decode()[-2000:]}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, peak[0] / 1024)


def environment() -> dict[str, str]:
    """As installed: Python may keep its bytecode."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"SYFT_CHECK_FOR_APP_UPDATE": "false", "SOURCE_DATE_EPOCH": "1780300800"}


def compared(commands: dict[str, list[str]], runs: int) -> dict[str, Cost]:
    """The median of ``runs`` runs of each command after one that warms the page cache and measures memory.

    They take turns, so that whatever else the machine does meets all of them alike.
    """
    peaks = {name: run(command, memory=True).mebibytes for name, command in commands.items()}
    rounds = [{name: run(command, memory=False) for name, command in commands.items()} for _ in range(runs)]
    return {
        name: Cost(
            statistics.median(each[name].seconds for each in rounds),
            statistics.median(each[name].processor for each in rounds),
            peak,
        )
        for name, peak in peaks.items()
    }

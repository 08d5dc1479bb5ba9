"""How fast the license detector is: throughput, index, memory, growth, and ScanCode on the same files.

    python benchmarks/license_speed.py [--archive IMAGE.oci.tar] [--scancode PYTHON] [--limit SECONDS]

200 files: the labelled Debian copyright files and, of ``usr/share/doc`` of the image, the first
by the digest of their content. All times are of the processor. PYTHON is that of an
environment in which ScanCode is installed; it gets files in the same order until the limit.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import io
import json
import os
import resource
import statistics
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from license_sets import sets

from sbomctl.licenses.text.detection import detect
from sbomctl.licenses.text.index import Index, load
from sbomctl.licenses.text.source import listed_texts

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("SBOMCTL_SHARED") or ROOT.parent / "shared")
FILES = 200
SIZES = {"100 kB": 100_000, "1 MB": 1_000_000, "10 MB": 10_000_000}
GOAL = 100  # times ScanCode's throughput
SCANCODE = """
import sys, time
from scancode.api import get_licenses
paths, limit = sys.argv[2:], float(sys.argv[1])
get_licenses(paths[0])
started, before = time.monotonic(), time.process_time()
for path in paths:
    get_licenses(path)
    after = time.process_time()
    print(after - before)
    before = after
    if time.monotonic() - started > limit:
        break
"""


def texts(archive: Path | None) -> list[str]:
    """The files of the set."""
    found = [case.text for case in sets(SHARED)["debian-copyright"]]
    if archive:
        unique = {hashlib.sha256(data).hexdigest(): data for data in copyrights(archive)}
        found += [unique[digest].decode("utf-8", "replace") for digest in sorted(unique)]
    return found[:FILES]


def copyrights(archive: Path) -> Iterator[bytes]:
    """Every copyright file of an OCI archive with one image."""
    with tarfile.open(archive) as outer:

        def blob(digest: str) -> bytes:
            member = outer.extractfile(f"blobs/{digest.replace(':', '/')}")
            return member.read() if member else b""

        index = outer.extractfile("index.json")
        manifest = json.loads(index.read() if index else b"{}")
        while "manifests" in manifest:
            manifest = json.loads(blob(manifest["manifests"][0]["digest"]))
        for layer in manifest["layers"]:
            with tarfile.open(fileobj=io.BytesIO(blob(layer["digest"]))) as inner:
                for member in inner:
                    if member.isreg() and "usr/share/doc/" in member.name and member.name.endswith("/copyright"):
                        content = inner.extractfile(member)
                        yield content.read() if content else b""


def pieces() -> dict[str, str]:
    """What is repeated until it fills so many bytes."""
    known = sorted(listed_texts())
    return {
        "one license text (MIT)": next(one.text for one in known if one.ids[0] == "MIT") + "\n",
        "a long license text (GPL-2.0)": next(one.text for one in known if "GPL-2.0-only" in one.ids) + "\n",
        "all texts of the list": "".join(one.text + "\n" for one in known),
        "their words, shuffled": shuffled(" ".join(one.text for one in known).split(), " "),
        "their lines, shuffled": shuffled("\n".join(one.text for one in known).split("\n"), "\n"),
        "names of licenses": "GPL LGPL-2.1 MIT or BSD under the Apache license ",
        "words that licenses are told by": "license licensed copyright permission granted under version 2 or later ",
        "copyright lines": "Copyright (c) 2001 by the authors\n",
        "fields": "License: GPL-2+ or MIT\n",
        "addresses": "https://www.gnu.org/licenses/gpl-2.0.html ",
        "letters without a space": "license",
        "numbers without a space": "1.2.3+.4",
        "brackets": "<a <p &amp; ",
        "empty lines": "\n",
    }


def shuffled(parts: list[str], between: str) -> str:
    """``parts`` in the order of their digests: the same on every machine."""
    numbered = [(hashlib.md5(f"{at}".encode(), usedforsecurity=False).digest(), one) for at, one in enumerate(parts)]
    return between.join(one for _, one in sorted(numbered)) + between


def taken(text: str, index: Index) -> float:
    """Seconds of one detection."""
    started = time.process_time()
    detect(text, index=index)
    return time.process_time() - started


def growth(index: Index) -> Iterator[str]:
    """The table of repeated pieces."""
    yield f"| seconds for texts of | {' | '.join(SIZES)} | 100 times the text, times the time |"
    yield f"|---{'|---' * len(SIZES)}|---|"
    for name, piece in pieces().items():
        times = [taken((piece * (size // len(piece) + 1))[:size], index) for size in SIZES.values()]
        shown = " | ".join(f"{one:.2f}" for one in times)
        yield f"| {name} | {shown} | {times[-1] / times[0]:.0f} |"


def scancode(python: Path, some: list[str], limit: int, ours: list[float]) -> str:
    """ScanCode on the same files, as far as the limit lets it come."""
    with tempfile.TemporaryDirectory() as scratch:
        paths = [Path(scratch, f"{at}.copyright") for at in range(len(some))]
        for path, text in zip(paths, some, strict=True):
            path.write_text(text)
        command = [str(python), "-c", SCANCODE, str(limit), *map(str, paths)]
        theirs = [float(line) for line in subprocess.check_output(command, text=True).split()]
    count = len(theirs)
    ratio = sum(theirs) / sum(ours[:count])
    middle = statistics.median(one / other for one, other in zip(theirs, ours, strict=False))
    verdict = "reached" if ratio >= GOAL else "missed"
    each = f"ScanCode {1000 * sum(theirs) / count:.0f} ms a file, ours {1000 * sum(ours[:count]) / count:.1f} ms"
    return f"On the first {count} of them {each}: {ratio:.0f} times (at least {GOAL}: {verdict}); median {middle:.0f}."


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--archive", type=Path, help="OCI archive of a Debian image")
    options.add_argument("--cache", type=Path, help="directory of the index; default: it is made")
    options.add_argument("--scancode", type=Path, metavar="PYTHON")
    options.add_argument("--limit", type=int, default=1200, metavar="SECONDS")
    chosen = options.parse_args()
    gc.set_threshold(100_000)  # as the command line does
    started = time.process_time()
    index = load(chosen.cache)
    loaded = time.process_time() - started
    some = texts(chosen.archive)
    taken(some[0], index)  # as ScanCode's first one does not count
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ours = [taken(text, index) for text in some]
    middle = 1000 * sorted(ours)[len(ours) // 2]
    print(f"{len(some)} files: median {middle:.1f} ms, mean {1000 * sum(ours) / len(ours):.1f} ms, ", end="")
    print(f"{len(ours) / sum(ours):.0f} files a second and core.")
    print(
        f"Index {'loaded' if chosen.cache else 'made'} in {1000 * loaded:.0f} ms; resident with it {resident:.0f} MiB."
    )
    if chosen.scancode:
        print(scancode(chosen.scancode, some, chosen.limit, ours))
    print()
    for line in growth(index):
        print(line, flush=True)


if __name__ == "__main__":
    main()

"""How many licenses the detector finds, and how fast.

    python benchmarks/licenses.py [--write] [--errors SET]

The metric: of each file, the set of identifiers of the SPDX list (licenses and exceptions
apart) that the detector states, against the set that the label states. A label that is not
on the list is left out, a finding that is not in the label counts as wrong unless it is a
license that the labels of the set, which are older, have no word for; such a one counts as
the label whose name it continues (``X11-no-permit-persons`` as ``X11``), if there is one. An
ambiguous name counts as its primary expression only, right or wrong. -only and -or-later count
as different licenses, but for labels that do not tell them apart (``GPL-2.0``). Micro averages
over the files of a set.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from judged_labels import judged
from license_sets import Case, sets

from sbomctl.licenses.expression import terms
from sbomctl.licenses.text.detection import detect
from sbomctl.licenses.text.index import Index, load

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("SBOMCTL_SHARED") or ROOT.parent / "shared")
README = ROOT / "benchmarks" / "README.md"
MARK = "<!-- license figures -->"
_OPEN = ("-only", "-or-later")


@dataclass
class Score:
    """Counts over files."""

    right: int = 0
    wrong: int = 0
    lacking: int = 0

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.lacking)

    def __str__(self) -> str:
        return f"{100 * self.precision:.1f} | {100 * self.recall:.1f}"


def stated(case: Case, index: Index) -> frozenset[str]:
    """What the detector states of a file; where the label leaves a GNU version open, so does this."""
    found: set[str] = set()
    for match in detect(case.text, case.name, index).matches:
        for term in terms(match.expression):
            found |= {term.license, term.exception} - {""}
    for label in case.labels:
        if any({f"{label}{suffix}", f"{label}-invariants{suffix}"} & found for suffix in _OPEN):
            found = {one for one in found if one.removesuffix("-only").removesuffix("-or-later") != label} | {label}
    if case.vocabulary:
        found = {one if one in case.vocabulary else _older(one, case.labels) for one in found} & case.vocabulary
    return frozenset(one for one in found if not one.startswith(("LicenseRef-", "AdditionRef-")))


def _older(newer: str, labels: frozenset[str]) -> str:
    """What labels without a word for an identifier call it: the label that it is a variant of by its name."""
    return next((label for label in sorted(labels) if newer.startswith(f"{label}-")), newer)


def score(cases: Iterable[Case], index: Index, *, errors: bool = False) -> Score:
    """Precision and recall over ``cases``; ``errors`` prints those of the half that may be looked at."""
    total = Score()
    for case in cases:
        found = stated(case, index)
        total.right += len(found & case.labels)
        total.wrong += len(found - case.labels)
        total.lacking += len(case.labels - found)
        if errors and not case.held_back and found != case.labels:
            print(f"{case.name}: wrong {sorted(found - case.labels)} lacking {sorted(case.labels - found)}")
    return total


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--errors", metavar="SET", default="", help="print the errors of the open half of a set")
    options.add_argument("--cache", type=Path, default=None, help="directory of the index")
    options.add_argument("--write", action="store_true", help="put the figures into benchmarks/README.md")
    chosen = options.parse_args()
    started = time.perf_counter()
    index = load(chosen.cache)
    loaded = time.perf_counter() - started
    lines = [
        "| set | files | precision | recall | open half | | held-back half | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    labelled = sets(SHARED)
    for name, cases in labelled.items():
        if chosen.errors and chosen.errors != name:
            continue
        lines.append(row(name, cases, index, errors=bool(chosen.errors)))
    if not chosen.errors:
        lines += totals(labelled, index)
    lines += ["", *speed(labelled["debian-copyright"], index, loaded)]
    print("\n".join(lines))
    if chosen.write:
        write(lines)


def row(name: str, cases: list[Case], index: Index, *, errors: bool = False) -> str:
    """The figures of a set and of its halves."""
    whole = score(cases, index, errors=errors)
    half = score((case for case in cases if not case.held_back), index)
    held = score((case for case in cases if case.held_back), index)
    return f"| {name} | {len(cases)} | {whole} | {half} | {held} |"


def totals(labelled: dict[str, list[Case]], index: Index) -> list[str]:
    """All sets together, and what the choices of the metric are worth."""
    every = [case for cases in labelled.values() for case in cases]
    texts = [case for name, cases in labelled.items() for case in cases if name != "scancode-urls"]
    strict = [replace(case, vocabulary=frozenset()) for case in texts]
    return [
        row("debian-copyright, labels judged", list(map(judged, labelled["debian-copyright"])), index),
        row("all", every, index),
        row("all without addresses", texts, index),
        row("the same, newer identifiers wrong", strict, index),
    ]


def speed(cases: list[Case], index: Index, loaded: float) -> list[str]:
    """Processor time of each file, after one that warms up."""
    detect("under the GPL", index=index)
    times = []
    for case in cases:
        started = time.process_time()
        detect(case.text, case.name, index)
        times.append(1000 * (time.process_time() - started))
    size = statistics.median(len(case.text) for case in cases)
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    each = f"median {statistics.median(times):.1f} ms, mean {statistics.mean(times):.1f} ms"
    return [
        f"{len(cases)} Debian copyright files, median {size:.0f} characters: {each} of processor time,",
        f"{1000 * len(times) / sum(times):.0f} files a second and core. Index loaded in {1000 * loaded:.0f} ms.",
        f"Resident, with the labelled files: {resident:.0f} MiB.",
    ]


def write(lines: list[str]) -> None:
    """Replaces what stands behind the mark."""
    head, _, _ = README.read_text().partition(MARK)
    README.write_text(head + MARK + "\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

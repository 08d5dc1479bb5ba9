"""License evidence of an image: what databases declare and what files show, joined to the packages.

A file is read once however many packages and layers share its content: reading is a function
of its bytes and its name, of Debian's copyright files also of their directory. Hidden packages
get the evidence of the layer where they still lie.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Self

import msgspec

from sbomctl.engine import forks
from sbomctl.engine.declarations import declared
from sbomctl.engine.license_files import LicenseFiles, Owners
from sbomctl.engine.license_memory import LicenseMemory, Recollection
from sbomctl.engine.license_results import Result, Results, Task, name_for, sha256_of
from sbomctl.engine.pool import processors
from sbomctl.engine.second_opinion import SecondOpinion
from sbomctl.layers.stack import Stack
from sbomctl.layers.view import File
from sbomctl.licenses.base import FileLicenses, LicenseDetector
from sbomctl.licenses.detected import prepare
from sbomctl.licenses.expression import conjunction
from sbomctl.licenses.source_header import SourceHeader
from sbomctl.licenses.spdx_list import UNKNOWN_TEXT
from sbomctl.model import (
    CopyrightStatement,
    Expression,
    LicenseFinding,
    LicenseKind,
    Location,
    OsRelease,
    Package,
    Problem,
    ShippedText,
    UnownedFile,
)

# Texts that a distribution keeps once for the packages that refer to them (Debian Policy 12.5): nobody's license.
_COLLECTION = re.compile(r"usr/share/(?:common-licenses|licenses/(?:common|spdx))/[^/]+")
_HEAD = SourceHeader()
_COLLECTED = "a collection of texts for others to refer to"


class Detection(msgspec.Struct, frozen=True):
    """Who reads the license files, in how many processes; the result does not depend on their number."""

    detectors: Sequence[LicenseDetector] = ()
    jobs: int = 1  # 0 = one per processor
    heads: bool = True  # those of scripts too
    opinion: SecondOpinion | None = None  # asked about texts that the detectors do not know
    memory: LicenseMemory | None = None  # of what they said before, in this scan or another


class Evidence(msgspec.Struct):
    """What the files of one image say; everything sorted by the packages' order, then by path."""

    packages: list[Package]
    unowned: tuple[LicenseFinding, ...] = ()  # of license files that no package has
    problems: tuple[Problem, ...] = ()
    texts: dict[str, str] = {}  # SHA-256 (hex) -> text


class LicenseReading:
    """The license files of one image, read by other processes from the moment on that its layers are stacked.

    Use as a context; leaving it ends what is still read.
    """

    def __init__(self, stack: Stack, detection: Detection, layers: Sequence[str] = ()) -> None:
        """Begin to read whatever a package could have, before any package is known; ``layers`` are their diff_ids."""
        self._stack = stack
        self._detection = detection
        self._files = LicenseFiles(stack, detection.detectors)
        self._recollection = Recollection(detection.memory, layers)
        self._reader = _Reader(self._files, self._recollection, compares=detection.heads)
        self._jobs = detection.jobs or processors()
        if self._jobs > 1 or detection.opinion or self._recollection.works:
            self._reader.begin(self._jobs)

    def __enter__(self) -> Self:
        """The reading itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what is still read."""
        self._reader.end()
        self._recollection.leave()

    def finish(self) -> None:
        """Wait for what is still read, and help with it: the other processes and their memory are gone then."""
        self._reader.finish()

    def evidence(
        self, packages: Sequence[Package], os: OsRelease | None, unowned: Iterable[UnownedFile] = ()
    ) -> Evidence:
        """The packages with their license evidence, and that of license files and code that belong to none of them."""
        stack, files, reader, detection = self._stack, self._files, self._reader, self._detection
        scripts = [*unowned] if detection.heads and detection.detectors else []
        reader.finish()
        reader.read_heads(stack, scripts, self._jobs)
        if detection.opinion:
            reader.heed(detection.opinion)
        owners = Owners(files, packages)
        licensed = []
        read: set[str] = set()
        for package in packages:
            own = files.of(package, owners)
            depth = len(stack.layers) if package.hidden_in is None else package.hidden_in
            found = [one for path in own if (one := reader.read(path, depth))]
            read.update(own, (one.file.location.path for one in found))
            licensed.append(_licensed(declared(package, os), _each_once(found)))
        left = [path for path in files.paths if path not in read]
        alone = _each_once(one for path in left if (one := reader.read(path, len(stack.layers))))
        heads = [one for file in scripts if (one := reader.read_head(stack, file))]
        return Evidence(
            licensed,
            tuple(sorted((finding for one in (*alone, *heads) for finding in one.findings()), key=_order)),
            tuple(sorted(reader.problems)),
            reader.texts,
        )


def _order(finding: LicenseFinding) -> tuple[object, ...]:
    return (finding.location, finding.end_line, finding.raw, finding.expression)


class _Read(msgspec.Struct, frozen=True):
    """One file and what it says."""

    file: File
    found_by: str
    licenses: FileLicenses
    digests: Mapping[str, str]  # text -> SHA-256

    @property
    def excluded_by(self) -> str:
        return _COLLECTED if _COLLECTION.fullmatch(self.file.location.path) else ""

    def findings(self) -> Iterator[LicenseFinding]:
        for one in self.licenses.statements:
            yield LicenseFinding(
                raw=one.raw,
                location=self.file.at(one.line),
                found_by=one.found_by or self.found_by,
                kind=one.kind,
                expression=one.expression,
                coverage=one.coverage,
                text_sha256=self.digests[one.text] if one.text else "",
                end_line=one.end_line,
                files=one.files,
                excluded_by=one.excluded_by or self.excluded_by,
                candidates=one.candidates,
                remark=one.remark,
            )
        if self.licenses.statements:
            for line, reason in self.licenses.faults:
                yield LicenseFinding("", self.file.at(line), self.found_by, LicenseKind.DETECTED, remark=reason)

    def copyrights(self) -> Iterator[CopyrightStatement]:
        for line, text in self.licenses.copyrights if not self.excluded_by else ():
            yield CopyrightStatement(text, self.file.at(line))

    def texts(self) -> Iterator[ShippedText]:
        for one in self.licenses.statements:
            if one.text:
                yield ShippedText("license", self.digests[one.text], self.file.at(one.line))
        if self.licenses.notice:
            yield ShippedText("notice", self.digests[self.licenses.notice], self.file.at(1))


class _Reader:
    """Reads each content once; keeps the texts, and what could not be read."""

    def __init__(self, files: LicenseFiles, recollection: Recollection, *, compares: bool) -> None:
        """``compares``: whether texts are compared with those of licenses, which takes an index of these."""
        self.texts: dict[str, str] = {}
        self.problems: set[Problem] = set()
        self._files = files
        self._recollection = recollection
        self._compares = compares
        self._opened: dict[tuple[str, int], File | None] = {}
        self._results: dict[tuple[str, str, bytes], Result | None] = {}
        self._tasks: list[Task] = []
        self._work: forks.Work[Task, Results] | None = None

    def begin(self, jobs: int) -> None:
        """Has other processes read every license file of every layer that is not remembered, for :meth:`finish`."""
        tasks: dict[bytes, Task] = {}
        for path in self._files.paths:
            readers = tuple(self._files.readers(path))
            for depth in self._files.depths(path):
                if file := self._open(path, depth):
                    task = tasks.setdefault(file.data, Task(file.data, file.location.layer))
                    if (path, readers) not in task.places:
                        task.places.append((path, readers))
        self._tasks = self._new(tasks.values())
        self._compare_many(len(self._tasks))
        self._work = forks.Work(jobs, Task.read, self._tasks, lambda task: len(task.data))

    def finish(self) -> None:
        """Has read all that :meth:`begin` began."""
        if self._work:
            self._keep(self._tasks, self._work.results())
            self.end()

    def end(self) -> None:
        """Ends the processes that still read."""
        if self._work:
            self._work.end()
        self._work, self._tasks = None, []

    def read_heads(self, stack: Stack, scripts: Iterable[UnownedFile], jobs: int) -> None:
        """Reads the heads of scripts in some processes, to have them later."""
        tasks: dict[bytes, Task] = {}
        for script in scripts:
            if head := stack.heads.get(script.sha256):
                tasks.setdefault(head, Task(head, script.layer)).places.append((script.path, (_HEAD,)))
        work = self._new(tasks.values())
        if len(work) >= forks.LEAST or self._recollection.works:
            self._compare_many(len(work))
            self._keep(work, forks.run(jobs, Task.read, work, lambda task: len(task.data)))

    def _compare_many(self, count: int) -> None:
        if self._compares and count >= forks.LEAST:
            prepare()

    def _new(self, tasks: Iterable[Task]) -> list[Task]:
        """Those that are not remembered; the results of the others are kept."""
        new = []
        for task in tasks:
            known = self._recollection.recall(task)
            if known is None:
                new.append(task)
            else:
                self._take(task, known)
        return new

    def _keep(self, tasks: Iterable[Task], results: Iterable[Results]) -> None:
        for task, some in zip(tasks, results, strict=True):
            self._take(task, some)
            self._recollection.remember(task, some)

    def _take(self, task: Task, results: Results) -> None:
        for (detector, name), result in results.items():
            self._results[detector, name, task.data] = result

    def read(self, path: str, depth: int) -> _Read | None:
        """What the file at ``path`` says; None where there is none or none of the detectors knows it."""
        file = self._open(path, depth)
        if file is None:
            return None
        for detector in self._files.readers(path):
            result = self._result(detector, path, file)
            if result is not None:
                return self._kept(file, detector.name, result)
        return None

    def _open(self, path: str, depth: int) -> File | None:
        if (path, depth) not in self._opened:
            self._opened[path, depth] = self._files.opened(path, depth)
        return self._opened[path, depth]

    def heed(self, opinion: SecondOpinion) -> None:
        """Complete what was read by what ``opinion`` says of the texts that nobody knew."""
        known = {key: result.licenses for key, result in self._results.items() if result}
        opinion.ask(known.values())
        self._results.update((key, Result.of(opinion.applied(licenses))) for key, licenses in known.items())

    def read_head(self, stack: Stack, script: UnownedFile) -> _Read | None:
        """What the head of a script says that no package owns; None where it says nothing."""
        head = stack.heads.get(script.sha256)
        if head is None:
            return None
        file = File(script.path, Location(stack.image, script.layer, script.path), head, stack.memo)
        if not head:
            self.problems.add(
                Problem(file.at(1), _HEAD.name, "it speaks of a license, but too many scripts do; not read")
            )
            return None
        result = self._result(_HEAD, script.path, file)
        return self._kept(file, _HEAD.name, result) if result else None

    def _result(self, detector: LicenseDetector, path: str, file: File) -> Result | None:
        key = (detector.name, name_for(detector, path), file.data)
        if key not in self._results:  # links lead to it by a name that no pattern has
            work = self._new([Task(file.data, file.location.layer, [(path, (detector,))])])
            self._keep(work, map(Task.read, work))
        return self._results[key]

    def _kept(self, file: File, found_by: str, result: Result) -> _Read:
        licenses = _referenced(result.licenses)
        for line, reason in licenses.faults if not licenses.statements else ():
            self.problems.add(Problem(file.at(line), found_by, reason))
        self.texts.update((sha256, text) for text, sha256 in result.digests.items())
        return _Read(file, found_by, licenses, result.digests)


def _referenced(licenses: FileLicenses) -> FileLicenses:
    """With a reference for each text that nobody knows: it holds like any other license, whatever it says."""
    if all(one.expression or not one.text for one in licenses.statements):
        return licenses
    statements = tuple(
        msgspec.structs.replace(one, expression=_reference(one.text)) if one.text and not one.expression else one
        for one in licenses.statements
    )
    unknown = (one.expression for one in statements if one.expression.startswith(UNKNOWN_TEXT))
    return msgspec.structs.replace(licenses, statements=statements, detected=conjunction((licenses.detected, *unknown)))


def _reference(text: str) -> Expression:
    """The same for texts that differ in white space and case only."""
    return Expression(f"{UNKNOWN_TEXT}{sha256_of(' '.join(text.lower().split()))[:8]}")


def _each_once(found: Iterable[_Read]) -> list[_Read]:
    """Links may lead to the same file by several names."""
    return list({one.file.location: one for one in found}.values())


def _licensed(package: Package, found: Sequence[_Read]) -> Package:
    """The package with what its files say."""
    counted = [one for one in found if not one.excluded_by]
    return msgspec.structs.replace(
        package,
        licenses=(*package.licenses, *(finding for one in found for finding in one.findings())),
        declared=conjunction((package.declared, *(one.licenses.declared for one in counted))),
        detected=conjunction(one.licenses.detected for one in counted),
        copyrights=tuple(sorted({line for one in found for line in one.copyrights()})),
        texts=tuple(sorted({text for one in counted for text in one.texts()})),
    )

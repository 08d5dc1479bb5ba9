"""License evidence of an image: what databases declare and what files show, joined to the packages.

A file is read once however many packages and layers share its content: reading is a function
of its bytes and its name, of Debian's copyright files also of their directory. Hidden packages
get the evidence of the layer where they still lie.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Self

import msgspec

from sbomctl.engine import forks
from sbomctl.engine.declarations import declared
from sbomctl.engine.license_files import LicenseFiles, Owners
from sbomctl.engine.pool import processors
from sbomctl.engine.second_opinion import SecondOpinion
from sbomctl.layers.stack import Stack
from sbomctl.layers.view import File
from sbomctl.licenses.base import FileLicenses, LicenseDetector
from sbomctl.licenses.debian_copyright import DebianCopyright
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

    def __init__(self, stack: Stack, detection: Detection) -> None:
        """Begin to read whatever a package could have, before any package is known."""
        self._stack = stack
        self._detection = detection
        self._files = LicenseFiles(stack, detection.detectors)
        self._reader = _Reader(self._files, compares=detection.heads)
        self._jobs = detection.jobs or processors()
        if self._jobs > 1 or detection.opinion:
            self._reader.begin(self._jobs)

    def __enter__(self) -> Self:
        """The reading itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what is still read."""
        self._reader.end()

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


class _Result(NamedTuple):
    """What one detector says of one content, and the SHA-256 (hex) of each text in that."""

    licenses: FileLicenses
    digests: Mapping[str, str]

    @classmethod
    def of(cls, licenses: FileLicenses) -> Self:
        """With the digests: made where the file is read, which is in another process."""
        texts = {one.text for one in licenses.statements} | {licenses.notice}
        return cls(licenses, {text: _sha256(text) for text in texts if text})


def _name(detector: LicenseDetector, path: str) -> str:
    """What of a path the result depends on: which part of a source reaches a package, its directory tells."""
    return path if detector.name == DebianCopyright.name else path.rpartition("/")[2]


class _Task(msgspec.Struct, frozen=True):
    """One content, the paths that have it, and whom to ask about each until one knows."""

    data: bytes
    places: list[tuple[str, tuple[LicenseDetector, ...]]] = []

    def read(self) -> dict[tuple[str, str], _Result | None]:
        """The result of each that was asked, by its name and that of the file."""
        results: dict[tuple[str, str], _Result | None] = {}
        for path, detectors in self.places:
            for detector in detectors:
                key = (detector.name, _name(detector, path))
                if key not in results:
                    results[key] = _result(detector, path, self.data)
                if results[key] is not None:
                    break
        return results


def _result(detector: LicenseDetector, path: str, data: bytes) -> _Result | None:
    licenses = detector.read(path, data)
    return _Result.of(licenses) if licenses is not None else None


class _Reader:
    """Reads each content once; keeps the texts, and what could not be read."""

    def __init__(self, files: LicenseFiles, *, compares: bool) -> None:
        """``compares``: whether texts are compared with those of licenses, which takes an index of these."""
        self.texts: dict[str, str] = {}
        self.problems: set[Problem] = set()
        self._files = files
        self._compares = compares
        self._opened: dict[tuple[str, int], File | None] = {}
        self._results: dict[tuple[str, str, bytes], _Result | None] = {}
        self._tasks: list[_Task] = []
        self._work: forks.Work[_Task, dict[tuple[str, str], _Result | None]] | None = None

    def begin(self, jobs: int) -> None:
        """Has other processes read every license file of every layer, to have them at :meth:`finish`."""
        tasks: dict[bytes, _Task] = {}
        for path in self._files.paths:
            readers = tuple(self._files.readers(path))
            for depth in self._files.depths(path):
                if file := self._open(path, depth):
                    task = tasks.setdefault(file.data, _Task(file.data))
                    if (path, readers) not in task.places:
                        task.places.append((path, readers))
        self._tasks = [*tasks.values()]
        self._compare_many(len(self._tasks))
        self._work = forks.Work(jobs, _Task.read, self._tasks, lambda task: len(task.data))

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
        tasks: dict[bytes, _Task] = {}
        for script in scripts:
            if head := stack.heads.get(script.sha256):
                tasks.setdefault(head, _Task(head)).places.append((script.path, (_HEAD,)))
        if len(tasks) >= forks.LEAST:
            self._compare_many(len(tasks))
            work = [*tasks.values()]
            self._keep(work, forks.run(jobs, _Task.read, work, lambda task: len(task.data)))

    def _compare_many(self, count: int) -> None:
        if self._compares and count >= forks.LEAST:
            prepare()

    def _keep(self, tasks: Iterable[_Task], results: Iterable[Mapping[tuple[str, str], _Result | None]]) -> None:
        for task, some in zip(tasks, results, strict=True):
            for (detector, name), result in some.items():
                self._results[detector, name, task.data] = result

    def read(self, path: str, depth: int) -> _Read | None:
        """What the file at ``path`` says; None where there is none or none of the detectors knows it."""
        file = self._open(path, depth)
        if file is None:
            return None
        for detector in self._files.readers(path):
            result = self._result(detector, path, file.data)
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
        self._results.update((key, _Result.of(opinion.applied(licenses))) for key, licenses in known.items())

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
        result = self._result(_HEAD, script.path, head)
        return self._kept(file, _HEAD.name, result) if result else None

    def _result(self, detector: LicenseDetector, path: str, data: bytes) -> _Result | None:
        key = (detector.name, _name(detector, path), data)
        if key not in self._results:
            self._results[key] = _result(detector, path, data)
        return self._results[key]

    def _kept(self, file: File, found_by: str, result: _Result) -> _Read:
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
    return Expression(f"{UNKNOWN_TEXT}{_sha256(' '.join(text.lower().split()))[:8]}")


def _sha256(text: str) -> str:
    """SHA-256 (hex) of a text as shipped."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


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

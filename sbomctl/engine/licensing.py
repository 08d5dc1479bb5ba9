"""License evidence of an image: what databases declare and what files show, joined to the packages.

A file is read once however many packages and layers share its content: reading is a function
of its bytes and its name, of Debian's copyright files also of their directory. Hidden packages
get the evidence of the layer where they still lie.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from sbomctl.engine import forks
from sbomctl.engine.license_files import LicenseFiles, Owners
from sbomctl.engine.pool import processors
from sbomctl.engine.second_opinion import SecondOpinion
from sbomctl.layers.stack import Stack
from sbomctl.layers.view import File
from sbomctl.licenses import dialects
from sbomctl.licenses.base import Context, Declared, FileLicenses, LicenseDetector
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
_DELEGATE = "syft"  # of its packages the purl tells who wrote the strings
_COLLECTED = "a collection of texts for others to refer to"


@dataclass(frozen=True, slots=True)
class Detection:
    """Who reads the license files, in how many processes; the result does not depend on their number."""

    detectors: Sequence[LicenseDetector] = ()
    jobs: int = 1  # 0 = one per processor
    heads: bool = True  # those of scripts too
    opinion: SecondOpinion | None = None  # asked about texts that the detectors do not know


@dataclass(slots=True)
class Evidence:
    """What the files of one image say; everything sorted by the packages' order, then by path."""

    packages: list[Package]
    unowned: tuple[LicenseFinding, ...] = ()  # of license files that no package has
    problems: tuple[Problem, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)  # SHA-256 (hex) -> text


def read_licenses(
    stack: Stack,
    packages: Sequence[Package],
    detection: Detection,
    os: OsRelease | None,
    unowned: Iterable[UnownedFile] = (),
) -> Evidence:
    """The packages with their license evidence, and that of license files and code that belong to none of them."""
    files = LicenseFiles(stack, detection.detectors)
    owners = Owners(files, packages)
    reader = _Reader(files)
    scripts = [*unowned] if detection.heads and detection.detectors else []
    depths = [len(stack.layers) if package.hidden_in is None else package.hidden_in for package in packages]
    owned = [files.of(package, owners) for package in packages]
    read = {path for own in owned for path in own}
    jobs = detection.jobs or processors()
    if jobs > 1 or detection.opinion:
        wanted = {(path, depth) for own, depth in zip(owned, depths, strict=True) for path in own}
        wanted.update((path, len(stack.layers)) for path in files.paths if path not in read)
        reader.read_ahead(sorted(wanted), stack, scripts, jobs)
    if detection.opinion:
        reader.heed(detection.opinion)
    licensed = []
    for package, depth, own in zip(packages, depths, owned, strict=True):
        found = [one for path in own if (one := reader.read(path, depth))]
        read.update(one.file.location.path for one in found)
        licensed.append(_licensed(_declared(package, os), _each_once(found)))
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


@dataclass(frozen=True, slots=True)
class _Read:
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


def _name(detector: LicenseDetector, path: str) -> str:
    """What of a path the result depends on: which part of a source reaches a package, its directory tells."""
    return path if detector.name == DebianCopyright.name else path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class _Task:
    """One content, the paths that have it, and whom to ask about each until one knows."""

    data: bytes
    places: list[tuple[str, tuple[LicenseDetector, ...]]] = field(default_factory=list)

    def read(self) -> dict[tuple[str, str], FileLicenses | None]:
        """The result of each that was asked, by its name and that of the file."""
        results: dict[tuple[str, str], FileLicenses | None] = {}
        for path, detectors in self.places:
            for detector in detectors:
                key = (detector.name, _name(detector, path))
                if key not in results:
                    results[key] = detector.read(path, self.data)
                if results[key] is not None:
                    break
        return results


class _Reader:
    """Reads each content once; keeps the texts, and what could not be read."""

    def __init__(self, files: LicenseFiles) -> None:
        self.texts: dict[str, str] = {}
        self.problems: set[Problem] = set()
        self._files = files
        self._opened: dict[tuple[str, int], File | None] = {}
        self._results: dict[tuple[str, str, bytes], FileLicenses | None] = {}

    def read_ahead(
        self, wanted: Iterable[tuple[str, int]], stack: Stack, scripts: Iterable[UnownedFile], jobs: int
    ) -> None:
        """Reads the contents of paths at depths, and heads of scripts, in some processes, to have them later."""
        tasks: dict[bytes, _Task] = {}
        for path, depth in wanted:
            if file := self._open(path, depth):
                task = tasks.setdefault(file.data, _Task(file.data))
                task.places.append((path, tuple(self._files.readers(path))))
        for script in scripts:
            if head := stack.heads.get(script.sha256):
                tasks.setdefault(head, _Task(head)).places.append((script.path, (_HEAD,)))
        if len(tasks) >= forks.LEAST:
            prepare()
        for task, results in zip(
            tasks.values(), forks.run(jobs, _Task.read, [*tasks.values()], lambda task: len(task.data)), strict=True
        ):
            for (detector, name), result in results.items():
                self._results[detector, name, task.data] = result

    def read(self, path: str, depth: int) -> _Read | None:
        """What the file at ``path`` says; None where there is none or none of the detectors knows it."""
        file = self._open(path, depth)
        if file is None:
            return None
        for detector in self._files.readers(path):
            licenses = self._result(detector, path, file.data)
            if licenses is not None:
                return self._kept(file, detector.name, licenses)
        return None

    def _open(self, path: str, depth: int) -> File | None:
        if (path, depth) not in self._opened:
            self._opened[path, depth] = self._files.opened(path, depth)
        return self._opened[path, depth]

    def heed(self, opinion: SecondOpinion) -> None:
        """Complete what was read by what ``opinion`` says of the texts that nobody knew."""
        known = {key: licenses for key, licenses in self._results.items() if licenses}
        opinion.ask(known.values())
        self._results.update((key, opinion.applied(licenses)) for key, licenses in known.items())

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
        licenses = self._result(_HEAD, script.path, head)
        return self._kept(file, _HEAD.name, licenses) if licenses else None

    def _result(self, detector: LicenseDetector, path: str, data: bytes) -> FileLicenses | None:
        key = (detector.name, _name(detector, path), data)
        if key not in self._results:
            self._results[key] = detector.read(path, data)
        return self._results[key]

    def _kept(self, file: File, found_by: str, licenses: FileLicenses) -> _Read:
        licenses = _referenced(licenses)
        for line, reason in licenses.faults if not licenses.statements else ():
            self.problems.add(Problem(file.at(line), found_by, reason))
        digests = {}
        for text in (*(one.text for one in licenses.statements), licenses.notice):
            if text:
                digests[text] = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
                self.texts[digests[text]] = text
        return _Read(file, found_by, licenses, digests)


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
    digest = hashlib.sha256(" ".join(text.lower().split()).encode("utf-8", "surrogatepass")).hexdigest()
    return Expression(f"{UNKNOWN_TEXT}{digest[:8]}")


def _each_once(found: Iterable[_Read]) -> list[_Read]:
    """Links may lead to the same file by several names."""
    return list({one.file.location: one for one in found}.values())


def _declared(package: Package, os: OsRelease | None) -> Package:
    """The package with its cataloger's strings read in the dialect of its ecosystem."""
    own = [one for one in package.licenses if one.kind is LicenseKind.DECLARED]
    if not own:
        return package
    scope = (package.source.name if package.source else package.name,)
    writer = package.found_by.partition("+")[0]
    if writer == _DELEGATE:
        writer = package.purl.removeprefix("pkg:").partition("/")[0]
    dialect = dialects.resolve(writer, os)
    declaration = dialect.declare([Declared(one.raw, one.field) for one in own], Context((dialect.name, *scope), os))
    read = {
        id(finding): msgspec.structs.replace(
            finding, expression=one.expression, candidates=one.candidates, remark=one.remark
        )
        for finding, one in zip(own, declaration.readings, strict=True)
    }
    return msgspec.structs.replace(
        package,
        licenses=tuple(read.get(id(finding), finding) for finding in package.licenses),
        declared=declaration.expression,
    )


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

"""Which scanner looks at an image: our catalogers, a delegate, or both; and what neither could tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from sbomctl.delegates.base import Delegate, Report
from sbomctl.engine.comparison import united
from sbomctl.engine.evidence import Trace, counted, uncovered
from sbomctl.engine.findings import Findings
from sbomctl.engine.placement import corrected, placed, resolved
from sbomctl.errors import ConfigError, ToolError, ToolMissing
from sbomctl.layers.stack import Stack
from sbomctl.model import Location, Package, Problem
from sbomctl.sources.base import OpenImage

ENGINES = ("auto", "native", "syft", "both")
Traces = dict[str, tuple[Trace, ...]]


class Crosscheck(msgspec.Struct, frozen=True):
    """How the images of one scan are looked at; ``timeout`` in seconds for each run of the delegate."""

    engine: str
    delegate: Delegate
    timeout: float

    def demand(self) -> None:
        """Raise ``ConfigError`` for an unknown engine, ``ToolMissing`` when an asked-for delegate is not there."""
        if self.engine not in ENGINES:
            raise ConfigError(f"unknown engine {self.engine!r}", f"engines are: {', '.join(ENGINES)}")
        if self.engine in ("syft", "both") and not self.delegate.installed():
            raise ToolMissing(f"{self.delegate.name} is not installed", self.delegate.remedy)

    @property
    def native(self) -> bool:
        """Whether our catalogers run."""
        return self.engine != "syft"

    def __call__(self, native: Findings, image: OpenImage, stack: Stack) -> Findings:
        """What our catalogers found in ``image``, completed by what the delegate does.

        Whatever shows an ecosystem that nobody could look into becomes a problem. Raises
        ``ToolError`` when the user asked for the delegate and it fails.
        """
        traces = uncovered(stack)
        if self.engine == "native":
            hint = f"no cataloger reads this; run with --engine auto and {self.delegate.name}"
            return _with(native, self._unread(traces, hint))
        if self.engine == "auto":
            return self._completed(native, image, stack, traces) if traces else native
        if not image.syft_target:
            return _with(native, [Problem(Location(stack.image, -1, ""), self.delegate.name, _NO_TARGET)])
        return self._compared(native, image, stack, traces)

    def _completed(self, native: Findings, image: OpenImage, stack: Stack, traces: Traces) -> Findings:
        """Ours, and of the uncovered ecosystems the delegate's; whatever stops it is a problem."""
        if not self.delegate.installed():
            return _with(native, self._unread(traces, f"syft reads this and is not installed: {self.delegate.remedy}"))
        if not image.syft_target:
            return _with(native, self._unread(traces, _NO_TARGET))
        try:
            report = self._in_all_layers(image, stack, traces, tuple(traces))
        except ToolError as error:
            return _with(native, self._unread(traces, " | ".join(error.message.splitlines())))
        return self._joined(native, report, stack, traces)

    def _compared(self, native: Findings, image: OpenImage, stack: Stack, traces: Traces) -> Findings:
        """What the delegate found, beside ours if they ran.

        To compare, what the system sees is enough: our catalogers tell what is hidden, and the
        delegate needs several times as long for all layers. Only what none of ours covers
        is looked for in all layers then too.
        """
        if not self.native:
            return self._joined(native, self._in_all_layers(image, stack, traces), stack, traces)
        report = self.delegate.catalog(image, hidden=False, timeout=self.timeout)
        if any(_hidden(trace, stack) for some in traces.values() for trace in some):
            more = self._in_all_layers(image, stack, traces, tuple(traces))
            report = Report((*report.packages, *more.packages), report.tool, more.unsupported)
        return self._joined(native, report, stack, traces)

    def _in_all_layers(self, image: OpenImage, stack: Stack, traces: Traces, ecosystems: Sequence[str] = ()) -> Report:
        """What the delegate finds in all layers; asked twice where a layer replaces code that it looks into."""
        report = self.delegate.catalog(image, ecosystems=ecosystems, timeout=self.timeout)
        paths = [trace.location.path for name in _IN_CODE for trace in traces.get(name, ())]
        if len(paths) == len(set(paths)):
            return report
        visible = self.delegate.catalog(image, ecosystems=ecosystems, hidden=False, timeout=self.timeout)
        packages = corrected(resolved(report.packages, stack), resolved(visible.packages, stack), stack)
        return msgspec.structs.replace(report, packages=tuple(packages))

    def _joined(self, native: Findings, report: Report, stack: Stack, traces: Traces) -> Findings:
        sightings = resolved(report.packages, stack)
        packages: Sequence[Package] = [*native.packages, *placed(sightings, stack)]
        notes: Sequence[str] = ()
        if self.engine == "both":
            packages, notes = united(native.packages, packages[len(native.packages) :])
        problems = (*native.problems, *self._unexplained(traces, sightings, report))
        return Findings(tuple(packages), problems, (*native.tools, report.tool), tuple(notes))

    def _unread(self, traces: Traces, why: str) -> list[Problem]:
        return [
            Problem(some[0].location, self.delegate.name, f"{counted(ecosystem, some)}: {why}")
            for ecosystem, some in traces.items()
        ]

    def _unexplained(self, traces: Traces, sightings: Iterable[Package], report: Report) -> Iterator[Problem]:
        """Files that must hold packages and of which the delegate named none, under none of their names."""
        places = {(package.location.layer, package.location.path) for package in sightings}
        named = {trace.content for some in traces.values() for trace in some if _place(trace) in places}
        program = f"{report.tool.name} {report.tool.version}".rstrip()
        for ecosystem, some in traces.items():
            left = tuple(trace for trace in some if trace.content not in named)
            if left:
                why = "cannot read this" if ecosystem in report.unsupported else "names no package there"
                yield Problem(left[0].location, self.delegate.name, f"{counted(ecosystem, left)}: {program} {why}")


_IN_CODE = ("go", "rust")
_NO_TARGET = "syft cannot read this kind of target"


def _place(trace: Trace) -> tuple[int, str]:
    return (trace.location.layer, trace.location.path)


def _hidden(trace: Trace, stack: Stack) -> bool:
    return stack.index.hidden_at(trace.location.path, trace.location.layer) is not None


def _with(found: Findings, problems: Sequence[Problem]) -> Findings:
    return msgspec.structs.replace(found, problems=(*found.problems, *problems))

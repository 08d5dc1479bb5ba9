"""The verbs: scan, merge, write, read. The command line and library users call the same functions."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

import msgspec

from sbomctl import __version__, bom, engine
from sbomctl.catalogers import CATALOGERS, EVIDENCE_CATALOGERS
from sbomctl.delegates import DELEGATES
from sbomctl.delegates.scancode import ScanCode
from sbomctl.errors import ConfigError, OutputError
from sbomctl.layers.store import Store
from sbomctl.licenses import DETECTORS, STATED
from sbomctl.model import (
    Bom,
    CheckResult,
    Curations,
    DescribedImage,
    Inventory,
    Location,
    Problem,
    Product,
)
from sbomctl.model.license_file import FileLicenses
from sbomctl.model.license_summary import LicenseSummary
from sbomctl.registries import catalogers as catalogers
from sbomctl.registries import descriptions as descriptions
from sbomctl.registries import evidence_catalogers as evidence_catalogers
from sbomctl.registries import findings_writers as findings_writers
from sbomctl.registries import report_kinds as report_kinds
from sbomctl.registries import rules as rules
from sbomctl.registries import scheme_of as scheme_of
from sbomctl.registries import schemes as schemes
from sbomctl.registries import sidecars as sidecars
from sbomctl.registries import sources as sources
from sbomctl.registries import writers as writers
from sbomctl.sidecars.base import Sidecar
from sbomctl.sources.base import Limits, OpenImage
from sbomctl.terminal import counted
from sbomctl.verdicts import check as check
from sbomctl.verdicts import demand as demand
from sbomctl.verdicts import explain_license as explain_license
from sbomctl.verdicts import load_policy as load_policy
from sbomctl.verdicts import load_waivers as load_waivers
from sbomctl.verdicts import parse_waivers as parse_waivers
from sbomctl.verdicts import policy_schema as policy_schema
from sbomctl.verdicts import read_baseline as read_baseline
from sbomctl.verdicts import result_of_image as result_of_image
from sbomctl.verdicts import run_policy_cases as run_policy_cases
from sbomctl.verdicts import shipped_policies as shipped_policies
from sbomctl.verdicts import waiver_rules as waiver_rules
from sbomctl.verdicts import write_findings as write_findings
from sbomctl.writers import WRITERS, WriteContext

if TYPE_CHECKING:  # a scan of plain targets needs it not
    from sbomctl.config.asked import Asked

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """How to scan; the defaults are right for a product."""

    engine: str = "auto"  # auto | native | syft | both
    platform: str = ""  # for images that do not name one themselves: os/architecture[/variant]
    jobs: int = 0  # layers and license files read at a time; 0 = one per processor
    detect: bool = True  # compare texts with those of licenses; without, only what databases and copyright files state
    cache: bool = True  # the result is the same without; layers that were read before are then read again
    cache_directory: str = ""  # "" = as ``open_cache`` finds it
    max_layer_bytes: int = 64 << 30  # uncompressed
    syft_timeout: int = 900  # seconds for each image
    scancode: bool = False  # whether an installed ScanCode is asked about license texts that ours does not know

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` for a number that no scan can use."""
        for name, least in (("jobs", 0), ("max_layer_bytes", 1), ("syft_timeout", 1)):
            value = getattr(self, name)
            if value < least:
                raise ConfigError(f"{name} is {value}", f"the least is {least}")


class Progress(Protocol):
    """Told what a scan is doing; ``advance`` may be called from several threads."""

    def start(self, label: str, total: int) -> None:
        """A step begins; ``total`` bytes, 0 = not known."""
        ...

    def advance(self, amount: int) -> None:
        """So many bytes more are done."""
        ...

    def finish(self) -> None:
        """The step has ended."""
        ...


def load_product(file: str | Path) -> Product:
    """The product that a product file describes; raises ``ConfigError`` with every fault of the file."""
    from sbomctl.config.product import load_product as load

    return load(Path(file), schemes(), _read_description)


def _read_description(key: str, asked: Asked) -> Sequence[DescribedImage]:
    from sbomctl.descriptions import read

    return read(key, msgspec.structs.replace(asked, environment=os.environ))


def is_description(file: str | Path) -> bool:
    """Whether it is a file of another program that names the images of a product: a compose file, for one."""
    if not os.path.isfile(file):  # noqa: PTH113 - never raises
        return False  # said here too: most targets are none, and then nothing need be loaded
    from sbomctl.descriptions.detect import is_description as check

    return check(Path(file))


def describe(*places: str | Path) -> tuple[str, tuple[DescribedImage, ...]]:
    """The kind of some descriptions, which are one together, and the images they name; raises ``ConfigError``."""
    from sbomctl.config.asked import Asked
    from sbomctl.descriptions.detect import description_of

    found = [description_of(Path(place)) for place in places]
    keys = {kind.key for kind, _ in found}
    if len(keys) != 1:
        raise ConfigError(f"descriptions of several kinds: {', '.join(sorted(keys))}", "name them in a product file")
    key = found[0][0].key
    return key, tuple(_read_description(key, Asked([file for _, files in found for file in files])))


class _Quiet:
    def start(self, label: str, total: int) -> None:
        pass

    def advance(self, amount: int) -> None:
        pass

    def finish(self) -> None:
        pass


def scan(
    product: Product, options: ScanOptions | None = None, *, progress: Progress | None = None
) -> tuple[Inventory, ...]:
    """What is in each image of ``product`` and in images inside it, in order; a shared layer is read once.

    Raises ``InputError`` when no image can be read, ``ToolError`` when an asked-for syft cannot
    run. What can be read around is in the inventories' problems, also an image that cannot be read
    at all beside others that can.
    """
    options = options or ScanOptions()
    progress = progress or _Quiet()
    limits = Limits(layer_bytes=options.max_layer_bytes)
    crosscheck = engine.Crosscheck(options.engine, DELEGATES[0], options.syft_timeout)
    crosscheck.demand()
    beside = _sidecars(product)
    progress.start(f"opening {counted(len(product.images), 'image')}", 0)
    with engine.opened(product.images, options.platform, limits) as images, _cache(options.cache_directory) as store:
        if options.detect:
            _keep_index(store)
        open_ones = [image for image in images if isinstance(image, OpenImage)]
        layers = sum(len(image.layers) for image in open_ones)
        progress.start(f"reading {counted(layers, 'layer')} of {counted(len(open_ones), 'image')}", 0)
        detectors = DETECTORS if options.detect else STATED
        gate = engine.gate_for(CATALOGERS, detectors, heads=options.detect)
        kept = store if options.cache else None
        read = partial(
            engine.read_layers, wanted=gate, limits=limits, jobs=options.jobs, advance=progress.advance, store=kept
        )
        harvests = list(engine.read_each(images, product.images, read))
        progress.finish()
        diff_ids = [[layer.diff_id for layer in one[1]] for one in harvests if not isinstance(one, Inventory)]
        memory = engine.LicenseMemory(kept, diff_ids, compares=options.detect)
        opinion = engine.SecondOpinion(ScanCode()) if options.scancode else None
        detection = engine.Detection(detectors, options.jobs, options.detect, opinion, memory)
        progress.start("identifying packages", 0)
        found = tuple(
            one if isinstance(one, Inventory) else _inventory(*one, limits, crosscheck, detection, kept, beside)
            for one in harvests
        )
        progress.finish()
        return found


def open_cache(directory: str = "") -> Store:
    """The layers read before; close it after use. Raises ``OutputError`` when it cannot be used.

    It is in ``$SBOMCTL_CACHE``, else ``$XDG_CACHE_HOME/sbomctl/v1``, else
    ``~/.cache/sbomctl/v1`` (XDG base directory specification).
    """
    return Store(Path(directory) if directory else _cache_directory())


def _cache_directory() -> Path:
    own, base = os.environ.get("SBOMCTL_CACHE"), os.environ.get("XDG_CACHE_HOME", "")
    if own:
        return Path(own)
    if not Path(base).is_absolute():  # the specification: a relative one is to be ignored
        base = os.path.expanduser("~/.cache")  # noqa: PTH111 - pathlib raises where there is no home
    if not Path(base).is_absolute():
        raise OutputError("there is no home directory for a cache", "name one in SBOMCTL_CACHE")
    return Path(base, "sbomctl", "v1")


@contextmanager
def _cache(directory: str) -> Iterator[Store | None]:
    """The cache, or None: nothing fails for want of one."""
    store = None
    try:
        store = open_cache(directory)
    except OutputError as error:
        _log.debug("without cache: %s", error.message)
    with store or nullcontext():
        yield store


def _inventory(
    image: OpenImage,
    harvests: Sequence[engine.Harvest],
    limits: Limits,
    crosscheck: engine.Crosscheck,
    detection: engine.Detection,
    store: Store | None,
    beside: Mapping[str, Sequence[Sidecar]],
) -> Inventory:
    name = image.image.name
    stack = engine.stack_layers(name, image.layers, harvests, CATALOGERS, limits, detection.detectors, store)
    problems = [Problem(Location(name, -1, ""), "source", reason) for reason in image.problems]
    catalogers = CATALOGERS if crosscheck.native else ()
    unrecorded = engine.Unrecorded(EVIDENCE_CATALOGERS if crosscheck.native else (), image.layers, limits, store)
    complete = partial(crosscheck, image=image, stack=stack)
    last = engine.Reconciled(unrecorded, beside.get(name, ()))
    return engine.take_inventory(image.image, stack, catalogers, harvests, problems, complete, detection, last)


def _sidecars(product: Product) -> dict[str, tuple[Sidecar, ...]]:
    """The manifests that belong to each image, read before any image is opened."""
    from sbomctl.sidecars import read

    return {spec.name: tuple(map(read, spec.sbom)) for spec in product.images if spec.sbom}


def merge(items: Iterable[Inventory | Bom], product: Product, curations: Curations | None = None) -> Bom:
    """One bill of materials of everything in ``items``, with ``curations`` heeded; their order does not matter."""
    parts = [item if isinstance(item, Bom) else bom.build(item, product) for item in items]
    merged = bom.merge(parts, product)
    return bom.curate(merged, curations) if curations else merged


def load_curations(file: str | Path) -> Curations:
    """The corrections and elections of a curations file; raises ``ConfigError`` with every fault of the file."""
    from sbomctl.config.curations import load_curations as load

    return load(Path(file))


def visible_only(document: Bom) -> Bom:
    """What the running system sees; hidden packages ship all the same."""
    return bom.visible_only(document)


def one_image(document: Bom, name: str) -> Bom:
    """What is in one image of a product; raises ``ConfigError`` when it has none of that name."""
    names = [facts.image.name for facts in document.images]
    if name not in names:
        raise ConfigError(f"there is no image {name!r}", f"images are: {', '.join(names)}")
    return bom.of_image(document, name)


def report(
    document: Bom,
    kind: str,
    form: str,
    out: BinaryIO,
    *,
    created: datetime,
    result: CheckResult | None = None,
    templates: str = "",
) -> None:
    """Write a report of the registry; ``result`` is that of a check, ``templates`` a folder. Raises ``ConfigError``."""
    from sbomctl import reports

    known = reports.ReportInput(document, result, created, __version__, reports.Templates(templates))
    reports.find_report(kind, form).write(known, out)


def license_summary(document: Bom) -> LicenseSummary:
    """The distinct licenses of a product, who has them, and what a person must look at."""
    from sbomctl.reports import license_summary as summary

    return summary(document)


def identify(data: bytes, name: str) -> FileLicenses:
    """Every license and copyright statement in a file of any kind, called ``name``; it is read as a license file."""
    from sbomctl.engine.identify import identify as read

    with _cache("") as store:
        _keep_index(store)
    return read(name, data)


def _keep_index(store: Store | None) -> None:
    from sbomctl.licenses.text.index import keep_in

    if store is not None:
        keep_in(store.place)


def write(document: Bom, format: str, out: BinaryIO, *, created: datetime, version: str = "") -> None:  # noqa: A002
    """Write ``document`` in a format of the registry; "" is its default version. Raises ``ConfigError``."""
    writers = {writer.format: writer for writer in WRITERS}
    writer = writers.get(format)
    if writer is None:
        raise ConfigError(f"unknown format {format!r}", f"formats are: {', '.join(writers)}")
    if version and version not in writer.versions:
        known = ", ".join(writer.versions) or "none"
        raise ConfigError(f"{format} has no version {version!r}", f"versions are: {known}")
    chosen = version or next(iter(writer.versions), "")
    writer.write(document, out, WriteContext(version=chosen, created=created, tool_version=__version__))


def read_bom(data: bytes, file: str) -> Bom:
    """The bill of materials in native, CycloneDX or SPDX 2 JSON; raises ``InputError`` naming ``file``."""
    from sbomctl.readers.detect import decode

    return decode(data, file)

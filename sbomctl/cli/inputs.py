"""What the arguments of a command name: a product file, targets, or a document written before."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from sbomctl.cli import memory, problems, progress
from sbomctl.errors import ConfigError, CorruptInput, IncompleteScan

if TYPE_CHECKING:  # the product of these is imported when a command runs, not to answer --help
    from sbomctl.model import Bom, Product

_PRODUCT_SUFFIXES = (".yaml", ".yml")
_DEFAULT = "product.yaml"
_CONTAINERS_ONLY = "{0} names no base OS; add its target, or write a product file with sbomctl init --from {0}"
_DOCUMENT_BYTES = 4 << 30  # far above the largest product; a device or a mistake ends here


class Talk(NamedTuple):
    """How much is said on standard error."""

    quiet: bool = False
    verbose: bool = False


class Scan(NamedTuple):
    """The options of a scan as click gives them; see ``options.scan_options``."""

    engine: str
    scope: str
    platform: str
    jobs: int
    no_detect: bool
    no_cache: bool
    max_layer_bytes: int
    syft_timeout: int
    scancode: bool
    name: str
    strict: bool
    allow_incomplete: bool

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Scan:
        """The options, those that exclude each other refused."""
        if options["strict"] and options["allow_incomplete"]:
            raise click.UsageError("--strict and --allow-incomplete exclude each other.")
        return cls(**options)


def named(arguments: tuple[str, ...], what: str) -> tuple[str, ...]:
    """The arguments, or else the product file of this directory."""
    if not arguments and not Path(_DEFAULT).is_file():
        raise click.UsageError(f"Name {what}; there is no {_DEFAULT} here. sbomctl init writes one.")
    return arguments or (_DEFAULT,)


def product_of(arguments: Sequence[str], scan: Scan) -> Product:
    """The product that ``arguments`` name: one product file, or targets and descriptions of containers."""
    from sbomctl import api
    from sbomctl.config.product import product_from_targets

    described = [name for name in arguments if api.is_description(name)]
    files = [name for name in arguments if name.endswith(_PRODUCT_SUFFIXES) and name not in described]
    if files and len(arguments) > 1:
        raise click.UsageError(f"{files[0]} is a product file; it stands alone.")
    if files and scan.name:
        raise click.UsageError("--name is for plain targets; the product file has a name.")
    for name in arguments:
        if not name.isprintable():
            raise ConfigError(f"{name!r} cannot be written into a document", "give the file a plain UTF-8 name")
        if is_document(name):
            _refuse_document(name)
    if not scan.name.isprintable():
        raise ConfigError(f"the name {scan.name!r} cannot be written into a document", "give a plain --name")
    if files:
        return api.load_product(files[0])
    targets = [name for name in arguments if name not in described]
    found = api.describe(*described)[1] if described else ()
    if described and not targets:
        click.echo(f"sbomctl: {_CONTAINERS_ONLY.format(described[0])}", err=True)
    return product_from_targets(targets, scan.name, api.schemes(), api.scheme_of, described, found)


def scanned(product: Product, scan: Scan, talk: Talk) -> Bom:
    """The Bom of a product, scanned now; problems and notes are told on standard error."""
    from sbomctl import api

    options = api.ScanOptions(
        engine=scan.engine,
        platform=scan.platform,
        jobs=scan.jobs,
        detect=not scan.no_detect,
        cache=not scan.no_cache,
        max_layer_bytes=scan.max_layer_bytes,
        syft_timeout=scan.syft_timeout,
        scancode=scan.scancode,
    )
    curations = api.load_curations(product.curations) if product.curations else None
    memory.keep_freed_memory()
    with progress.shown(quiet=talk.quiet) as meter:
        inventories = api.scan(product, options, progress=meter)
        bom = api.merge(inventories, product, curations)
    if scan.scope == "visible":
        bom = api.visible_only(bom)
    problems.tell(bom, quiet=talk.quiet, verbose=talk.verbose)
    return bom


def bom_of(arguments: Sequence[str], scan: Scan, talk: Talk) -> Bom:
    """The Bom in a document, or of a product file or targets, scanned first."""
    if len(arguments) == 1 and is_document(arguments[0]):
        return read_document(arguments[0])
    return scanned(product_of(arguments, scan), scan, talk)


def is_document(name: str) -> bool:
    """Whether it is a file that holds JSON, which no image does, and describes no product."""
    from sbomctl import api

    try:
        file = Path(name)
        if not file.is_file():
            return name.endswith(".json")
        with file.open("rb") as stream:
            return stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and not api.is_description(file)
    except (OSError, ValueError):  # too long a name, no permission
        return name.endswith(".json")


def _refuse_document(name: str) -> NoReturn:
    """Say why a file of JSON is not scanned: it is not there, not readable, or no image."""
    try:
        Path(name).open("rb").close()
    except OSError as error:
        raise CorruptInput(f"cannot read {name}: {error.strerror}") from error
    raise click.UsageError(f"{name} holds JSON, no image; if it is an SBOM, sbomctl export writes it in other formats.")


def read_document(name: str) -> Bom:
    """The Bom in the document ``name``; "-" is standard input."""
    from sbomctl import api

    return api.read_bom(read_file(name), "standard input" if name == "-" else name)


def read_file(name: str) -> bytes:
    """What the file ``name`` holds; "-" is standard input. Raises ``CorruptInput``."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(_DOCUMENT_BYTES + 1)
        else:
            with Path(name).open("rb") as stream:
                data = stream.read(_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise CorruptInput(f"cannot read {name}: {error.strerror}") from error
    if len(data) > _DOCUMENT_BYTES:
        raise CorruptInput(f"{name} is larger than {_DOCUMENT_BYTES >> 30} GiB; this is no document of ours")
    return data


def refuse_incomplete(bom: Bom) -> None:
    """Raise ``IncompleteScan`` when something could not be read."""
    if not bom.complete:
        raise IncompleteScan("the result is incomplete", "mend what is listed above; --allow-incomplete accepts it")


def demand_completeness(bom: Bom, scan: Scan) -> None:
    """Raise ``IncompleteScan`` when --strict is given and something could not be read."""
    if scan.strict and not bom.complete:
        raise IncompleteScan(
            "the result is incomplete and --strict was given", "mend what is listed above, or leave --strict away"
        )

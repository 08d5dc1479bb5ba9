"""``sbomctl bundle``: everything that goes with a release; ``verify`` checks it again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from sbomctl.cli import clock, gate, inputs, progress
from sbomctl.cli.default_group import DefaultGroup
from sbomctl.cli.options import scan_options, talk_options
from sbomctl.errors import DigestMismatch
from sbomctl.terminal import counted, printable

if TYPE_CHECKING:
    from sbomctl.bundle import BundleInput, Place, Signer, Written
    from sbomctl.model import CheckResult

_SHOWN = 20  # faults of a bundle that are told without --verbose


@click.group("bundle", cls=DefaultGroup, default="write")
def command() -> None:
    """Write everything that goes with a release, or verify it.

    Without a subcommand, write.
    """


@command.command("write")
@click.argument("sources", nargs=-1, metavar="[PRODUCT.yaml | FILE | TARGET...]")
@click.option(
    "-o", "--output", "place", required=True, metavar="PLACE", help="A directory, or FILE.tar.zst or FILE.zip."
)
@click.option("--force", is_flag=True, help="Replace the bundle that is there.")
@click.option("--policy", "policy_name", default="", metavar="NAME|FILE", help="What the product is checked against.")
@click.option("--waivers", "waiver_file", default="", metavar="FILE", help="Accepted violations.")
@click.option("--profile", default="release", show_default=True, metavar="NAME", help="pr, release, audit, or own.")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(["error", "warning", "note", "never"]),
    help="The least severity that ends with 1. Default: as the profile says.",
)
@click.option("--image", "images", multiple=True, metavar="NAME", help="Also a NOTICE of this image alone; repeatable.")
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(["source-offer", "findings"]),
    help="Leave out what cannot be written; repeatable. The README says so.",
)
@click.option("--sign", "key_file", default="", metavar="KEY", help="Sign with this ed25519 key (PEM, no password).")
@click.option("--templates", default="", metavar="DIR", help="Templates of your own, which go before those that ship.")
@scan_options
@talk_options
def write(
    sources: tuple[str, ...],
    place: str,
    force: bool,  # noqa: FBT001 - click's keyword
    images: tuple[str, ...],
    without: tuple[str, ...],
    key_file: str,
    templates: str,
    **options: Any,  # noqa: ANN401 - click's keywords
) -> None:
    """Write SBOMs, reports, NOTICE, source offer, findings and their checksums.

    FILE is a native document; anything else is scanned first. Without it, product.yaml of
    this directory is taken. The bundle appears whole or not at all. It is written also where
    the check finds violations or something could not be read, for it is the evidence of
    that; the exit code is then 1 or 4, as that of sbomctl check.

    \b
    Examples:
      sbomctl bundle product.yaml -o bundle
      sbomctl bundle product.yaml -o release.tar.zst --image dashboard --sign key.pem
      sbomctl bundle verify release.tar.zst --key key.pub
    """
    from sbomctl import bundle

    checking = {name: options.pop(name) for name in ("policy_name", "waiver_file", "profile", "fail_on")}
    talk = inputs.Talk(quiet=options.pop("quiet"), verbose=options.pop("verbose"))
    scan = inputs.Scan.of(options)
    sources = inputs.named(sources, "a document, a product file or targets")
    prepared = bundle.prepared(place, force=force)
    signer = bundle.Signer(key_file) if key_file else None
    subject = gate.Subject.of(sources, scan)
    known = _known(subject, scan, talk, checking, checked="findings" not in without)
    known = _wanted(known, images, without, templates, signed=signer is not None)
    began = time.monotonic()
    written = _written(known, prepared, signer, talk)
    _tell(place, written, known.result, talk, time.monotonic() - began)
    if known.result is not None:
        gate.end(known.result, scan)
    elif not scan.allow_incomplete:
        inputs.refuse_incomplete(known.bom)


def _known(
    subject: gate.Subject, scan: inputs.Scan, talk: inputs.Talk, checking: dict[str, Any], *, checked: bool
) -> BundleInput:
    """The product, scanned, and checked by files that the bundle keeps and names as its own."""
    from sbomctl import __version__, api, bundle

    created = clock.created()
    curations = gate.near(subject.product.curations) if subject.product else ""
    if not checked:
        kept = bundle.keep((), curations=curations)
        return bundle.BundleInput(subject.bom(scan, talk), None, created, __version__, kept=kept)
    policy = api.load_policy(gate.demanded(subject.policy(checking["policy_name"]), or_else=", or --without findings"))
    file = subject.waivers(checking["waiver_file"])
    waivers = api.load_waivers(file, policy, created.date()) if file else ()
    demand = api.demand(policy, checking["profile"], checking["fail_on"])
    kept = bundle.keep(policy.files, file, curations)
    policy, waivers = bundle.renamed_policy(policy, kept), bundle.renamed_waivers(waivers, kept)
    bom = subject.bom(scan, talk)
    result = api.check(bom, policy, waivers, today=created.date(), demand=demand)
    return bundle.BundleInput(bom, result, created, __version__, kept=kept)


def _wanted(
    known: BundleInput, images: tuple[str, ...], without: tuple[str, ...], templates: str, *, signed: bool
) -> BundleInput:
    import msgspec

    from sbomctl import api

    for name in images:
        api.one_image(known.bom, name)
    return msgspec.structs.replace(
        known,
        templates=templates,
        images=tuple(sorted(set(images))),
        without=frozenset(without),
        signed=signed,
    )


def _written(known: BundleInput, place: Place, signer: Signer | None, talk: inputs.Talk) -> Written:
    from sbomctl import bundle

    with progress.shown(quiet=talk.quiet) as meter:
        return bundle.write(known, place, signer, lambda part: meter.start(f"writing {part}", 0) if meter else None)


def _tell(place: str, written: Written, result: CheckResult | None, talk: inputs.Talk, seconds: float) -> None:
    """What was written, and how the check ended, on standard output."""
    click.echo(f"{printable(place)}: {counted(len(written.files), 'file')}, {counted(written.size, 'byte')}")
    for path in written.files if talk.verbose else ():
        click.echo(f"  {path}")
    for one in written.absent:
        click.echo(f"  no {one.path}: {one.reason}")
    if result is not None:
        from sbomctl.bundle import outcome

        click.echo(outcome(result))
    if talk.verbose:
        click.echo(f"sbomctl: the bundle was written in {seconds:.1f} s", err=True)


@command.command("verify")
@click.argument("bundle", metavar="DIR|ARCHIVE")
@click.option("--key", "key_file", default="", metavar="PUB", help="The ed25519 key (PEM) that must have signed it.")
@click.option("-v", "--verbose", is_flag=True, help="Every fault, not only the first.")
def verify(bundle: str, key_file: str, verbose: bool) -> None:  # noqa: FBT001 - click's keyword
    """Check a bundle: each file, the documents against each other, the signature.

    Exit code 3 and one line per fault where a file has changed, is missing or was added, where
    an SBOM does not have the components of the inventory, or where the key has not signed.
    Nothing is unpacked.
    """
    from sbomctl.bundle import verify as check

    found = check(bundle, key_file)
    for fault in found.faults if verbose else found.faults[:_SHOWN]:
        click.echo(printable(fault))
    if len(found.faults) > _SHOWN and not verbose:
        click.echo(f"and {len(found.faults) - _SHOWN:,} more; --verbose shows all")
    if found.faults:
        raise DigestMismatch(
            f"{bundle} is not as it was written: {counted(len(found.faults), 'fault')}",
            "do not use it; ask whoever made it for the bundle and its checksums again",
        )
    size = counted(found.size, "byte")
    click.echo(f"{printable(bundle)}: {counted(found.files, 'file')}, {size}, all as they were written")
    click.echo(f"  {counted(found.documents, 'SBOM document')} with the components of the inventory")
    click.echo(f"  {_signature(signed=found.signed, by=found.signed_by)}")


def _signature(*, signed: bool, by: str) -> str:
    if by:
        return f"signed by the key {by}"
    return "signed; --key checks by whom" if signed else "not signed"

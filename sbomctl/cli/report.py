"""``sbomctl report``: what people read of a product."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click
from click.shell_completion import CompletionItem

from sbomctl.cli import clock, gate, inputs, outputs
from sbomctl.cli.options import scan_options, talk_options
from sbomctl.cli.values import Wish

if TYPE_CHECKING:
    from sbomctl.model import Bom, CheckResult

_PACKED = ".gz"


def _kinds() -> dict[str, list[str]]:
    """The forms of each kind."""
    from sbomctl import api

    found: dict[str, list[str]] = {}
    for one in api.report_kinds():
        found.setdefault(one.kind, []).append(one.form)
    return found


def _known_kind(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if value not in (known := _kinds()):
        raise click.BadParameter(f"unknown kind {value!r}; known are {', '.join(known)}")
    return value


def _complete_kind(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(kind) for kind in _kinds() if kind.startswith(incomplete)]


@click.command("report")
@click.argument("kind", metavar="KIND", callback=_known_kind, shell_complete=_complete_kind)
@click.argument("sources", nargs=-1, metavar="[TARGET... | PRODUCT.yaml | FILE]")
@click.option("-o", "--output", "file", required=True, metavar="FILE", help="Where to write it; - is standard output.")
@click.option("--form", default="", metavar="FORM", help="html, txt, md, csv, xlsx. Default: the ending of FILE.")
@click.option("--image", default="", metavar="NAME", help="Only what is in this image.")
@click.option("--policy", "policy_name", default="", metavar="NAME|FILE", help="What the product is checked against.")
@click.option("--waivers", "waiver_file", default="", metavar="FILE", help="Accepted violations.")
@click.option("--profile", default="release", show_default=True, metavar="NAME", help="pr, release, audit, or own.")
@click.option("--templates", default="", metavar="DIR", help="Templates of your own, which go before those that ship.")
@scan_options
@talk_options
def command(
    kind: str,
    sources: tuple[str, ...],
    file: str,
    form: str,
    image: str,
    templates: str,
    **options: Any,  # noqa: ANN401 - click's keywords
) -> None:
    """Write a report: html, notice, source-offer or summary.

    html is the audit report, notice the attribution that ships with the device,
    source-offer the written offer and what is owed, summary what a release manager reads;
    sbomctl plugins lists the forms of each. FILE is a native document; anything else is
    scanned first. Without it, product.yaml of this directory is taken. A file that ends in
    .gz is packed. A report ends with 0 whatever it says; sbomctl check is the gate.

    \b
    Examples:
      sbomctl report html product.yaml -o report.html
      sbomctl report notice product.json -o NOTICE.html.gz --image dashboard
      sbomctl report summary product.json --policy embedded-locked -o summary.xlsx
    """
    from sbomctl import api

    checking = {name: options.pop(name) for name in ("policy_name", "waiver_file", "profile")}
    talk = inputs.Talk(quiet=options.pop("quiet"), verbose=options.pop("verbose"))
    scan = inputs.Scan.of(options)
    sources = inputs.named(sources, "a document, a product file or targets")
    created = clock.created()
    wish = Wish(_form(kind, form, file), "", "" if file == "-" else file)
    places = outputs.prepared((wish,))
    bom, result = _known(gate.Subject.of(sources, scan), scan, talk, checking)
    shown = api.one_image(bom, image) if image else bom
    said = api.result_of_image(result, shown) if image and result else result

    def write(wish: Wish, out: BinaryIO) -> None:
        if wish.file.endswith(_PACKED):  # neither name nor time, so that the same report gives the same bytes
            with gzip.GzipFile("", "wb", 9, out, mtime=0) as packed:
                fill(cast("BinaryIO", packed))
        else:
            fill(out)

    def fill(out: BinaryIO) -> None:
        api.report(shown, kind, wish.format, out, created=created, result=said, templates=templates)

    outputs.write_all(places, write)
    inputs.demand_completeness(bom, scan)


def _form(kind: str, form: str, file: str) -> str:
    """The form that is asked for, or that the ending of the file means, or the only one."""
    forms = _kinds()[kind]
    name = file.lower().removesuffix(_PACKED)
    chosen = form or next((one for one in forms if name.endswith(f".{one}")), "")
    if chosen in forms:
        return chosen
    if not form and len(forms) == 1 and "." not in name.rpartition("/")[2]:
        return forms[0]
    wanted = f"no form {form!r}" if form else f"no form that {file!r} stands for"
    raise click.UsageError(f"{kind} has {wanted}; give --form: {', '.join(forms)}.")


def _known(
    subject: gate.Subject, scan: inputs.Scan, talk: inputs.Talk, checking: dict[str, str]
) -> tuple[Bom, CheckResult | None]:
    """The bill of materials, and what the policy says of it where there is one."""
    from sbomctl import api

    today = clock.created().date()
    name, waivers = subject.policy(checking["policy_name"]), subject.waivers(checking["waiver_file"])
    if not name:
        if checking["waiver_file"]:
            raise click.UsageError("--waivers accept what a policy finds; give --policy too.")
        return subject.bom(scan, talk), None
    policy = api.load_policy(name)
    accepted = api.load_waivers(waivers, policy, today) if waivers else ()
    demand = api.demand(policy, checking["profile"], ())
    bom = subject.bom(scan, talk)
    return bom, api.check(bom, policy, accepted, today=today, demand=demand)

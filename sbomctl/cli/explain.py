"""``sbomctl explain``: how we know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sbomctl.cli import inputs
from sbomctl.cli.options import scan_options, talk_options
from sbomctl.errors import ConfigError
from sbomctl.terminal import counted

if TYPE_CHECKING:
    from sbomctl.cli import chain
    from sbomctl.model import Bom

_DEFAULT = "product.yaml"


@click.command("explain")
@click.argument("component", metavar="COMPONENT")
@click.argument("sources", nargs=-1, metavar="[FILE | PRODUCT.yaml | TARGET...]")
@scan_options
@talk_options
def command(component: str, sources: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - click's keywords
    """Show how we know of a component or file: image, layer, build step, record, license.

    COMPONENT is a name, NAME@VERSION, a purl or its beginning, or the absolute path of a
    file in an image. FILE is a native document; anything else is scanned first. Without
    it, product.yaml of this directory is taken.

    \b
    Examples:
      sbomctl explain zlib1g product.json
      sbomctl explain pkg:npm/lodash oci-archive:app.tar
      sbomctl explain /usr/local/bin/agent product.json
    """
    talk = inputs.Talk(quiet=options.pop("quiet"), verbose=options.pop("verbose"))
    scan = inputs.Scan.of(options)
    if not sources and not Path(_DEFAULT).is_file():
        raise click.UsageError(f"Name a document, a product file or targets; there is no {_DEFAULT} here.")
    from sbomctl.cli import chain

    bom = inputs.bom_of(sources or (_DEFAULT,), scan, talk)
    for line in _answer(bom, component):
        for text in chain.rendered(line):
            click.echo(text)
    inputs.demand_completeness(bom, scan)


def _answer(bom: Bom, question: str) -> Iterator[chain.Line]:
    """The chain of every match, a blank line between; raises ``ConfigError`` when there is none."""
    from sbomctl.cli import chain, matching

    if question.startswith("/"):
        matches = matching.files(bom, question)
        if not matches:
            raise ConfigError(
                f"no package owns {question} and it is no executable, library or script",
                "only paths that a package owns, executables, libraries and scripts are kept in a document",
            )
        for number, match in enumerate(matches):
            if number:
                yield chain.Line()
            yield from chain.of_file(question, match)
        return
    found = matching.components(bom, question)
    if not found:
        close = matching.close_names(bom, question)
        hint = f"did you mean {', '.join(close)}?" if close else f"searched {counted(len(bom.components), 'component')}"
        raise ConfigError(f"no component is called {question!r}", hint)
    links = chain.Links.of(bom)
    for number, one in enumerate(found):
        if number:
            yield chain.Line()
        yield from chain.of_component(bom, one, links)

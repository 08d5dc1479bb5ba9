"""``sbomctl explain``: how we know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from sbomctl.cli import inputs
from sbomctl.cli.options import scan_options, talk_options
from sbomctl.errors import ConfigError
from sbomctl.terminal import counted

if TYPE_CHECKING:
    from sbomctl.cli import lines
    from sbomctl.model import Bom


@click.command("explain")
@click.argument("component", metavar="COMPONENT")
@click.argument("sources", nargs=-1, metavar="[FILE | PRODUCT.yaml | TARGET...]")
@scan_options
@talk_options
def command(component: str, sources: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - click's keywords
    """Show how we know of a component, file or image: layer, build step, record, license.

    COMPONENT is a name, NAME@VERSION, a purl or its beginning; the path or the name of a
    file in an image; or the name of an image. FILE is a native document; anything else is
    scanned first. Without it, product.yaml of this directory is taken.

    \b
    Examples:
      sbomctl explain zlib1g product.json
      sbomctl explain pkg:npm/lodash oci-archive:app.tar
      sbomctl explain /usr/local/bin/agent product.json
      sbomctl explain os product.yaml
    """
    talk = inputs.Talk(quiet=options.pop("quiet"), verbose=options.pop("verbose"))
    scan = inputs.Scan.of(options)
    sources = inputs.named(sources, "a document, a product file or targets")
    from sbomctl.cli import lines

    bom = inputs.bom_of(sources, scan, talk)
    for line in _separated(_answers(bom, component, every=talk.verbose)):
        for text in lines.rendered(line):
            click.echo(text)
    inputs.demand_completeness(bom, scan)


def _answers(bom: Bom, question: str, *, every: bool) -> Iterator[Iterable[lines.Line]]:
    """The chain of every match; raises ``ConfigError`` when there is none."""
    from sbomctl.cli import chain, image_chain, lines, matching

    is_path = question.startswith(("/", "./"))
    found = () if is_path else matching.components(bom, question)
    images = () if is_path else matching.images(bom, question)
    if found or images:
        links = chain.Links.of(bom, every=every)
        yield from (image_chain.of_image(bom, facts, every=every) for facts in images)
        yield from (chain.of_component(bom, one, links) for one in found)
        return
    paths = _paths(bom, question)
    if not paths:
        raise _not_found(bom, question, is_path=is_path)
    for path in paths if every else paths[: lines.LISTED]:
        yield from (chain.of_file(path, match) for match in matching.files(bom, path))
    if len(paths) > lines.LISTED and not every:
        yield [lines.Line(0, "", f"and {len(paths) - lines.LISTED:,} more paths; --verbose shows all")]


def _paths(bom: Bom, question: str) -> Sequence[str]:
    """The path itself, else the known paths that end so; a name alone may be of many files."""
    from sbomctl.cli import matching

    if question.startswith("pkg:") or not question.strip("./"):
        return ()
    if matching.files(bom, question):
        return (matching.bare_path(question),)
    return () if question.startswith("/") else matching.paths_ending(bom, question)


def _not_found(bom: Bom, question: str, *, is_path: bool) -> ConfigError:
    from sbomctl.cli import lines, matching

    if is_path:
        name = question.rpartition("/")[2]
        others = matching.paths_ending(bom, name)[: lines.LISTED] if name else ()
        known = "only what a package owns, executables, libraries and scripts are kept in a document"
        hint = f"files of that name: {', '.join(f'/{path}' for path in others)}" if others else known
        return ConfigError(f"no package owns {question} and it is no executable, library or script", hint)
    close = matching.close_names(bom, question)
    count = counted(len(bom.components), "component")
    hint = f"did you mean {', '.join(close)}?" if close else f"searched {count} and the files they own"
    return ConfigError(f"no component, file or image is called {question!r}", hint)


def _separated(answers: Iterable[Iterable[lines.Line]]) -> Iterator[lines.Line]:
    """The lines of all answers, an empty one between two."""
    from sbomctl.cli import lines

    for number, answer in enumerate(answers):
        if number:
            yield lines.Line()
        yield from answer

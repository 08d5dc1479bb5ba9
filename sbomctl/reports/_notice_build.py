"""Attribution notices drawn from a bill of materials, before any template sees them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sbomctl.errors import ConfigError
from sbomctl.model import Bom, ImageFacts, LicenseFinding
from sbomctl.reports._effective import Elections
from sbomctl.reports._notice_groups import Group, groups, hidden_state
from sbomctl.reports._notice_model import Acknowledgment, Coverage, Entry, Link, Member, Notice, PrintedText
from sbomctl.reports._notice_texts import Needed, Needs
from sbomctl.reports._plain import line
from sbomctl.reports._text_book import TextBook
from sbomctl.reports.base import ReportInput

_PREFIX = re.compile(r"\A(?:(?:Copyright|\(c\)|©)[:\s]*)+", re.IGNORECASE)
_SHOWN = 20  # problems that are named; the rest is counted
_TITLES = 4  # licenses in the title of a text


def build_notice(known: ReportInput, image: str = "") -> Notice:
    """The notice of the product, or of one ``image`` of it; raises ``ConfigError`` if there is no such image."""
    bom = known.bom
    names = tuple(one.image.name for one in bom.images)
    if image and image not in names:
        raise ConfigError(f"there is no image {image!r} in this product", f"its images are {', '.join(names)}")
    images = [one for one in bom.images if image in ("", one.image.name)]
    book = TextBook(bom.license_texts)
    found = groups(bom, Elections(known.result), image)
    entries = _Entries(bom, book, found, images)
    problems = [one for one in bom.problems if not image or one.location.image in ("", image)]
    product = bom.product
    made = entries.made(image)
    return Notice(
        product=line(product.name),
        version=line(product.version),
        supplier=line(product.supplier.name),
        contact=tuple(
            line(one)
            for one in (*product.supplier.address.splitlines(), product.supplier.email, product.supplier.url)
            if one.strip()
        ),
        image=line(image),
        images=tuple(line(one.image.name) for one in images),
        created=known.created.strftime("%Y-%m-%d"),
        tool_version=known.tool_version,
        problems=tuple(line(f"{one.location}: {one.reason}") for one in problems[:_SHOWN]),
        problem_count=len(problems),
        coverage=tuple(_coverage(one) for one in images),
        unknown=tuple(_link(one) for one in made if not one.license and one.members),
        without_text=_by_name((name, one) for one in made for name in one.without_text),
        acknowledgments=tuple(
            Acknowledgment(sentence, users)
            for sentence, users in _by_name((each, one) for one in made for each in one.acknowledgments)
        ),
        entries=tuple(made),
        texts=tuple(entries.printed(made)),
        components=sum(len(one.components) for one in found),
        hidden=sum(1 for one in made for member in one.members if member.hidden),
    )


class _Entries:
    """Every entry, once all texts are known and so have anchors."""

    def __init__(self, bom: Bom, book: TextBook, found: list[Group], images: list[ImageFacts]) -> None:
        self._book = book
        needs = Needs(bom, book)
        for each in found:
            needs.ship(_findings(each), _shas(each, notices=False))
        for image in images:
            needs.ship(image.licenses, _shas_of_image(image))
        self._groups = [(one, _needed(needs, one)) for one in found]
        loose = [(one, _needed_by_image(needs, one)) for one in images]
        self._loose = [(one, needed) for one, needed in loose if needed.keys]
        self._anchors = {key: f"t{number}" for number, key in enumerate(book.keys(), 1)}

    def made(self, image: str) -> list[Entry]:
        """The entries of packages, then those of files that belong to none."""
        numbered = enumerate(self._groups, 1)
        entries = [self._entry(f"c{number}", group, needed, image) for number, (group, needed) in numbered]
        return [*entries, *(self._unpackaged(one, needed) for one, needed in self._loose)]

    def _entry(self, anchor: str, group: Group, needed: Needed, image: str) -> Entry:
        components, effective = group.components, group.effective
        versions = {one.version for one in components}
        members = (Member(line(one.name), line(one.version), hidden_state(one, image)) for one in components)
        statements = [line(one.text) for one in group.first.copyrights]
        return Entry(
            anchor=anchor,
            title=line(group.title),
            version=line(versions.pop()) if len(versions) == 1 else "",
            members=tuple(dict.fromkeys(members)),
            images=tuple(line(one) for one in group.images),
            homepage=line(group.homepage),
            license=line(effective.expression),
            concluded=line(effective.given),
            elected_by=tuple(line(one) for one in effective.by),
            copyrights=_distinct([*statements, *self._taken_out(needed)]),
            texts=self._links(needed),
            notices=needed.notices,
            acknowledgments=tuple(line(one) for one in needed.acknowledgments),
            without_text=tuple(line(one) for one in needed.without_text),
        )

    def _unpackaged(self, facts: ImageFacts, needed: Needed) -> Entry:
        return Entry(
            anchor=facts.id,
            title=f"Files of {line(facts.image.name)} that belong to no package",
            version="",
            members=(),
            images=(line(facts.image.name),),
            homepage="",
            license="",
            concluded="",
            elected_by=(),
            copyrights=_distinct(self._taken_out(needed)),
            texts=self._links(needed),
            notices=(),
            acknowledgments=needed.acknowledgments,
            without_text=(),
        )

    def _taken_out(self, needed: Needed) -> Iterator[str]:
        return (each for one in needed.shipped for each in self._book.taken_out(one))

    def _links(self, needed: Needed) -> tuple[Link, ...]:
        """To each text; one with the same name as the one before it goes without, which saves a tenth of the notice."""
        links: list[Link] = []
        before = ""
        for key in needed.keys:
            name = _short(self._book, key)
            links.append(Link("" if name == before else name, self._anchors[key]))
            before = name
        return tuple(links)

    def printed(self, entries: list[Entry]) -> Iterator[PrintedText]:
        """Every text in order, with who needs it."""
        users: dict[str, list[Link]] = {}
        for entry in entries:
            for each in entry.texts:
                users.setdefault(each.anchor, []).append(Link(entry.title, entry.anchor))
        book = self._book
        for key, anchor in self._anchors.items():
            text, standard = book.text(key), book.is_standard(key)
            yield PrintedText(anchor, _title(book, key), text, tuple(users.get(anchor, ())), standard, book.cut(key))


def _needed(needs: Needs, group: Group) -> Needed:
    return needs.of(_findings(group), _shas(group, notices=False), _shas(group, notices=True), group.effective.terms)


def _findings(group: Group) -> list[LicenseFinding]:
    return [one for component in group.components for one in component.licenses.findings]


def _shas(group: Group, *, notices: bool) -> set[str]:
    return {one.sha256 for one in group.first.texts if (one.role == "notice") == notices}


def _shas_of_image(facts: ImageFacts) -> set[str]:
    return {one.text_sha256 for one in facts.licenses if one.text_sha256}


def _needed_by_image(needs: Needs, facts: ImageFacts) -> Needed:
    return needs.of(facts.licenses, _shas_of_image(facts), (), ())


def _distinct(statements: Iterable[str]) -> tuple[str, ...]:
    """Each statement once; one that stands whole at the end of another, behind "Copyright (c)", is there already."""
    each = tuple(dict.fromkeys(statements))
    ends = {end for one in each if (end := _PREFIX.sub("", one)) != one}
    return tuple(one for one in each if one not in ends)


def _coverage(facts: ImageFacts) -> Coverage:
    return Coverage(line(facts.image.name), facts.coverage.files, facts.coverage.unowned_files)


def _title(book: TextBook, key: str) -> str:
    names = book.names(key)
    more = f" and {len(names) - _TITLES} more" if len(names) > _TITLES else ""
    return line(", ".join(names[:_TITLES]) + more) or "a text without a known name"


def _short(book: TextBook, key: str) -> str:
    names = book.names(key)
    return line(names[0]) if names else "unnamed"


def _link(entry: Entry) -> Link:
    return Link(f"{entry.title} {entry.version}".strip(), entry.anchor)


def _by_name(pairs: Iterable[tuple[str, Entry]]) -> tuple[tuple[str, tuple[Link, ...]], ...]:
    found: dict[str, list[Link]] = {}
    for name, entry in pairs:
        found.setdefault(name, []).append(_link(entry))
    return tuple(sorted((name, tuple(links)) for name, links in found.items()))

"""What SPDX has no field for, as text that people read and programs parse.

An annotation holds one ``key: value`` per line; keys carry the prefix ``sbomctl:`` and may
repeat, values are one line. The keys are the same in SPDX 2.3 and SPDX 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sbomctl.model import (
    Bom,
    Component,
    CurationIssue,
    Image,
    ImageFacts,
    Layer,
    LicenseFacts,
    LicenseFinding,
    Location,
    Occurrence,
    Problem,
    ShippedText,
    SourceRef,
    UnownedFile,
)
from sbomctl.writers._license_words import election_words, finding_words, issue_words, text_words
from sbomctl.writers._spdx_text import cpe, line, text, url, verbatim
from sbomctl.writers.base import tool_name

SBOM_TYPE = "SBOM Type: Analyzed"
"""When in the life of the software the facts were gathered, in the words of the OpenChain Telco SBOM Guide 1.1."""


def _properties(pairs: Iterable[tuple[str, object]]) -> str:
    return "\n".join([f"sbomctl:{key}: {stated}" for key, value in pairs if (stated := line(str(value)))])


def _layer(image: Image | None, index: int | None) -> str:
    """The diff_id of a layer, its number where it has none."""
    if index is None or index < 0:
        return ""
    layers = image.layers if image else ()
    return (layers[index].diff_id if index < len(layers) else "") or f"layer {index}"


def _place(location: Location, image: Image | None) -> Iterator[tuple[str, object]]:
    yield "image", location.image
    yield "layer", _layer(image, location.layer)
    yield "path", location.path
    yield "line", location.line or ""


def occurrence(place: Occurrence, image: Image | None) -> str:
    """Where a component is present, who found it there, and whether the running system sees it."""
    return _properties(
        (
            ("statement", "occurrence"),
            *_place(place.location, image),
            ("foundBy", ", ".join(place.found_by)),
            ("confidence", "" if place.confidence == 1 else place.confidence),
            ("state", place.state.value),
            ("introducedIn", _layer(image, place.introduced_in)),
            ("hiddenIn", _layer(image, place.hidden_in)),
            ("root", place.root),
            ("ownedFiles", len(place.files) or ""),
        )
    )


def license_evidence(findings: Iterable[LicenseFinding], texts: Iterable[ShippedText] = ()) -> str:
    """Where each statement about a license was read and which texts lie where, "" if there are none."""
    found = [("license", finding_words(each)) for each in findings]
    found += [("text", text_words(each)) for each in texts]
    return _properties((("statement", "license evidence"), *found)) if found else ""


def license_text(sha256: str, content: str) -> str:
    """A license text as shipped, behind an empty line; ``sbomctl:text`` elsewhere names it by its SHA-256."""
    return _properties((("statement", "license text"), ("sha256", sha256))) + f"\n\n{verbatim(content)}"


def curation_issue(issue: CurationIssue) -> str:
    """A decision of people that did nothing or no longer fits."""
    place = f"{issue.file}:{issue.line}" if issue.line else issue.file
    pairs = (("kind", issue.kind), ("curation", issue.id), ("message", issue.message), ("place", place))
    return _properties((("statement", "curation issue"), *pairs))


def image_facts(facts: ImageFacts) -> str:
    """What an image is made of, its layers lowest first, and how much of its code packages account for."""
    image, coverage = facts.image, facts.coverage
    pairs: list[tuple[str, object]] = [
        ("statement", "image"),
        ("target", image.target),
        ("role", image.role.value),
        ("platform", image.platform),
        ("created", image.created),
        ("os", image.os.pretty_name or f"{image.os.id} {image.os.version_id}" if image.os else ""),
        ("codeFiles", coverage.files),
        ("codeBytes", coverage.bytes),
        ("unownedFiles", coverage.unowned_files),
        ("unownedBytes", coverage.unowned_bytes),
        ("identifiedFiles", coverage.identified_files or ""),
        ("identifiedBytes", coverage.identified_bytes or ""),
    ]
    pairs += [("label", f"{key}={value}") for key, value in image.labels]
    pairs += [("layer", _layer_line(layer)) for layer in image.layers]
    pairs += [("attached", f"{one.digest} {one.kind} (about {one.subject})") for one in image.attached]
    pairs += [("note", note) for note in facts.notes]
    return _properties(pairs)


def _layer_line(layer: Layer) -> str:
    parts = [str(layer.index), layer.diff_id or "diff_id unknown"]
    parts += [f"missing={layer.missing}"] if layer.missing else []
    parts += [f"created_by={layer.created_by}"] if layer.created_by else []
    return " ".join(parts)


def unowned_file(file: UnownedFile, image: Image) -> str:
    """Which code no package claims."""
    return _properties(
        (
            ("statement", "unowned file"),
            ("image", image.name),
            ("layer", _layer(image, file.layer)),
            ("path", file.path),
            ("content", file.content.value),
            ("size", file.size),
            ("soname", file.soname),
            ("buildId", file.build_id),
            ("replaces", ", ".join(file.replaces)),
            ("state", "visible" if file.hidden_in is None else "hidden"),
            ("hiddenIn", _layer(image, file.hidden_in)),
        )
    )


def unowned_comment(file: UnownedFile) -> str:
    """Why it is listed on its own."""
    if not file.replaces:
        return "No package claims this file."
    owners = ", ".join(map(line, file.replaces))
    return f"This file took the place of one of {owners}; no record of a package tells of it."


def problem(what: Problem, image: Image | None) -> str:
    """One thing that could not be read."""
    pairs = (("statement", "problem"), ("problem", what.reason), *_place(what.location, image))
    return _properties((*pairs, ("foundBy", what.found_by)))


def completeness(bom: Bom) -> str:
    """Whether nothing had to be left out."""
    return _properties(
        (("statement", "completeness"), ("complete", str(bom.complete).lower()), ("problems", len(bom.problems)))
    )


def document_comment(bom: Bom) -> str:
    """What a reader should know first: whether the document is complete, and who took part."""
    comment = []
    if not bom.complete:
        comment.append(f"INCOMPLETE: {_counted(len(bom.problems))}; see the annotations of this document.")
    if bom.tools:
        comment.append("Found by: " + ", ".join(line(f"{tool_name(tool)} {tool.version}") for tool in bom.tools) + ".")
    return "\n".join(comment)


def _counted(problems: int) -> str:
    return "1 problem" if problems == 1 else f"{problems} problems"


def source_info(component: Component) -> str:
    """Which source packages a package was built from, which more are inside it, and where its code is kept."""
    built = [f"Built from source package {_source(component.source)}."] if component.source else []
    inside = [f"Contains code of {_source(each)} ({line(each.relation)})." for each in component.built_using]
    code = [f"Source code repository: {line(component.vcs_url)}"] if component.vcs_url else []
    return "\n".join((*built, *inside, *code))


def _source(source: SourceRef) -> str:
    stated = (source.name, source.version, source.purl and f"({source.purl})", source.url, source.digest)
    return " ".join(line(part) for part in stated if part)


def declared_comment(facts: LicenseFacts) -> str:
    """The declared license as it is written, where that is not the declared expression."""
    raw = [text(each) for each in facts.raw if each != facts.declared]
    return f"Declared as written: {'; '.join(raw)}" if raw else ""


def concluded_comment(facts: LicenseFacts) -> str:
    """How the license was concluded: what was detected, why, what was elected, and what is left to look at.

    A conclusion other than what is declared is explained (SPDX 2.3 section 7.13, SPDX 3.0.1
    Licensing profile), if only by saying that nobody recorded why.
    """
    unexplained = facts.concluded and facts.declared and facts.concluded != facts.declared
    reason = facts.reason or ("not recorded" if unexplained else "")
    comment = [f"Detected in files: {line(facts.detected)}"] if facts.detected else []
    comment += [f"Effective: {line(facts.effective)}"] if facts.effective not in ("", facts.concluded) else []
    comment += [f"Reason: {text(reason)}"] if reason else []
    comment += [f"Elected: {line(election_words(each))}" for each in facts.elections]
    comment += [f"To be looked at: {line(issue_words(each))}" for each in facts.issues]
    return "\n".join(comment)


def license_comment(facts: LicenseFacts) -> str:
    """The facts about a license that have no field (SPDX 2.3 section 7.16)."""
    return "\n".join(filter(None, (declared_comment(facts), concluded_comment(facts))))


def package_comment(component: Component) -> str:
    """Facts that fit no field, and values that are not what their field demands."""
    stated = (
        ("Architecture", component.architecture),
        ("CPE as stated", "" if cpe(component.cpe) else component.cpe),
        ("Home page as stated", "" if url(component.homepage) else component.homepage),
        ("Download location as stated", "" if url(component.download_url, vcs=True) else component.download_url),
    )
    return "\n".join(f"{key}: {line(value)}" for key, value in stated if value)


def copyright_text(component: Component) -> str:
    """The copyright statements, one a line; none found is no assertion, for nobody looked at every file.

    The value NONE would say that there is no statement in the package at all (SPDX 2.3
    section 7.17). A statement that consists of such a keyword gets quotation marks.
    """
    found = "\n".join(filter(None, (text(one.text) for one in component.copyrights)))
    return f'"{found}"' if found in ("NONE", "NOASSERTION") else found or "NOASSERTION"

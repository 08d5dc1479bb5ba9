"""All licenses in a text."""

from __future__ import annotations

from sbomctl.licenses.expression import conjunction
from sbomctl.licenses.text.index import Index, load
from sbomctl.licenses.text.result import Detection, Match
from sbomctl.licenses.text.texts import Found, find
from sbomctl.licenses.text.words import Words, words_of
from sbomctl.model import Expression

_RAW = 200  # characters
_NEAR = 0.8  # likeness below which it is another text


def detect(text: str, name: str = "", index: Index | None = None) -> Detection:  # noqa: ARG001
    """Every license that ``text`` states, in time linear in it; ``name`` is that of the file.

    Without ``index`` the one of :func:`~sbomctl.licenses.text.index.load` is made on the first
    call, which takes a second or two.
    """
    words = words_of(text)
    known = index or load()
    matches = tuple(_match(one, words, known) for one in find(words, known))
    return Detection(matches, conjunction(one.expression for one in matches))


def _match(found: Found, words: Words, index: Index) -> Match:
    line, end_line = words.line(found.start), words.line(found.end - 1)
    ids = index.ids[found.which]
    exact = not found.missing and not found.extra
    near = found.likeness >= _NEAR
    return Match(
        expression=Expression(ids[0]) if near and not index.is_exception[found.which] else Expression(""),
        line=line,
        end_line=end_line,
        rule="exact-text" if exact else "text" if near else "unknown-text",
        coverage=round(found.coverage, 3),
        raw=" ".join(" ".join(words.lines[line - 1 : end_line]).split())[:_RAW],
        candidates=ids if len(ids) > 1 else (),
        is_text=True,
    )

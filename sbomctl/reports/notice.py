"""Attribution notices: who wrote what ships, under which licenses, with every text and statement these ask for.

Requirements AT-1 to AT-5 and AT-9 in three forms of one content: HTML in a single file
without scripts, for the screen of a device; plain text; Markdown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, ClassVar

from sbomctl.reports import _plain
from sbomctl.reports._notice_build import build_notice
from sbomctl.reports._notice_model import Notice
from sbomctl.reports.base import ReportInput

_SIZE = "\ue000"  # private use: text of images cannot hold it, there it has become an escape


class _Notice:
    """What the forms share; ``image`` names the only image that the notice is about."""

    kind: ClassVar[str] = "notice"
    form: ClassVar[str]

    def __init__(self, image: str = "") -> None:
        self.image = image

    def write(self, known: ReportInput, out: BinaryIO) -> None:
        """Write the notice to ``out``, which stays open; raises ``ConfigError`` for an image that is not there."""
        notice = build_notice(known, self.image)
        text = known.templates.render(f"notice.{self.form}.j2", notice=notice, size=_SIZE, **self._functions(notice))
        out.write(_sized(text).encode("utf-8", "backslashreplace"))

    def _functions(self, notice: Notice) -> dict[str, Callable[..., str]]:  # noqa: ARG002 - a form may need it
        return {}


class NoticeHtml(_Notice):
    """One file without scripts or anything to load."""

    form: ClassVar[str] = "html"
    about: ClassVar[str] = "attribution: copyright and license texts, for a screen"

    def _functions(self, notice: Notice) -> dict[str, Callable[..., str]]:  # noqa: ARG002
        return {"content": _plain.html_content}


class NoticeText(_Notice):
    """Plain text."""

    form: ClassVar[str] = "txt"
    about: ClassVar[str] = "attribution as plain text"


class NoticeMarkdown(_Notice):
    """Markdown, texts in code fences."""

    form: ClassVar[str] = "md"
    about: ClassVar[str] = "attribution as Markdown"

    def _functions(self, notice: Notice) -> dict[str, Callable[..., str]]:  # noqa: ARG002
        return {"md": _plain.markdown, "fence": _plain.fence}


def _sized(text: str) -> str:
    """``text`` with its own size in bytes where the template wants it (requirement AT-5)."""
    before, mark, after = text.rpartition(_SIZE)
    if not mark:
        return text
    rest = len((before + after).encode("utf-8", "backslashreplace"))
    size = rest
    while size != rest + len(f"{size:,}"):  # ends: one more digit is the most that the number can add to itself
        size = rest + len(f"{size:,}")
    return f"{before}{size:,}{after}"

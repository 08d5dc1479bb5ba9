"""Another program's word on the license texts that ours cannot name."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sbomctl.delegates.scancode import Answer, ScanCode
from sbomctl.errors import ToolMissing
from sbomctl.licenses.expression import InvalidExpression, canonical, conjunction
from sbomctl.licenses.spdx_list import license_reference
from sbomctl.model import Expression, Tool
from sbomctl.model.license_file import FileLicenses, Statement


class SecondOpinion:
    """What ScanCode says of unknown texts; each is asked about once."""

    def __init__(self, scancode: ScanCode) -> None:
        """Raise ``ToolMissing`` where it is not installed or does not start."""
        self._scancode = scancode
        self._answers: dict[str, Answer] = {}
        self._version = scancode.available()
        if not self._version:
            raise ToolMissing(f"{scancode.name} is not installed, or does not start", scancode.remedy)

    @property
    def tool(self) -> Tool:
        """The program, as tools are recorded."""
        return Tool(self._scancode.name, self._version)

    def ask(self, files: Iterable[FileLicenses]) -> None:
        """Have it look at every unknown text in ``files``."""
        texts = [text for text in dict.fromkeys(map(_text, _unknown(files))) if text not in self._answers]
        answers = self._scancode.identify(text.encode("utf-8", "surrogatepass") for text in texts)
        self._answers.update(zip(texts, answers, strict=True))

    def applied(self, file: FileLicenses) -> FileLicenses:
        """``file`` with what was said of its unknown texts; what stops the program is a fault of the file."""
        if not any(_is_unknown(one) for one in file.statements):
            return file
        statements = tuple(self._said(one) for one in file.statements)
        added = (one.expression for one in statements if one.found_by)
        faults = [(one.line, self._answers[one.text].problem) for one in _unknown((file,)) if one.text in self._answers]
        return msgspec.structs.replace(
            file,
            statements=statements,
            detected=conjunction((file.detected, *added)),
            faults=(*file.faults, *(fault for fault in faults if fault[1])),
        )

    def _said(self, one: Statement) -> Statement:
        answer = self._answers.get(one.text) if _is_unknown(one) else None
        if answer is None or not answer.said:
            return one
        return msgspec.structs.replace(
            one,
            expression=conjunction(_expression(said.expression) for said in answer.said),
            coverage=min(said.coverage for said in answer.said),
            remark=f"by its rules {', '.join(sorted({rule for said in answer.said for rule in said.rules}))}",
            found_by=self._scancode.name,
        )


def _unknown(files: Iterable[FileLicenses]) -> Iterable[Statement]:
    return (one for file in files for one in file.statements if _is_unknown(one))


def _is_unknown(one: Statement) -> bool:
    return bool(one.text) and not one.expression


def _text(one: Statement) -> str:
    return one.text


def _expression(text: str) -> Expression:
    """Its expression, or a reference where it is none of ours."""
    try:
        return canonical(text)
    except InvalidExpression:
        return Expression(license_reference("scancode", text))

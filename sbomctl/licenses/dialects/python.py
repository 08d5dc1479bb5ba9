"""Python core metadata: License-Expression, License and the license classifiers (core metadata 2.4, PEP 639)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sbomctl.licenses.base import Context, Declaration, Declared, Reading
from sbomctl.licenses.dialects._gnu import Bare
from sbomctl.licenses.dialects._names import Names, decided
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._reading import all_of, read_string
from sbomctl.licenses.dialects._slash import read_slashed
from sbomctl.licenses.expression import NOTHING

EXPRESSION, LICENSE, CLASSIFIER = "License-Expression", "License", "Classifier"
_GRAMMAR = Grammar(signs={"|": "OR", "&": "AND", ";": "AND"}, comma="AND")
_SPDX = Names(bare=Bare.LIKELY_ONLY, ids_first=True)
_FREE = Names(scopes=("python",), bare=Bare.OPEN, ids_first=True)
_CLASSIFIERS = Names(scopes=("python",), bare=Bare.ONLY)
_BEFORE = ("License", "OSI Approved")  # parts of a classifier that are no name


class PythonDialect:
    """License-Expression is the answer where there is one; else License, and classifiers where that is unclear."""

    name: ClassVar[str] = "python"
    about: ClassVar[str] = "metadata of Python distributions"

    def declare(self, strings: Sequence[Declared], context: Context) -> Declaration:
        """A reading of each string; the expression is that of the most precise field that says something."""
        scope = context.scope or (self.name,)
        fields = [_field(one) for one in strings]
        readings = [_read(one.raw, field, scope) for one, field in zip(strings, fields, strict=True)]
        chosen = _chosen_field(fields, readings)
        picked = [index for index, field in enumerate(fields) if field == chosen and _says(readings[index])]
        several = chosen == CLASSIFIER and len(picked) > 1
        if several:
            for index in picked:
                readings[index] = _with_remark(readings[index], "one of several: whether all of them hold is not said")
        names = [strings[index].raw.rpartition("::")[2].strip() for index in picked]
        joined = all_of([readings[index] for index in picked], names, scope)
        return Declaration(tuple(readings), joined.expression)


def _field(declared: Declared) -> str:
    if declared.field:
        return declared.field
    return CLASSIFIER if declared.raw.startswith("License ::") else LICENSE


def _chosen_field(fields: Sequence[str], readings: Sequence[Reading]) -> str:
    """The first field of which a reading is decided; else the first that says anything."""
    order = (EXPRESSION, LICENSE, CLASSIFIER)
    of_field = {field: [one for one, name in zip(readings, fields, strict=True) if name == field] for field in order}
    for field in order:
        if any(decided(one) for one in of_field[field]):
            return field
    return next((field for field in order if any(one.expression != NOTHING for one in of_field[field])), "")


def _says(reading: Reading) -> bool:
    return bool(reading.expression or reading.candidates)


def _read(raw: str, field: str, scope: Sequence[str]) -> Reading:
    if field == CLASSIFIER:
        return _read_classifier(raw, scope)
    if field == EXPRESSION:
        return read_string(raw, _GRAMMAR, _SPDX, scope)
    lines = raw.strip().splitlines()
    if len(lines) > 1:
        return _read_text(lines, scope)
    return read_slashed(raw, _GRAMMAR, _FREE, scope)


def _read_classifier(raw: str, scope: Sequence[str]) -> Reading:
    parts = [part.strip() for part in raw.split("::")]
    names = [part for part in parts if part not in _BEFORE]
    if not names:
        return Reading(remark="it names no license")
    return read_string(names[-1], Grammar(), _CLASSIFIERS, scope)


def _read_text(lines: Sequence[str], scope: Sequence[str]) -> Reading:
    """A license text in place of a name: its first line may be a title; the detector reads the rest."""
    title = next(line for line in lines if line.strip())
    known = _FREE.known(title.strip(), scope)
    if known is None:
        return Reading(remark="this is no license name but text")
    return _with_remark(known, "the title of a whole text")


def _with_remark(reading: Reading, remark: str) -> Reading:
    remarks = "; ".join(part for part in (remark, reading.remark) if part)
    return Reading(reading.expression, reading.candidates, remarks)

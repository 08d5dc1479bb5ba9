"""Addresses of license texts that carry the license's name."""

from __future__ import annotations

import re

from sbomctl.licenses.aliases import key

_URL = re.compile(r"(?:[a-z]+:)?//", re.IGNORECASE)
_NAMED = (
    (re.compile(r"spdx\.org/licen[cs]es/([a-z0-9.+-]+)"), "{}"),
    (re.compile(r"(?:opensource\.org|choosealicense\.com)/licen[cs]es?/([a-z0-9.+-]+)"), "{}"),
    (re.compile(r"gnu\.org/(?:copyleft|licen[cs]es(?:/old-licen[cs]es)?)/([al]?gpl|fdl)(?:-?(\d\.\d))?"), "{} {}"),
    (re.compile(r"creativecommons\.org/licen[cs]es/([a-z-]+)/(\d\.\d)(?:/(?:legalcode|deed(?:\.en)?))?"), "CC-{}-{}"),
    (re.compile(r"creativecommons\.org/publicdomain/zero/1\.0(?:/(?:legalcode|deed(?:\.en)?))?"), "CC0-1.0"),
)


def name_in_url(text: str) -> str:
    """The license name that an address of one of the well-known collections ends in; "" when it has none."""
    if not _URL.match(text):
        return ""
    address = key(text)
    for pattern, form in _NAMED:
        if found := pattern.fullmatch(address):
            return form.format(*(part or "" for part in found.groups())).strip()
    return ""

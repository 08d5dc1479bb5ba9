"""Files of other programs as documents that know where everything stands, with YAML's merge keys followed."""

from __future__ import annotations

from pathlib import Path

from sbomctl.config.composer import Bounds, Node
from sbomctl.config.document import Document, content, parse_foreign
from sbomctl.errors import ConfigError, Fault

BOUNDS = Bounds(file_bytes=32 << 20, depth=100, nodes=2_000_000)  # a Helm chart rendered whole stays below
_TEMPLATE = "fill in its placeholders first (helm template, kubectl kustomize), then name what comes out"


def documents(file: Path) -> list[Document]:
    """Every document in ``file``, empty ones left out; raises ``ConfigError`` with every fault of the YAML."""
    return parsed(content(file, BOUNDS), str(file))


def parsed(raw: bytes, name: str) -> list[Document]:
    """Every document in ``raw``; ``name`` is the file's name for faults."""
    try:
        found, faults = parse_foreign(raw, name, BOUNDS)
    except ConfigError as error:
        is_template = b"{{" in raw or b"%{" in raw
        raise ConfigError(error.message, _TEMPLATE if is_template else error.hint, error.faults) from error
    if faults:
        raise ConfigError(f"{name} cannot be read", faults=faults)
    return [document for document in found if document.data is not None]


def single(file: Path) -> Document:
    """The only document in ``file``; raises ``ConfigError``."""
    found = documents(file)
    if len(found) != 1:
        count = "it is empty" if not found else "it has several documents"
        raise ConfigError(f"{file} cannot be read", faults=(Fault(str(file), 0, 0, count),))
    return found[0]


def fields(node: Node) -> dict[str, Node]:
    """The values of a mapping by key, those of its merge keys too (YAML merge key type, ``<<``); {} for all else.

    What a mapping says itself goes before what it merges, and of several merged ones the first.
    """
    if not isinstance(node.data, dict):
        return {}
    if "<<" not in node.items:
        return {str(key): value for key, value in node.items.items()}
    found: dict[str, Node] = {}
    waiting = [node]
    while waiting:
        one = waiting.pop()
        for key, value in one.items.items():
            if key != "<<":
                found.setdefault(str(key), value)
        merged = one.items.get("<<")
        if merged is not None:
            sources = list(merged.items.values()) if isinstance(merged.data, list) else [merged]
            waiting += [source for source in reversed(sources) if isinstance(source.data, dict)]
    return found


def at(node: Node, *path: str) -> Node | None:
    """What stands below ``node`` at ``path``, merge keys followed; None where nothing does."""
    for step in path:
        below = fields(node).get(step)
        if below is None:
            return None
        node = below
    return node


def elements(node: Node | None) -> list[Node]:
    """The elements of a list; [] for all else."""
    return list(node.items.values()) if node is not None and isinstance(node.data, list) else []


def text(node: Node | None) -> str:
    """A scalar as it is written; "" for all else and for nothing."""
    if node is None or node.data is None or isinstance(node.data, list | dict):
        return ""
    return node.text

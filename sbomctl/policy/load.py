"""Policy files: YAML, with all that they extend, checked as a whole; every fault of every file at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from sbomctl.config.document import Document, read
from sbomctl.config.schema import check_against, did_you_mean
from sbomctl.errors import ConfigError, Fault
from sbomctl.model import PolicyFile, PolicyLine
from sbomctl.policy.classes import ClassTable, shipped_table
from sbomctl.policy.lines import PROFILES, Line, Policy, Profile, RuleSetting, WaiverTerms
from sbomctl.policy.read_lines import classify_faults, read_lines
from sbomctl.policy.schemas import schema
from sbomctl.policy.shipped import SHIPPED, TABLE, policy_file, shipped_names
from sbomctl.resources import folder

_SUFFIXES = (".yaml", ".yml")
_MOST_FILES = 50  # that one policy may consist of
Faults = list[Fault]


def load_policy(name: str) -> Policy:
    """The policy in the file ``name``, or the shipped one of that name, with all that it extends.

    Raises ``ConfigError`` with every fault of all its files, each with its line and column.
    """
    loader = _Loader()
    parts = list(loader.load(policy_file(name), name, ()))
    if loader.faults:
        raise _refused(name, loader.faults)
    policy = _joined(parts, loader.files)
    if not policy.lines:
        fault = Fault(parts[0].document.file, 1, 1, "there is no line under 'licenses', so nothing would be judged")
        raise _refused(name, [fault])
    return policy


def _refused(name: str, faults: Sequence[Fault]) -> ConfigError:
    ordered = tuple(sorted(set(faults), key=lambda one: (one.file, one.line, one.column, one.message)))
    count = "1 fault" if len(ordered) == 1 else f"{len(ordered):,} faults"
    return ConfigError(f"{count} in the policy {name}", "sbomctl schema policy prints what may be written", ordered)


class _Part(msgspec.Struct, frozen=True):
    """One file of a policy."""

    document: Document
    lines: tuple[Line, ...]


class _Loader:
    """Reads a policy and what it extends, depth first, each file once."""

    def __init__(self) -> None:
        self.faults: Faults = []
        self.files: list[PolicyFile] = []
        self._seen: set[Path] = set()

    def load(self, file: Path, shown: str, chain: tuple[Path, ...]) -> Iterator[_Part]:
        """The parts in the order in which their lines are asked."""
        document = _read(file, shown)
        place = file.resolve()
        self._seen.add(place)
        self.files.append(PolicyFile(document.file, hashlib.sha256(file.read_bytes()).hexdigest()))
        found = [*document.faults, *check_against(document, schema("policy"))]
        if found:
            self.faults += found
            return
        table = shipped_table().extended(document.data.get("classify", ()))
        lines, faults = read_lines(document, table)
        self.faults += [*faults, *classify_faults(document), *_rule_faults(document)]
        yield _Part(document, lines)
        for index, name in enumerate(document.data.get("extends", ())):
            yield from self._extended(document, index, name, file, (*chain, place))

    def _extended(
        self, document: Document, index: int, name: str, file: Path, chain: tuple[Path, ...]
    ) -> Iterator[_Part]:
        path: list[str | int] = ["extends", index]
        try:
            named = file.parent / name if name.endswith(_SUFFIXES) else policy_file(name)
            place = named.resolve()
            if place in chain:
                around = [*(one.name for one in chain[chain.index(place) :]), place.name]
                self.faults.append(document.fault(path, f"it extends itself: {' -> '.join(around)}"))
            elif len(self._seen) >= _MOST_FILES:
                self.faults.append(document.fault(path, f"more than {_MOST_FILES} files"))
            elif place not in self._seen:
                yield from self.load(named, str(named) if name.endswith(_SUFFIXES) else name, chain)
        except ConfigError as error:
            if error.faults:
                self.faults += error.faults
            else:
                hint = f"; {error.hint}" if error.hint else ""
                self.faults.append(document.fault(path, f"{error.message}{hint}"))


def _read(file: Path, shown: str) -> Document:
    document = read(file, if_missing=f"shipped policies are: {', '.join(shipped_names())}")
    if shown in shipped_names() and not Path(shown).is_file():
        return Document(f"{SHIPPED}{file.name}", document.root, document.faults)
    return document


def _rule_faults(document: Document) -> Iterator[Fault]:
    """What is wrong with parameters beyond what the schema can say, such as a range of versions."""
    from sbomctl.policy.rules import RULES

    kinds = {rule.name: rule.parameters for rule in RULES}
    for name, said in document.data.get("rules", {}).items():
        if name in kinds:
            try:
                msgspec.convert(_parameters(said), kinds[name])
            except msgspec.ValidationError as error:
                yield document.fault(["rules", name], f"{name}: {str(error).partition(' - at')[0]}")


def _parameters(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key != "severity"}


def _joined(parts: Sequence[_Part], files: Sequence[PolicyFile]) -> Policy:
    """The parts as one policy; what stands in an earlier one counts."""
    data = [part.document.data for part in parts]
    head = data[0]["policy"]
    table: ClassTable = shipped_table()
    for one in reversed(data):
        table = table.extended(one.get("classify", ()))
    return Policy(
        name=head["name"],
        version=parts[0].document.node(["policy", "version"]).text if "version" in head else "",
        about=head.get("about", ""),
        view=next((one["view"] for one in data if "view" in one), "effective"),
        lines=tuple(line for part in parts for line in part.lines),
        table=table,
        rules=_rules(parts),
        waivers=WaiverTerms(**_merged(one.get("waivers", {}) for one in data)),
        profiles=_profiles(data),
        files=(*files, _table_file()),
    )


def _table_file() -> PolicyFile:
    """The table of classes as one of the files that a verdict rests on."""
    data = (folder("policies") / TABLE).read_bytes()
    return PolicyFile(f"{SHIPPED}{TABLE}", hashlib.sha256(data).hexdigest())


def _rules(parts: Sequence[_Part]) -> dict[str, RuleSetting]:
    said: dict[str, list[Mapping[str, Any]]] = {}
    places: dict[str, PolicyLine] = {}
    for part in parts:
        for name, one in part.document.data.get("rules", {}).items():
            said.setdefault(name, []).append(one)
            line = part.document.node(["rules"]).keys[name][0]
            places.setdefault(name, PolicyLine(part.document.file, line))
    found = {}
    for name, all_said in said.items():
        merged = _merged(all_said)
        found[name] = RuleSetting(merged.get("severity"), _parameters(merged), places[name])
    return found


def _profiles(data: Sequence[Mapping[str, Any]]) -> dict[str, Profile]:
    names = dict.fromkeys(name for one in data for name in one.get("profiles", {}))
    found = {}
    for name in names:
        said = [one["profiles"][name] for one in data if name in one.get("profiles", {})]
        merged = _merged(said)
        severities = _merged(one.get("severities", {}) for one in said)
        found[name] = Profile(merged.get("fail_on", "error"), severities)
    return found


def _merged(mappings: Any) -> dict[str, Any]:  # noqa: ANN401 - an iterable of mappings as the user wrote them
    """All keys, each with its value in the first mapping that has it."""
    found: dict[str, Any] = {}
    for mapping in mappings:
        for key, value in mapping.items():
            found.setdefault(key, value)
    return found


def profile_of(policy: Policy, name: str) -> Profile:
    """The profile ``name``: what the policy says of it, on top of what every policy has. Raises ``ConfigError``."""
    own, base = policy.profiles.get(name), PROFILES.get(name)
    if own is None and base is None:
        known = sorted({*policy.profiles, *PROFILES})
        raise ConfigError(
            f"the policy has no profile {name!r}{did_you_mean(name, known)}", f"known: {', '.join(known)}"
        )
    if own is None or base is None:
        return own or base or Profile()
    return msgspec.structs.replace(own, at_most=base.at_most)

"""What the elements of an SPDX 3.0.1 document share: names, making, agents and licenses."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from sbomctl.model import Bom
from sbomctl.writers._license_texts import references_in
from sbomctl.writers._spdx_licenses import CustomLicense
from sbomctl.writers._spdx_text import Agent, license_list_version, line, namespace
from sbomctl.writers.base import WriteContext, timestamp

SPEC = "3.0.1"
_CREATION_INFO = "_:creationinfo"
_NO_LICENSE = "expandedlicensing_NoAssertionLicense"

Element = dict[str, Any]
"""A JSON-LD object with the property names of the SPDX 3.0.1 context."""


class Graph:
    """Makes elements and remembers which it made."""

    def __init__(self, bom: Bom, content: str, context: WriteContext) -> None:
        self.tool_version = line(context.tool_version)
        self._created = timestamp(context.created)
        self._prefix = namespace(bom, content, context, SPEC) + "#"
        self._ids: list[str] = []

    def iri(self, local: str) -> str:
        """The full name of an element of this document."""
        return self._prefix + local

    def ids(self) -> list[str]:
        """The names of all elements made so far, in the order they were made."""
        return list(self._ids)

    def creation_info(self, maker: str, tools: list[str]) -> Element:
        """Who made the document, when and with what."""
        return {
            "type": "CreationInfo",
            "@id": _CREATION_INFO,
            "specVersion": SPEC,
            "created": self._created,
            "createdBy": [maker],
            "createdUsing": tools,
        }

    def element(self, kind: str, local: str, fields: Element) -> Element:
        """An element; fields without a value are left out."""
        spdx_id = self.iri(local)
        self._ids.append(spdx_id)
        present = {key: value for key, value in fields.items() if value}
        return {"type": kind, "spdxId": spdx_id, "creationInfo": _CREATION_INFO} | present

    def relationship(
        self, origin: str, kind: str, targets: list[str], completeness: str = "", comment: str = ""
    ) -> Element:
        """The one relationship of this type from the element ``origin``."""
        fields = {
            "from": self.iri(origin),
            "relationshipType": kind,
            "to": targets,
            "completeness": completeness,
            "comment": comment,
        }
        return self.element("Relationship", f"{origin}-{kind}", fields)

    def annotations(self, subject: str, comments: Iterable[str]) -> Iterator[Element]:
        """One annotation for each comment that is not empty."""
        for number, comment in enumerate(filter(None, comments)):
            fields = {
                "annotationType": "other",
                "subject": self.iri(subject),
                "contentType": "text/plain",
                "statement": comment,
            }
            yield self.element("Annotation", f"{subject}-annotation-{number}", fields)


class Agents:
    """Suppliers, one element for all that they supply."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._agents: dict[Agent, str] = {}

    def id_of(self, who: Agent) -> str:
        """The name of the element for ``who``."""
        local = self._agents.get(who)
        if local is None:
            key = f"{who.kind.value}\n{who.name}\n{who.email}"
            local = self._agents[who] = f"Agent-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
        return self._graph.iri(local)

    def elements(self) -> Iterator[Element]:
        """An element for each agent that was asked for."""
        for who, local in self._agents.items():
            mail = {"type": "ExternalIdentifier", "externalIdentifierType": "email", "identifier": who.email}
            fields = {"name": who.name, "externalIdentifier": [mail] if who.email else []}
            yield self._graph.element(who.kind.value, local, fields)


class Licenses:
    """License expressions, one element for all packages that have the same."""

    def __init__(self, graph: Graph, customs: Iterable[CustomLicense]) -> None:
        self._graph = graph
        self._customs = customs
        self._expressions: dict[str, str] = {"CC0-1.0": _local_id("CC0-1.0")}

    def id_of(self, expression: str) -> str:
        """The name of the element for ``expression``; that for no assertion when it is empty."""
        if not expression:
            return _NO_LICENSE
        return self._graph.iri(self._expressions.setdefault(expression, _local_id(expression)))

    def elements(self) -> Iterator[Element]:
        """An element for each expression that was asked for and for each text of a license not on the SPDX list."""
        version = license_list_version()
        for expression, local in self._expressions.items():
            fields = {
                "simplelicensing_licenseExpression": expression,
                "simplelicensing_licenseListVersion": version,
                "simplelicensing_customIdToUri": [self._entry(ref) for ref in references_in(expression)],
            }
            yield self._graph.element("simplelicensing_LicenseExpression", local, fields)
        for each in self._customs:
            fields = {
                "name": each.name or each.id,
                "comment": each.comment,
                "simplelicensing_licenseText": each.text,
                "externalRef": [_see_also(link) for link in each.see_also],
            }
            yield self._graph.element("simplelicensing_SimpleLicensingText", each.id, fields)

    def _entry(self, ref: str) -> Element:
        return {"type": "DictionaryEntry", "key": ref, "value": self._graph.iri(ref)}


def _see_also(link: str) -> Element:
    return {"type": "ExternalRef", "externalRefType": "other", "locator": [link]}


def _local_id(expression: str) -> str:
    return f"License-{hashlib.sha256(expression.encode()).hexdigest()[:16]}"

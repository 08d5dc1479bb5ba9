"""What others think of our SPDX documents: JSON schemas, spdx-tools, the SPDX 3 bindings and SHACL shapes.

spdx-tools needs quadratic time in a few places; ``linear_spdx_tools`` replaces these by
index look-ups with the same answers. Nothing here uses the network.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest
from conftest import missing, shared
from license_expression import get_spdx_licensing
from spdx_tools.spdx.model import Document, File, Package
from spdx_tools.spdx.parser.json.json_parser import parse_from_file as parse_json
from spdx_tools.spdx.parser.tagvalue import parser as tag_value_parser
from spdx_tools.spdx.parser.tagvalue.tagvalue_parser import parse_from_file as parse_tag_value
from spdx_tools.spdx.validation import package_validator, spdx_id_validators
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

SHAPES = Path("org/spdx/spdx-v3jsonld-store/1.0.1/spdx-v3jsonld-store-1.0.1.jar")


def schema_faults(name: str, data: bytes) -> list[str]:
    """What the official JSON schema says against a document."""
    return [f"{fault.instance_path}: {fault.message}" for fault in _schema(name).iter_errors(json.loads(data))]


@cache
def _schema(name: str) -> jsonschema_rs.Validator:
    schema = json.loads(shared(f"licenses/schemas/{name}").read_bytes())
    return jsonschema_rs.validator_for(schema, validate_formats=True, registry=jsonschema_rs.Registry([]))


def read_back(data: bytes, folder: Path, *, tag_value: bool = False) -> Document:
    """The document as spdx-tools reads it."""
    path = folder / ("document.spdx" if tag_value else "document.spdx.json")
    path.write_bytes(data)
    return (parse_tag_value if tag_value else parse_json)(str(path))


def validator_messages(document: Document) -> list[str]:
    """What the official SPDX 2.3 validator says against a document."""
    return [fault.validation_message for fault in validate_full_spdx_document(document)]


def unordered(document: Document) -> dict[str, list[str]]:
    """The content of a document where order means nothing."""
    lists = ("packages", "relationships", "annotations", "extracted_licensing_info", "files", "snippets")
    content = {name: sorted(map(repr, getattr(document, name))) for name in lists}
    making = document.creation_info
    facts = {key: value for key, value in vars(making).items() if "license_list_version" not in key}
    content["creation_info"] = [repr(facts), str(making.license_list_version)]
    return content


def linear_spdx_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace what is quadratic in spdx-tools; fails when a replaced function is gone."""
    indexes: dict[tuple[int, str], tuple[object, dict]] = {}

    def indexed(owner: object, name: str, make: Callable[[], dict]) -> dict:
        if (id(owner), name) not in indexes:
            indexes[id(owner), name] = (owner, make())  # the owner stays alive, so its id stays its own
        return indexes[id(owner), name][1]

    def kinds(document: Document) -> dict[str, type]:
        def make() -> dict:
            packages = {each.spdx_id: Package for each in document.packages}
            return packages | {each.spdx_id: File for each in document.files}

        return indexed(document, "kinds", make)

    def index(relationships: list, attribute: str) -> dict:
        def make() -> dict:
            found = defaultdict(list)
            for each in relationships:
                found[each.relationship_type, getattr(each, attribute)].append(each)
            return found

        return indexed(relationships, attribute, make)

    monkeypatch.setattr(
        spdx_id_validators,
        "is_spdx_id_present_in_document",
        lambda spdx_id, document: spdx_id == document.creation_info.spdx_id or spdx_id in kinds(document),
    )
    monkeypatch.setattr(
        package_validator,
        "get_element_type_from_spdx_id",
        lambda spdx_id, document: kinds(document).get(spdx_id),
    )
    monkeypatch.setattr(
        package_validator,
        "filter_by_type_and_origin",
        lambda relationships, kind, origin: index(relationships, "spdx_element_id").get((kind, origin), []),
    )
    monkeypatch.setattr(
        package_validator,
        "filter_by_type_and_target",
        lambda relationships, kind, target: index(relationships, "related_spdx_element_id").get((kind, target), []),
    )
    monkeypatch.setattr(tag_value_parser, "get_spdx_licensing", cache(get_spdx_licensing))


def spdx3_objects(data: bytes):
    """The objects of an SPDX 3.0.1 document, every property checked, and the names that resolve to nothing."""
    from spdx_python_model import v3_0_1

    objects = v3_0_1.SHACLObjectSet()
    v3_0_1.JSONLDDeserializer().read(io.BytesIO(data), objects)
    unresolved = objects.link()
    v3_0_1.JSONLDSerializer().write(objects, io.BytesIO())  # checks that nothing mandatory is absent
    return objects, unresolved


def shacl_report(data: bytes) -> str:
    """What the official SHACL shapes say against an SPDX 3.0.1 document; "" when it conforms."""
    import pyshacl
    import rdflib

    context, shapes = _shapes()
    graph = rdflib.Graph()
    document = json.loads(data) | {"@context": context}
    graph.parse(data=json.dumps(document), format="json-ld")
    conforms, _, report = pyshacl.validate(graph, shacl_graph=shapes, ont_graph=shapes, inference="none")
    return "" if conforms else str(report)


@cache
def _shapes():
    """The JSON-LD context and the shapes of SPDX 3.0.1, from the package of the SPDX project that carries them."""
    import rdflib

    repositories = (os.environ.get("MAVEN_REPO_LOCAL"), Path.home() / ".m2" / "repository")
    jars = [Path(repository) / SHAPES for repository in repositories if repository]
    jar = next((each for each in jars if each.exists()), None)
    if jar is None:
        missing("no SPDX 3 shapes: mvn dependency:get -Dartifact=org.spdx:spdx-v3jsonld-store:1.0.1 -Dtransitive=false")
    with zipfile.ZipFile(jar) as archive:
        context = json.loads(archive.read("resources/spdx-context-v3.0.1.jsonld"))["@context"]
        shapes = rdflib.Graph()
        shapes.parse(data=archive.read("resources/spdx-model-v3.0.1.jsonld"), format="json-ld")
    return context, shapes

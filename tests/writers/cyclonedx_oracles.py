"""What judges a CycloneDX document: the official schemas, the official library, and its own references."""

from __future__ import annotations

import io
import json
from collections import Counter
from functools import cache
from pathlib import Path

from boms import CREATED
from cyclonedx.schema import SchemaVersion
from cyclonedx.schema import _res as schemas

from sbomctl.model import Bom
from sbomctl.writers import WRITERS, WriteContext

VERSIONS = ("1.7", "1.6")


def write(bom: Bom, format_name: str, version: str = "1.7") -> bytes:
    writer = next(each for each in WRITERS if each.format == format_name)
    out = io.BytesIO()
    writer.write(bom, out, WriteContext(version, CREATED, "0.1.0"))
    return out.getvalue()


def written(bom: Bom, version: str = "1.7") -> dict:
    return json.loads(write(bom, "cyclonedx-json", version))


def components(bom: Bom, version: str = "1.7") -> dict[str, dict]:
    """The written components by bom-ref."""
    return {each["bom-ref"]: each for each in written(bom, version)["components"]}


def properties(node: dict, name: str) -> list[str]:
    return [each["value"] for each in node.get("properties", ()) if each["name"] == f"sbomctl:{name}"]


@cache
def json_validator(path: str):
    import jsonschema_rs

    def refuse(uri: str):
        raise AssertionError(f"the schema asks for {uri} over the network")

    paths = map(Path, (schemas.SPDX_JSON, schemas.JSF, schemas.CRYPTOGRAPHY_DEFS))
    parts = [(f"http://cyclonedx.org/schema/{each.name}", json.loads(each.read_bytes())) for each in paths]
    registry = jsonschema_rs.Registry(parts, retriever=refuse)
    return jsonschema_rs.validator_for(
        json.loads(Path(path).read_bytes()), registry=registry, retriever=refuse, validate_formats=True
    )


def json_faults(data: bytes, version: str, path: str = "") -> list[str]:
    validator = json_validator(path or schemas.BOM_JSON_STRICT[SchemaVersion.from_version(version)])
    return [f"{error.instance_path}: {error.message[:300]}" for error in validator.iter_errors(json.loads(data))]


@cache
def xml_validator(version: str):
    from lxml import etree

    class Local(etree.Resolver):
        def resolve(self, url, public_id, context):
            assert url.endswith("spdx.xsd") or "/schema/_res/" in url, url
            return self.resolve_filename(schemas.SPDX_XML if url.endswith("spdx.xsd") else url, context)

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Local())
    return etree.XMLSchema(etree.parse(schemas.BOM_XML[SchemaVersion.from_version(version)], parser))


def xml_tree(data: bytes):
    from lxml import etree

    return etree.fromstring(data, etree.XMLParser(no_network=True, resolve_entities=False, huge_tree=True))


def xml_faults(data: bytes, version: str) -> list[str]:
    validator = xml_validator(version)
    validator.validate(xml_tree(data))
    return [str(error) for error in validator.error_log]


def reference_faults(document: dict) -> list[str]:
    """bom-refs that are not unique, and references to none."""
    refs = Counter(_bom_refs(document))
    targets = [target for each in document["dependencies"] for target in (each["ref"], *each["dependsOn"])]
    for each in document["compositions"]:
        targets += [*each["assemblies"], *each["dependencies"]]
    for each in document.get("annotations", ()):
        targets += each["subjects"]
    for each in document["components"]:
        identity = each.get("evidence", {}).get("identity", [])
        for one in identity if isinstance(identity, list) else [identity]:
            targets += one.get("tools", ())
    faults = [f"{ref} is there {count} times" for ref, count in refs.items() if count > 1]
    faults += [f"{target} does not exist" for target in set(targets) if target not in refs]
    entries = Counter(each["ref"] for each in document["dependencies"])
    expected = {document["metadata"]["component"]["bom-ref"], *(each["bom-ref"] for each in document["components"])}
    if set(entries) != expected or max(entries.values()) > 1:
        faults.append("dependencies do not list each component once")
    return faults


def _bom_refs(node: object):
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, dict):
            if "bom-ref" in each:
                yield each["bom-ref"]
            stack.extend(each.values())
        elif isinstance(each, list):
            stack.extend(each)

"""What a CycloneDX document says: places, states, structure, sources, gaps."""

from __future__ import annotations

import pytest
from boms import HOSTILE, component, digest, empty_bom, hostile_bom, image_facts, imageless_bom, rich_bom
from cyclonedx_oracles import components, properties, reference_faults, write, written, xml_tree

from sbomctl.model import (
    PRODUCT_ID,
    Bom,
    CodeCoverage,
    ComponentType,
    Content,
    Layer,
    Location,
    Occurrence,
    OsRelease,
    Problem,
    Product,
    Relationship,
    RelationshipType,
    Role,
    SourceRef,
    State,
    Supplier,
    Tool,
    UnownedFile,
)

BASE, APP = image_facts("os", "one", "two", "three"), image_facts("app", "one", "four", "five")


def at(image: str, layer: int, state: State = State.VISIBLE, since: int = 0, hidden: int | None = None) -> Occurrence:
    return Occurrence(Location(image, layer, "var/lib/dpkg/status", 7), state, since, hidden, found_by=("dpkg",))


def bom_of(*packages, images=(APP, BASE), **facts) -> Bom:
    return Bom(Product("p"), images=images, components=packages, **facts)


def named(bom: Bom, name: str) -> dict:
    return next(each for each in components(bom).values() if each["name"] == name)


def edges(bom: Bom) -> dict[str, list[str]]:
    return {each["ref"]: each["dependsOn"] for each in written(bom)["dependencies"]}


def aggregates(bom: Bom) -> dict[str, str]:
    return {ref: each["aggregate"] for each in written(bom)["compositions"] for ref in each["assemblies"]}


def test_a_deleted_package_names_both_layers():
    node = named(rich_bom(), "curl")
    assert properties(node, "state") == ["deleted"]
    assert properties(node, "introducedIn") == [digest("RUN apt-get install curl")]
    assert properties(node, "hiddenIn") == [digest("RUN apt-get purge -y curl")]
    assert properties(node, "image") == ["dashboard"]


def test_states_are_told_apart_per_image():
    package = component("x", occurrences=(at("app", 1, State.SHADOWED, 1, 2), at("os", 0)))
    node = named(bom_of(package), "x")
    assert properties(node, "state") == ["visible", "shadowed"]
    assert properties(node, "hiddenIn") == [digest("five")]
    rows = [[properties(node, f"occurrence:{n}:{key}") for key in ("image", "state", "hiddenIn")] for n in (0, 1)]
    assert rows == [[["app"], ["shadowed"], [digest("five")]], [["os"], ["visible"], []]]
    assert [each["line"] for each in node["evidence"]["occurrences"]] == [7, 7]
    assert "image app, layer 1" in node["evidence"]["occurrences"][0]["additionalContext"]


def test_a_layer_without_diff_id_is_still_named():
    bare = image_facts("bare")
    package = component("x", occurrences=(at("bare", 0, State.DELETED, 0, 3),))
    node = named(bom_of(package, images=(bare,)), "x")
    assert properties(node, "introducedIn") == ["layer 0"]
    assert properties(node, "hiddenIn") == ["layer 3"]


def test_the_same_package_in_two_images_is_one_component_below_both():
    package = component("x", occurrences=(at("app", 0), at("os", 0)))
    bom = bom_of(package)
    found = edges(bom)
    assert found[PRODUCT_ID] == sorted([BASE.id, APP.id])
    assert package.id in found[BASE.id]
    assert package.id in found[APP.id]
    assert found[package.id] == []


def test_found_by_is_evidence():
    node = named(rich_bom(), "zlib1g")
    (identity,) = node["evidence"]["identity"]
    assert identity["field"] == "purl"
    assert "dpkg: os layer 0 var/lib/dpkg/status:40" in [each["value"] for each in identity["methods"]]
    assert identity["tools"] == ["tool:dpkg@1", "tool:syft@1.18.1"]


def test_source_packages_are_excluded_and_reached_from_their_binaries():
    bom = rich_bom()
    source, binary = named(bom, "zlib"), named(bom, "zlib1g")
    assert source["scope"] == "excluded"
    assert properties(source, "kind") == ["source-package"]
    assert properties(binary, "generatedFrom") == [source["bom-ref"]]
    assert source["bom-ref"] in edges(bom)[binary["bom-ref"]]
    assert "scope" not in binary
    assert not any(source["bom-ref"] in edges(bom)[facts.id] for facts in bom.images)


def test_an_image_does_not_contain_the_image_it_stands_on():
    bom = rich_bom()
    app, base = bom.images
    assert base.id not in edges(bom)[app.id]
    assert properties(named(bom, "dashboard"), "descendantOf") == [base.id]


def test_images_tell_their_layers():
    node = named(rich_bom(), "dashboard")
    assert node["type"] == "container"
    assert named(rich_bom(), "os")["type"] == "firmware"
    assert properties(node, "layer:1:diffId") == [digest("RUN apt-get install curl")]
    assert properties(node, "layer:1:createdBy") == ["RUN apt-get install curl"]


def test_the_target_of_an_image_stays_out():
    assert b"oci-archive:" not in write(rich_bom(), "cyclonedx-json")


def test_the_first_operating_system_is_that_of_the_base_os():
    other = type(APP)(id="i-0", image=type(APP.image)(**_fields(APP.image, os=OsRelease("alpine", "3.20"))))
    base = type(BASE)(id="i-1", image=type(BASE.image)(**_fields(BASE.image, role=Role.BASE_OS)))
    kinds = [(each["type"], each["name"]) for each in components(bom_of(images=(other, base))).values()]
    assert kinds == [
        ("operating-system", "debian"),
        ("operating-system", "alpine"),
        ("container", "app"),
        ("firmware", "os"),
    ]


def test_the_operating_system_is_one_component_of_both_images():
    bom = rich_bom()
    node = named(bom, "debian")
    assert (node["type"], node["version"]) == ("operating-system", "12")
    assert all(node["bom-ref"] in edges(bom)[facts.id] for facts in bom.images)


def test_an_operating_system_that_a_cataloger_found_is_not_repeated():
    found = component("debian", "12", type=ComponentType.OPERATING_SYSTEM, purl="", occurrences=(at("os", 0),))
    nodes = [each for each in components(bom_of(found)).values() if each["name"] == "debian"]
    holders = [[ref for ref, below in edges(bom_of(found)).items() if each["bom-ref"] in below] for each in nodes]
    assert sorted(holders) == sorted([[APP.id], [BASE.id]])


def test_unowned_files_are_components():
    bom = rich_bom()
    node = named(bom, "opt/acme/libsecret.so")
    assert node["type"] == "file"
    assert node["hashes"] == [{"alg": "SHA-256", "content": bom.images[1].unowned[0].sha256}]
    assert properties(node, "unowned") == ["true"]
    assert node["bom-ref"] in edges(bom)[bom.images[1].id]
    assert aggregates(bom)[node["bom-ref"]] == "unknown"


def test_a_hidden_unowned_file_says_where_it_is_and_which_layer_hides_it():
    node = named(rich_bom(), "tmp/install.sh")
    assert properties(node, "image") == ["dashboard"]
    assert properties(node, "state") == ["hidden"]
    assert properties(node, "introducedIn") == [digest("RUN apt-get install curl")]
    assert properties(node, "hiddenIn") == [digest("RUN apt-get purge -y curl")]


def test_our_catalogers_do_not_pass_for_the_programs_whose_databases_they_read():
    package = component("x", occurrences=(at("os", 0),))
    bom = bom_of(package, tools=(Tool("dpkg", "1", "sbomctl"), Tool("syft", "1.18.1")))
    tools = written(bom)["metadata"]["tools"]["components"]
    assert [each["name"] for each in tools] == ["sbomctl-dpkg-cataloger", "sbomctl", "syft"]
    assert named(bom, "x")["evidence"]["identity"][0]["tools"] == ["tool:sbomctl-dpkg-cataloger@1"]


def test_one_unowned_file_in_two_images_is_one_component():
    file = UnownedFile("opt/x", 0, Content.ELF, 3, "ab" * 32)
    unread = UnownedFile("opt/y", 0, Content.ELF, 3)
    images = [image_facts(name, "one", unowned=(file, unread)) for name in ("a", "b")]
    bom = bom_of(images=tuple(images))
    names = [each["name"] for each in components(bom).values() if each["type"] == "file"]
    assert sorted(names) == ["opt/x", "opt/y", "opt/y"]
    assert len(named(bom, "opt/x")["evidence"]["occurrences"]) == 2
    assert reference_faults(written(bom)) == []


def test_problems_make_their_image_and_the_product_incomplete():
    bom = rich_bom()
    app, base = bom.images
    assert aggregates(bom)[app.id] == aggregates(bom)[PRODUCT_ID] == "incomplete"
    assert aggregates(bom)[base.id] == "complete"
    texts = [each["text"] for each in written(bom)["annotations"] if each["subjects"] == [app.id]]
    assert len(texts) == 2
    assert any("record without a version" in each and "var/lib/dpkg/status:99" in each for each in texts)
    assert {"name": "sbomctl:complete", "value": "false"} in written(bom)["metadata"]["properties"]


def test_a_problem_of_no_image_leaves_no_image_complete():
    problem = Problem(Location("", -1, "product.yaml"), "engine", "compose service has no image")
    bom = bom_of(component("x", occurrences=(at("app", 0), at("os", 0))), problems=(problem,))
    assert {aggregates(bom)[facts.id] for facts in bom.images} == {"unknown"}
    assert written(bom)["annotations"][0]["subjects"] == [PRODUCT_ID]


def test_an_unread_layer_makes_its_image_incomplete():
    lost = image_facts("lost")
    lost = type(lost)(id=lost.id, image=type(lost.image)(**_fields(lost.image, layers=(Layer(0, missing="foreign"),))))
    package = component("x", occurrences=(at("lost", 0),))
    assert aggregates(bom_of(package, images=(lost,)))[lost.id] == "incomplete"


def _fields(struct, **changes) -> dict:
    return {name: getattr(struct, name) for name in struct.__struct_fields__} | changes


def test_an_image_without_packages_is_not_called_complete():
    bom = imageless_bom()
    assert aggregates(bom)[bom.images[0].id] == "unknown"


def test_complete_is_said_when_it_is():
    bom = bom_of(component("x", occurrences=(at("app", 0), at("os", 0))))
    assert set(aggregates(bom).values()) == {"complete"}
    assert "annotations" not in written(bom)


def test_the_empty_product_is_a_document():
    document = written(empty_bom())
    assert document["components"] == []
    assert document["dependencies"] == [{"ref": PRODUCT_ID, "dependsOn": []}]


def test_a_relationship_to_nothing_is_reported_not_written():
    package = component("x", occurrences=(at("os", 0),))
    bom = bom_of(package, relationships=(Relationship(package.id, RelationshipType.DEPENDS_ON, "c-gone"),))
    assert reference_faults(written(bom)) == []
    assert aggregates(bom)[PRODUCT_ID] == "incomplete"
    assert "1 relationships" in written(bom)["annotations"][0]["text"]


def test_the_product_and_its_makers():
    metadata = written(rich_bom())["metadata"]
    assert metadata["component"]["type"] == "firmware"
    assert metadata["supplier"] == {
        "name": "ACME Devices GmbH",
        "url": ["https://acme.example"],
        "contact": [{"email": "oss@acme.example"}],
    }
    assert metadata["lifecycles"] == [{"phase": "post-build"}]
    assert metadata["timestamp"] == "2026-11-20T12:34:56Z"
    assert [each["name"] for each in metadata["tools"]["components"]] == ["dpkg", "sbomctl", "syft"]


def test_a_supplier_that_the_schema_refuses_is_kept_in_properties():
    bom = Bom(Product("p", supplier=Supplier("ACME", "acme dot example", "nobody", "Street 1\nTown")))
    node = written(bom)["metadata"]["component"]
    assert node["supplier"] == {"name": "ACME", "address": {"streetAddress": "Street 1\nTown"}}
    assert properties(node, "supplier:url") == ["acme dot example"]
    assert properties(node, "supplier:email") == ["nobody"]


@pytest.mark.parametrize(
    ("text", "name", "email"),
    [
        ("Mark Brown <broonie@debian.org>", "Mark Brown", "broonie@debian.org"),
        ("ACME (Devices)", "ACME (Devices)", None),
        ("Odd <not a mailbox>", "Odd <not a mailbox>", None),
        ("<a@b.example>", "<a@b.example>", None),
        ("A <a..b@c.example>", "A <a..b@c.example>", None),
    ],
)
def test_supplier_of_a_package(text, name, email):
    node = named(bom_of(component("x", supplier=text)), "x")
    assert node["supplier"]["name"] == name
    assert [each["email"] for each in node["supplier"].get("contact", ())] == ([email] if email else [])


def test_a_cpe_and_a_repository_have_fields_of_their_own():
    node = named(rich_bom(), "zlib1g")
    assert node["cpe"] == "cpe:/a:zlib:zlib"
    assert {"type": "vcs", "url": "git+https://github.com/madler/zlib.git"} in node["externalReferences"]
    odd = named(bom_of(component("x", cpe="no cpe")), "x")
    assert ("cpe" in odd, properties(odd, "cpe")) == (False, ["no cpe"])


def test_only_urls_are_references_and_the_rest_is_kept():
    package = component(
        "x",
        homepage="not a uri",
        download_url="git+https://example.org/x.git",
        source=SourceRef("x", "1", "pkg:generic/x@1", "https://example.org/x.tar.gz", "sha256:" + "ab" * 32),
        built_using=(SourceRef("y", digest="sha512:" + "cd" * 64, relation="built-using"),),
    )
    node = named(bom_of(package), "x")
    assert [(each["type"], each["url"]) for each in node["externalReferences"]] == [
        ("source-distribution", "https://example.org/x.tar.gz"),
        ("vcs", "git+https://example.org/x.git"),
    ]
    assert node["externalReferences"][0]["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert properties(node, "reference:website") == ["not a uri"]
    assert properties(node, "reference:source-distribution:digest") == ["sha512:" + "cd" * 64]
    assert properties(node, "source:built-using") == ["y"]


def test_a_version_longer_than_the_schema_allows_is_kept_whole():
    node = named(bom_of(component("x", "9" * 2000, purl="pkg:generic/x")), "x")
    assert node["version"] == "9" * 1024
    assert properties(node, "version") == ["9" * 2000]


def test_a_purl_that_is_none_is_kept_apart():
    node = named(bom_of(component("x", purl="pkg:deb/x y")), "x")
    assert "purl" not in node
    assert properties(node, "purl") == ["pkg:deb/x y"]


def test_hostile_text_survives_json():
    names = {each["name"] for each in components(hostile_bom()).values()}
    assert set(HOSTILE) <= names


def test_hostile_text_survives_xml_but_for_what_xml_cannot_hold():
    texts = {each.text for each in xml_tree(write(hostile_bom(), "cyclonedx-xml")).iter() if each.text}
    pictures = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"}
    assert {text.translate(pictures) for text in HOSTILE} <= texts
    assert "bell␇ escape␛[31m nul␀" in texts


@pytest.mark.parametrize("text", ["a\ud800b", "a\ufffeb", "a\uffffb"])
def test_what_is_no_character_is_replaced_in_xml(text):
    from sbomctl.writers._cyclonedx_xml import _text

    assert _text("x", text) == ["<x>a\ufffdb</x>"]
    assert "]]&gt;" in _text("x", "]]>")[0]


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_what_evidence_identified_states_its_confidence(version):
    """A record is taken at its word; a component found in several ways has a method for each."""
    places = (
        Occurrence(Location("os", -1, "license.manifest", 3), found_by=("manifest:yocto-licenses",), confidence=0.7),
        Occurrence(Location("app", 0, "bin/busybox"), found_by=("binaries",), confidence=0.98),
        Occurrence(Location("os", 0, "lib/apk/db/installed", 7), found_by=("apk",)),
    )
    bom = bom_of(component("busybox", "1.36.1", occurrences=places))
    [node] = [one for one in components(bom, version).values() if one["name"] == "busybox"]
    identity = node["evidence"]["identity"]
    methods = (identity if version == "1.6" else identity[0])["methods"]
    assert [(one["technique"], one["confidence"]) for one in methods] == [
        ("manifest-analysis", 1.0),
        ("binary-analysis", 0.98),
        ("manifest-analysis", 0.7),
    ]
    assert properties(node, "confidence") == ["0.7", "0.98"]
    assert properties(node, "occurrence:1:confidence") == ["0.98"]


def test_an_image_says_how_much_evidence_identified_and_a_file_what_marks_it():
    coverage = CodeCoverage(9, 1000, 1, 10, identified_files=2, identified_bytes=300)
    file = UnownedFile("opt/libx.so", 0, Content.ELF, 10, build_id="abcd", soname="libx.so.1")
    bom = bom_of(images=(image_facts("app", "one", coverage=coverage, unowned=(file,)),))
    assert properties(named(bom, "app"), "coverage:identifiedBytes") == ["300"]
    node = named(bom, "opt/libx.so")
    assert (properties(node, "buildId"), properties(node, "soname")) == (["abcd"], ["libx.so.1"])

"""Merging is commutative, associative and idempotent, and loses nothing."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.bom import build, merge, visible_only
from sbomctl.bom.identity import component_id, purl_key
from sbomctl.model import (
    PRODUCT_ID,
    Bom,
    Component,
    ComponentType,
    CopyrightStatement,
    Image,
    ImageSpec,
    Inventory,
    Layer,
    LicenseFinding,
    Location,
    Package,
    Problem,
    Product,
    RelationshipType,
    Role,
    SourceRef,
    State,
)

PRODUCT = Product(name="gateway", version="1")


def inventory(name: str, packages: list[Package], diff_ids: tuple[str, ...] = ("sha256:1",), **more) -> Inventory:
    layers = tuple(Layer(index=i, diff_id=one) for i, one in enumerate(diff_ids))
    image = Image(id=f"sha256:{name}", name=name, role=Role.CONTAINER, target=name, layers=layers)
    return Inventory(image=image, packages=tuple(packages), **more)


def package(name: str, version: str = "1", image: str = "a", raw: str = "", **more) -> Package:
    where = Location(image, 0, "var/lib/dpkg/status", 1)
    findings = (LicenseFinding(raw=raw, location=where, found_by="dpkg"),) if raw else ()
    purl = more.pop("purl", f"pkg:deb/debian/{name}@{version}?arch=arm64")
    return Package(name, version, purl, where, "dpkg", "arm64", licenses=findings, introduced_in=0, **more)


names = st.sampled_from("abc")
distros = st.sampled_from(["", "&distro=debian-11", "&distro=debian-12", "&distro=debian-12&upstream=z"])
statements = st.builds(CopyrightStatement, st.sampled_from(["1999 A", "2001 B"]), st.just(Location("a", 0, "c", 1)))
packages = st.builds(
    lambda name, version, distro, **more: package(
        name, version, purl=f"pkg:deb/debian/{name}@{version}?arch=arm64{distro}", **more
    ),
    names,
    st.sampled_from(["1", "2"]),
    distros,
    raw=st.sampled_from(["", "MIT", "GPL-2+"]),
    declared=st.sampled_from(["", "MIT", "ISC AND MIT", "GPL-2.0-only OR MIT"]),
    detected=st.sampled_from(["", "MIT", "GPL-2.0-only"]),
    copyrights=st.lists(statements, max_size=2).map(tuple),
    supplier=st.sampled_from(["", "X", "Y"]),
    state=st.sampled_from(State),
    depends_on=st.lists(names, max_size=2).map(tuple),
    source=st.sampled_from([None, SourceRef("s", "1"), SourceRef("s", "2")]),
    code_sha256=st.sampled_from(["", "1" * 64, "2" * 64]),
)


@st.composite
def boms(draw) -> Bom:
    name = draw(st.sampled_from(["os", "web", "db"]))
    found = [msgspec.structs.replace(one, location=Location(name, 0, "status", i + 1),
             licenses=tuple(msgspec.structs.replace(f, location=Location(name, 0, "c", i)) for f in one.licenses))
             for i, one in enumerate(draw(st.lists(packages, max_size=4)))]  # fmt: skip
    layers = draw(st.sampled_from([("sha256:1",), ("sha256:1", "sha256:2"), ("sha256:3",)]))
    return build(inventory(name, found, layers), PRODUCT)


def test_a_source_package_has_the_supplier_that_its_packages_agree_on():
    def source(*built: Package) -> Component:
        bom = build(inventory("a", list(built)), PRODUCT)
        return next(one for one in bom.components if one.type is ComponentType.SOURCE)

    ref = SourceRef("zlib", "1")
    one = package("zlib1g", source=ref, supplier="Mark", homepage="https://zlib.net")
    silent = package("minizip", source=ref)
    other = package("zlib1g-dev", source=ref, supplier="Jane", homepage="https://zlib.net")
    inside = package("busybox", built_using=(ref,), supplier="Debian")
    assert (source(one, silent, inside).supplier, source(one, silent).homepage) == ("Mark", "https://zlib.net")
    assert (source(one, other).supplier, source(one, other).homepage) == ("", "https://zlib.net")
    assert source(inside).supplier == ""


def test_a_bom_does_not_say_where_on_the_machine_its_inputs_lay():
    spec = ImageSpec("a", Role.BASE_OS, "/build/jane/build/a.tar")
    product = Product("gateway", images=(spec,), policy="/build/jane/policies/strict.yaml", waivers="../w.yaml")
    merged = merge([build(inventory("a", [package("zlib")]), product)], product)
    assert merged.product.images == (ImageSpec("a", Role.BASE_OS, "a"),)  # as the inventory's image has it
    assert (merged.product.policy, merged.product.waivers) == ("strict.yaml", "w.yaml")
    assert b"jane" not in msgspec.json.encode(merged)


@given(boms(), boms())
def test_merge_is_commutative(a, b):
    assert merge([a, b], PRODUCT) == merge([b, a], PRODUCT)


@given(boms(), boms(), boms())
def test_merge_is_associative(a, b, c):
    assert merge([merge([a, b], PRODUCT), c], PRODUCT) == merge([a, merge([b, c], PRODUCT)], PRODUCT)
    assert merge([a, b, c], PRODUCT) == merge([merge([a, b], PRODUCT), c], PRODUCT)


@given(boms(), boms())
def test_merge_is_idempotent(a, b):
    once = merge([a, b], PRODUCT)
    assert merge([once, once], PRODUCT) == once
    assert merge([once, a], PRODUCT) == once


@given(boms(), boms())
def test_nothing_is_lost(a, b):
    both = merge([a, b], PRODUCT)
    for one in (a, b):
        for component in one.components:
            [united] = [c for c in both.components if c.id == component.id]
            assert set(component.occurrences) <= set(united.occurrences)
            assert set(component.licenses.raw) <= set(united.licenses.raw)


def test_the_same_package_in_two_images_is_one_component():
    parts = [build(inventory(n, [package("zlib", image=n)]), PRODUCT) for n in ("a", "b")]
    [component] = merge(parts, PRODUCT).components
    assert [place.location.image for place in component.occurrences] == ["a", "b"]


def test_a_package_of_two_distributions_is_said_to_be_from_neither():
    def bom(image: str, tail: str) -> Bom:
        found = package("zlib", image=image, purl=f"pkg:deb/debian/zlib@1?arch=arm64{tail}#lib")
        return build(inventory(image, [found]), PRODUCT)

    def purl(*parts: Bom) -> str:
        [component] = merge(parts, PRODUCT).components
        return component.purl

    a, b = bom("a", "&distro=debian-11&upstream=z"), bom("b", "&distro=debian-12&upstream=z")
    assert purl(a) == "pkg:deb/debian/zlib@1?arch=arm64&distro=debian-11&upstream=z#lib"
    assert purl(a, b) == purl(merge([a, b], PRODUCT), b) == "pkg:deb/debian/zlib@1?arch=arm64&upstream=z#lib"
    assert purl(a, bom("c", "")) == "pkg:deb/debian/zlib@1?arch=arm64#lib"


def test_copies_at_several_places_are_occurrences_of_one_component():
    def copy(root: str) -> Package:
        return Package("x", "1", "pkg:npm/x@1", Location("a", 0, f"{root}/package.json", 1), "npm", root=root)

    roots = [f"srv{n}/node_modules/x" for n in range(5)]
    [component] = build(inventory("a", [copy(root) for root in roots]), PRODUCT).components
    assert [place.root for place in component.occurrences] == roots


def test_packages_without_purl_are_told_apart_by_place():
    def blob(path: str, version: str = "1") -> Package:
        return Package("x", version, "", Location("a", 0, path), "manifest")

    made = build(inventory("a", [blob("p"), blob("q"), blob("q", "2")]), PRODUCT)
    assert len({component.id for component in made.components}) == 3


def test_findings_that_belong_to_no_package_stay_with_the_image():
    finding = LicenseFinding("GPL-2", Location("a", 0, "opt/x", 3), "text")
    assert build(inventory("a", [], licenses=(finding,)), PRODUCT).images[0].licenses == (finding,)


def test_images_of_one_name_are_a_problem():
    a = build(inventory("a", []), PRODUCT)
    facts = msgspec.structs.replace(a.images[0], id="i-2", image=msgspec.structs.replace(a.images[0].image, id="x"))
    both = merge([a, msgspec.structs.replace(a, images=(facts,))], PRODUCT)
    [problem] = both.problems
    assert "several images have this name: sha256:a, x" in problem.reason
    assert merge([both, a], PRODUCT) == both


def test_a_product_without_all_its_images_is_incomplete():
    specs = tuple(ImageSpec(name, Role.CONTAINER, name) for name in ("a", "b"))
    product = Product(name="gateway", images=specs)
    a, b = (build(inventory(name, []), product) for name in ("a", "b"))
    [problem] = merge([a], product).problems
    assert (problem.location.image, problem.found_by) == ("b", "merge")
    assert merge([merge([a], product), b], product).complete
    assert not merge([], PRODUCT).complete


def test_what_a_package_owns_is_in_its_occurrence():
    found = package("z", files=("b", "a", "b"), owns_directories=("d/e", "c"))
    [place] = build(inventory("a", [found]), PRODUCT).components[0].occurrences
    assert (place.files, place.owns_directories) == (("a", "b"), ("c", "d/e"))


def test_where_a_package_is_from_does_not_make_it_another_one():
    with_distro = "pkg:deb/debian/zlib@1?arch=arm64&distro=debian-12&upstream=z"
    assert purl_key(with_distro) == "pkg:deb/debian/zlib@1?arch=arm64"
    assert purl_key("pkg:rpm/x/y@1?arch=i386&epoch=1") == "pkg:rpm/x/y@1?arch=i386&epoch=1"
    assert purl_key("pkg:deb/debian/a@1?distro=debian-12") == "pkg:deb/debian/a@1"


def test_contradicting_facts_are_kept_and_said():
    parts = [build(inventory(n, [package("z", image=n, raw=raw, code_sha256=sha * 64)]), PRODUCT)
             for n, raw, sha in (("a", "MIT", "1"), ("b", "GPL-2+", "2"))]  # fmt: skip
    both = merge(parts, PRODUCT)
    assert both.components[0].licenses.raw == ("GPL-2+", "MIT")
    reasons = [problem.reason for problem in both.problems]
    assert sum("license is stated as" in reason for reason in reasons) == 2
    assert sum("digest" in reason for reason in reasons) == 2


def test_problems_of_images_stay():
    problem = Problem(Location("a", 0, "x"), "dpkg", "broken")
    both = merge([build(inventory("a", [], problems=(problem,)), PRODUCT), build(inventory("b", []), PRODUCT)], PRODUCT)
    assert both.problems == (problem,)
    assert not both.complete


def test_relationships_from_product_to_source():
    found = package(
        "libz1", source=SourceRef("zlib", "1:1"), built_using=(SourceRef("glibc", "2", relation="built-using"),)
    )
    made = merge([build(inventory("a", [found]), PRODUCT)], PRODUCT)
    by_type = {kind: [r for r in made.relationships if r.type is kind] for kind in RelationshipType}
    [image] = made.images
    assert (PRODUCT_ID, image.id) in [(r.source, r.target) for r in by_type[RelationshipType.CONTAINS]]
    sources = {c.id: c.name for c in made.components if c.type is ComponentType.SOURCE}
    assert sorted(sources[r.target] for r in by_type[RelationshipType.GENERATED_FROM]) == ["glibc", "zlib"]


def test_images_that_share_layers_say_so():
    stacks = {"base": ("1", "2"), "app": ("1", "2", "3"), "other": ("1", "9"), "alone": ("7",)}
    made = merge([build(inventory(n, [], s), PRODUCT) for n, s in stacks.items()], PRODUCT)
    facts = {one.image.name: one for one in made.images}
    assert {n: one.shared_layers for n, one in facts.items()} == {"base": 2, "app": 2, "other": 1, "alone": 0}
    assert facts["app"].shares_with == ("base",)
    [descent] = [r for r in made.relationships if r.type is RelationshipType.DESCENDANT_OF]
    assert (descent.source, descent.target) == (facts["app"].id, facts["base"].id)


def test_the_base_of_an_image_is_the_largest_other_one_whose_layers_are_all_below_it():
    stacks = {
        "a": ("1",),
        "b": ("1", "2"),
        "c": ("1", "2", "3"),
        "twin": ("1", "2", "3"),
        "x": ("1", ""),
        "y": ("1", ""),
    }
    made = merge([build(inventory(n, [], s), PRODUCT) for n, s in stacks.items()], PRODUCT)
    names = {facts.id: facts.image.name for facts in made.images}
    descents = [r for r in made.relationships if r.type is RelationshipType.DESCENDANT_OF]
    assert sorted((names[r.source], names[r.target]) for r in descents) == [
        ("b", "a"), ("c", "b"), ("twin", "b"), ("x", "a"), ("y", "a"),
    ]  # fmt: skip


def test_dependencies_are_resolved_inside_the_image():
    found = [
        package("app", depends_on=("mail-transport-agent|postfix", "libz1", "missing", "/bin/sh")),
        package("dash", files=("bin/sh",)),
        package("exim", provides=("mail-transport-agent",)),
        package("libz1"),
        package("postfix"),
        package("gone", state=State.DELETED, depends_on=("libz1",)),
    ]
    made = build(inventory("a", found), PRODUCT)
    names = {component.id: component.name for component in made.components}
    edges = [r for r in made.relationships if r.type is RelationshipType.DEPENDS_ON]
    assert sorted((names[r.source], names[r.target]) for r in edges) == [
        ("app", "dash"),
        ("app", "exim"),
        ("app", "libz1"),
    ]


def test_node_packages_load_the_nearest_copy():
    def node(root: str, version: str, *needs: str) -> Package:
        name = root.rpartition("node_modules/")[2]
        where = Location("a", 0, f"{root}/package.json", 1)
        return Package(name, version, f"pkg:npm/{name}@{version}", where, "npm", root=root, depends_on=needs)

    found = [
        node("srv/node_modules/a", "1", "b"),
        node("srv/node_modules/a/node_modules/b", "2"),
        node("srv/node_modules/b", "1"),
        node("srv/node_modules/c", "1", "b"),
        node("opt/node_modules/d", "1", "b"),
    ]
    made = build(inventory("a", found), PRODUCT)
    keys = {component_id(f"pkg:npm/{p.name}@{p.version}"): f"{p.name}{p.version}" for p in found}
    edges = [r for r in made.relationships if r.type is RelationshipType.DEPENDS_ON]
    assert sorted((keys[r.source], keys[r.target]) for r in edges) == [("a1", "b2"), ("c1", "b1")]


def test_scope_visible_leaves_out_what_is_hidden():
    found = [package("here", source=SourceRef("s1", "1")), package("gone", state=State.DELETED, source=SourceRef("s2"))]
    made = visible_only(merge([build(inventory("a", found), PRODUCT)], PRODUCT))
    assert [component.name for component in made.components] == ["s1", "here"]
    ends = {end for r in made.relationships for end in (r.source, r.target)}
    assert ends <= {component.id for component in made.components} | {made.images[0].id, PRODUCT_ID}


def test_scope_visible_leaves_out_that_an_image_holds_what_only_another_one_shows():
    here = build(inventory("a", [package("z", image="a")]), PRODUCT)
    gone = build(inventory("b", [package("z", image="b", state=State.DELETED)]), PRODUCT)
    made = visible_only(merge([here, gone], PRODUCT))
    [component] = made.components
    names = {facts.id: facts.image.name for facts in made.images}
    holders = [r.source for r in made.relationships if r.target == component.id]
    assert [names[one] for one in holders] == ["a"]
    assert len([r for r in made.relationships if r.source == PRODUCT_ID]) == 2


def test_a_capability_is_satisfied_by_the_same_architecture_first():
    def built(name: str, architecture: str, **more) -> Package:
        where = Location("a", 0, "db", 1)
        return Package(name, "1", f"pkg:rpm/{name}@1?arch={architecture}", where, "rpm", architecture, **more)

    found = [
        built("a", "i686", provides=("cap",)),
        built("b", "x86_64", provides=("cap",)),
        built("c", "x86_64", depends_on=("cap",)),
        built("d", "noarch", depends_on=("none|cap",)),
    ]
    made = build(inventory("a", found), PRODUCT)
    names = {component.id: component.name for component in made.components}
    edges = [r for r in made.relationships if r.type is RelationshipType.DEPENDS_ON]
    assert sorted((names[r.source], names[r.target]) for r in edges) == [("c", "b"), ("d", "a")]

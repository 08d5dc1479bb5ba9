"""What the keys of a product file for descriptions of other programs give."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sbomctl.config.asked import Asked
from sbomctl.config.described import KEYS, Given, described_specs
from sbomctl.config.product import load_product
from sbomctl.config.references import fault_of, normal
from sbomctl.descriptions import DESCRIPTIONS, read
from sbomctl.errors import ConfigError
from sbomctl.model import DescribedImage, ImageSpec, Role

SCHEMES = ("docker", "oci-archive", "rootfs", "dir")
DIGEST = "@sha256:" + "a" * 64


def load(folder: Path, text: str, schemes=SCHEMES):
    (folder / "product.yaml").write_text("product: {name: p}\n" + text, encoding="utf-8")
    return load_product(folder / "product.yaml", schemes, read)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    assert caught.value.exit_code == 2
    return [str(fault).removeprefix(f"{folder}/") for fault in caught.value.faults]


@pytest.fixture
def folder(tmp_path) -> Path:
    files = {
        "c.yml": "services:\n  a: {image: 'nginx:1.25'}\n  b: {image: 'docker.io/library/nginx:1.25', profiles: [x]}\n"
        "  c: {build: .}\n  d: {image: 'nginx:1.25', platform: linux/arm64}\n",
        "over.yml": "services: {a: {image: 'own/app:$T'}}",
        "m/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
        f"spec: {{containers: [{{name: a, image: 'x/y{DIGEST}'}}, {{name: z, image: 'nginx:1.25'}}]}}\n",
        "deployment.json": json.dumps(
            {"$edgeAgent": {"properties.desired": {"modules": {"m": {"settings": {"image": "m:$T"}}}}}}
        ),
        "state.json": json.dumps({"#spec": "pantavisor-service-system@1", "w/src.json": {"docker_name": "w"}}),
        "app.tar": "x",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def specs(product) -> dict[str, str]:
    return {spec.name: spec.target or spec.gap for spec in product.images}


def test_services_are_images_each_once(folder):
    product = load(folder, "compose: c.yml\nimages: [{name: os, role: base-os, target: 'dir:m'}]\n")
    assert product.images[1:] == (
        ImageSpec("a+b", Role.CONTAINER, "docker:nginx:1.25", "", ("c.yml:2:14 a", "c.yml:3:14 b (profile x)")),
        ImageSpec(
            "c", Role.CONTAINER, "", "", ("c.yml:4:6 c",),
            "c.yml:4:6: it is built here and has no image: name; build it, and say under targets where its image is",
        ),
        ImageSpec("d", Role.CONTAINER, "docker:nginx:1.25", "linux/arm64", ("c.yml:5:14 d",)),
    )  # fmt: skip
    assert product.descriptions == ("c.yml",)


def test_every_kind_has_its_key(folder):
    assert tuple(kind.key for kind in DESCRIPTIONS) == KEYS
    text = "compose: [c.yml, over.yml]\nkubernetes: m\niotedge: {files: deployment.json, variables: {T: 2}}\n"
    product = load(folder, text + "pantavisor: [state.json]\n")
    assert specs(product) == {
        "a": "own/app:$T",
        "b+z": "docker:docker.io/library/nginx:1.25",
        "c": product.images[2].gap,
        "d": "docker:nginx:1.25",
        "p.a": f"docker:x/y{DIGEST}",
        "m": "docker:m:2",
        "w": "docker:w",
    }
    assert product.images[0].gap.startswith("over.yml:1:23: the variable T is not set")
    assert product.descriptions == ("c.yml", "over.yml", "deployment.json", "state.json", "m")


@pytest.mark.parametrize("key", ["a", "nginx:1.25", "docker.io/library/nginx:1.25", "index.docker.io/nginx:1.25"])
def test_the_user_says_where_an_image_is(folder, key):
    product = load(folder, f"compose: c.yml\ntargets: {{'{key}': 'oci-archive:app.tar', c: app.tar}}\n")
    found = specs(product)
    assert found["a+b"] == f"oci-archive:{folder}/app.tar"
    assert found["c"] == f"{folder}/app.tar"
    assert not any(spec.gap for spec in product.images)


def test_options_of_compose(folder):
    text = "compose: {files: [c.yml, over.yml], profiles: [], variables: {T: 1.50}, env_files: e.env}\n"
    (folder / "e.env").write_text("T=7\n")
    assert specs(load(folder, text))["a"] == "docker:own/app:1.50"
    assert "b" not in str(specs(load(folder, text)).keys())
    assert specs(load(folder, text.replace("variables: {T: 1.50}, ", "")))["a"] == "docker:own/app:7"


def test_references_are_opened_as_the_user_says(folder):
    text = "kubernetes: m\nreferences: registry\n"
    assert faults(folder, text) == ["product.yaml:3:13: nothing here reads registry: images"]
    assert specs(load(folder, text, (*SCHEMES, "registry"))) == {
        "a": f"registry:x/y{DIGEST}",
        "z": "registry:nginx:1.25",
    }


def test_faults_are_told_at_once(folder):
    (folder / "bad.yml").write_text("services:\n  a: {image: x, image: y}\n  b: {extends: {service: gone}}\n")
    text = """\
compose: [bad.yml]
kubernetes: [gone, m]
iotedge: {file: x}
references: podman
targets: {nothing: app.tar, m: gone.tar}
"""
    assert faults(folder, text) == [
        f"product.yaml:3:14: no such file: {folder}/gone",
        "product.yaml:4:1: 'files' is missing in 'iotedge'",
        "product.yaml:4:11: unknown key 'file', did you mean 'files'?",
        "product.yaml:5:13: 'podman': expected one of docker, registry",
        "bad.yml:2:17: key 'image' is already given in line 2",
    ]
    assert faults(folder, "kubernetes: m\ntargets: {nothing: app.tar, a: gone.tar}\n") == [
        "product.yaml:3:11: no service, container or reference is called 'nothing'",
        f"product.yaml:3:32: no such file: {folder}/gone.tar",
    ]
    missing = "product.yaml:1:1: one of 'images', 'compose', 'kubernetes', 'iotedge', 'pantavisor' is missing"
    assert faults(folder, "") == [missing]


@pytest.mark.parametrize(
    "value", ["7", "[]", "{}", "[7]", "''", "{files: []}", "{files: 7}", "null", "[[a]]", "{files: {}}"]
)
@pytest.mark.parametrize("key", KEYS)
def test_any_shape_is_answered_with_faults(folder, key, value):
    assert faults(folder, f"{key}: {value}\n")


def test_what_is_still_to_do_is_refused(folder):
    with pytest.raises(ConfigError) as caught:
        load(folder, "images: [{name: os, role: base-os, target: FIXME}]\n")
    assert "nobody has said yet where this image is" in str(caught.value.faults[0])
    assert "in the place of every FIXME" in caught.value.hint


def test_names_are_short_and_unique():
    found = [DescribedImage(f"service-{n}", "c.yml", n, 1, "same:1") for n in range(1, 9)]
    found += [
        DescribedImage("../x\n$", "c.yml", 9, 1, "odd:1"),
        DescribedImage("x", "c.yml", 10, 1, "odd:2", notes=("Pod/p",)),
    ]
    names = [spec.name for spec in described_specs(found, {"x"}, "docker", Given({}, Path(), SCHEMES))]
    assert names == ["service-1+7-more", "x-2", "p.x"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/a/b:1", "a/b:1"),
        (f"a/b:1{DIGEST}", f"docker.io/a/b{DIGEST}"),
        ("localhost/a:1", "localhost/a:1"),
    ],
)
def test_references_that_name_the_same_image(one, other):
    assert normal(one) == normal(other)
    assert not fault_of(one)


@pytest.mark.parametrize(
    "one", ["", "a/B", "a:b:c", "a b", "a@sha256:12", "a//b", "-a", "http://a/b", "a:" + "x" * 129]
)
def test_what_is_no_reference(one):
    assert fault_of(one)


def test_an_invalid_platform_is_a_gap(folder):
    (folder / "c.yml").write_text("services: {a: {image: a, platform: ARM}}")
    (spec,) = load(folder, "compose: c.yml\n").images
    assert (spec.platform, spec.gap[:32]) == ("", "c.yml:1:23: its platform 'ARM' i")
    assert read("compose", Asked([folder / "c.yml"]))[0].reference == "a"


@pytest.mark.parametrize(
    ("key", "name", "text"),
    [
        ("compose", "none.yml", "services: {}\n"),
        ("kubernetes", "none/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"),
        ("iotedge", "none.json", '{"$edgeAgent": {"properties.desired": {}}}'),
        ("pantavisor", "none/readme.txt", ""),
    ],
)
def test_a_description_that_names_no_image_is_not_taken_for_a_product_without_containers(folder, key, name, text):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    place = name.partition("/")[0]
    images = "images: [{name: os, role: base-os, target: 'dir:m'}]\n"
    (fault,) = faults(folder, f"{images}{key}: {place}\n")
    assert f"no image is named in {folder / place}" in fault


def test_a_target_for_a_name_that_different_containers_have_is_refused(folder):
    pods = "".join(
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}}}\n"
        f"spec: {{containers: [{{name: app, image: '{image}'}}]}}\n"
        for number, image in enumerate(["one", "docker.io/library/one:latest", "two:1"])
    )
    (folder / "pods.yaml").write_text(pods)
    (fault,) = faults(folder, "kubernetes: pods.yaml\ntargets:\n  app: app.tar\n")
    images = "docker.io/library/one:latest, docker.io/library/two:1"
    assert fault.endswith(f"product.yaml:4:3: 'app' means several ({images}); write their references")
    product = load(folder, "kubernetes: pods.yaml\ntargets:\n  one: app.tar\n")
    assert [image.target for image in product.images] == [str(folder / "app.tar"), "docker:two:1"]
    (folder / "r.yml").write_text("services: {redis: {image: 'redis:7'}, cache: {image: redis}}")
    (fault,) = faults(folder, "compose: r.yml\ntargets: {redis: app.tar}\n")
    assert "docker.io/library/redis:7, docker.io/library/redis:latest" in fault

"""Deployment manifests of Azure IoT Edge in the forms its documentation and its tools have."""

from __future__ import annotations

import json

import pytest
from described import images, references, written

from sbomctl.descriptions.detect import description_of
from sbomctl.errors import ConfigError

AGENT = {
    "schemaVersion": "1.1",
    "systemModules": {
        "edgeAgent": {"type": "docker", "settings": {"image": "mcr.microsoft.com/azureiotedge-agent:1.5"}},
        "edgeHub": {
            "settings": {
                "image": "mcr.microsoft.com/azureiotedge-hub:1.5",
                "createOptions": '{"HostConfig":{"PortBindings":',
                "createOptions01": '{"443/tcp":[{"HostPort":"443"}]}}}',
            }
        },
    },
    "modules": {
        "sensor": {"version": "1.0", "settings": {"image": "acme/sensor@sha256:" + "c" * 64, "createOptions": {}}},
        "own": {"settings": {"image": "${MODULES.own}"}},
        "registry": {"settings": {"image": "$REGISTRY/x:${TAG}"}},
        "build": {"settings": {"image": "<Container_Registry>/x:<Build.BuildNumber>"}},
        "empty": {"settings": {}},
    },
}


@pytest.mark.parametrize("wrapped", [False, True])
def test_system_modules_and_modules(tmp_path, wrapped):
    manifest = {"modulesContent": {"$edgeAgent": {"properties.desired": AGENT}, "$edgeHub": {"properties.desired": {}}}}
    text = json.dumps({"content": manifest} if wrapped else manifest, indent="\t")
    (file,) = written(tmp_path, {"deployment.template.json": text})
    found = references(file, variables={"REGISTRY": "r.example"})
    assert list(found) == ["edgeAgent", "edgeHub", "sensor", "own", "registry", "build", "empty"]
    assert found["edgeHub"] == "mcr.microsoft.com/azureiotedge-hub:1.5"
    assert found["sensor"].endswith("@sha256:" + "c" * 64)
    assert found["own"].startswith("${MODULES.own} is filled in when the module is built")
    assert found["registry"].startswith("the variable TAG is not set; set TAG in the environment")
    assert "has the placeholder <Container_Registry>" in found["build"]
    assert found["empty"].startswith("the module empty has no image")
    place = {one.name: one.line for one in images(file)}
    assert '"acme/sensor@sha256' in text.splitlines()[place["sensor"] - 1]


def test_layers_go_over_each_other(tmp_path):
    layer = {"$edgeAgent": {
        "properties.desired.modules.sensor": {"settings": {"image": "acme/sensor:2"}},
        "properties.desired.modules.more": {"settings": {"image": "acme/more:1"}},
        "properties.desired.modules.sensor.env.X": {"value": "1"},
    }}  # fmt: skip
    base = {"$edgeAgent": {"properties.desired": AGENT}}
    files = {"base.json": {"modulesContent": base}, "layer.json": {"content": {"modulesContent": layer}}}
    paths = written(tmp_path, {name: json.dumps(content) for name, content in files.items()})
    found = references(*paths)
    assert (found["sensor"], found["more"], len(found)) == ("acme/sensor:2", "acme/more:1", 8)


def test_what_is_no_manifest(tmp_path):
    (file,) = written(tmp_path, {"m.json": '{"modulesContent": {}}'})
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        images(file, key="iotedge")
    assert "it has no $edgeAgent with modules" in str(caught.value.faults[0])


def test_which_file_of_a_directory_is_the_manifest(tmp_path):
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "c", "image": "c"}]}}
    manifest = json.dumps({"$edgeAgent": {"properties.desired": {"modules": {"m": {"settings": {"image": "m"}}}}}})
    written(tmp_path, {"a/deployment-web.json": json.dumps(pod), "b/deployment.template.json": manifest})
    assert description_of(tmp_path / "a")[0].key == "kubernetes"
    assert description_of(tmp_path / "b")[1] == [tmp_path / "b/deployment.template.json"]
    written(tmp_path, {"b/deployment.debug.template.json": manifest})
    with pytest.raises(ConfigError, match="several deployment manifests"):
        description_of(tmp_path / "b")


def test_a_layer_that_changes_the_image_of_a_module(tmp_path):
    modules = {name: {"settings": {"image": f"{name}:1"}} for name in "abc"}
    layer = {
        "properties.desired.modules.a.settings.image": "a:2",
        "properties.desired.modules.b.settings": {"image": "b:2"},
        "properties.desired.modules.c.settings": {"createOptions": "{}"},
        "properties.desired.modules.c.env.image": "never",
    }
    base = {"$edgeAgent": {"properties.desired": {"modules": modules}}}
    files = {"base.json": json.dumps(base), "layer.json": json.dumps({"$edgeAgent": layer})}
    assert references(*written(tmp_path, files)) == {"a": "a:2", "b": "b:2", "c": "c:1"}

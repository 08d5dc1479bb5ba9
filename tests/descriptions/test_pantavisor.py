"""States of Pantavisor devices in the form that pvr writes."""

from __future__ import annotations

import json

import pytest
from described import images, references, written

from sbomctl.errors import ConfigError
from sbomctl.model import Role

SOURCE = {
    "#spec": "service-manifest-src@1",
    "template": "builtin-lxc-docker",
    "docker_name": "registry.gitlab.com/pantacor/pv-platforms/wifi-connect",
    "docker_tag": "arm32v6",
    "docker_digest": "registry.gitlab.com/pantacor/pv-platforms/wifi-connect@sha256:" + "d" * 64,
    "docker_platform": "linux/arm",
    "docker_source": "remote,local",
}
STATE = {
    "#spec": "pantavisor-service-system@1",
    "README.md": "f" * 64,
    "_config/wifi/etc/conf": "f" * 64,
    "_sigs/wifi.json": {"#spec": "pvs@2"},
    "bsp/kernel.img": "1" * 64,
    "bsp/run.json": {"linux": "kernel.img", "initrd": "pantavisor", "modules": "modules.squashfs"},
    "bsp/src.json": {"#spec": "bsp-manifest-src@1"},
    "awconnect/run.json": {"name": "awconnect", "root-volume": "root.squashfs"},
    "awconnect/root.squashfs": "2" * 64,
    "wifi/run.json": {"name": "wifi", "root-volume": "root.squashfs"},
    "wifi/src.json": SOURCE,
    "plain/run.json": {},
    "plain/src.json": {**SOURCE, "docker_name": "nginx", "docker_tag": "", "docker_digest": "", "docker_platform": ""},
}


def test_a_state(tmp_path):
    (file,) = written(tmp_path, {".pvr/json": json.dumps(STATE)})
    found = {one.name: one for one in images(file)}
    assert found.keys() == {"bsp", "awconnect", "wifi", "plain"}
    assert found["wifi"].reference == f"{SOURCE['docker_name']}:arm32v6@sha256:{'d' * 64}"
    assert found["wifi"].platform == "linux/arm"
    assert found["plain"].reference == "nginx"
    assert (found["bsp"].role, found["bsp"].problem[:21]) == (Role.BASE_OS, "it is the base system")
    assert "its files are in root.squashfs" in found["awconnect"].problem
    assert references(tmp_path) == references(file), "a checkout is named by its directory"


def test_a_checkout_without_state_and_a_single_source(tmp_path):
    (file,) = written(tmp_path, {"wifi/src.json": json.dumps(SOURCE, indent=2)})
    assert references(file) == references(tmp_path)
    assert list(references(file)) == ["wifi"]
    (one,) = images(file)
    assert "docker_name" in file.read_text().splitlines()[one.line - 1]


def test_what_is_no_state(tmp_path):
    (file,) = written(tmp_path, {"x.json": "{}"})
    with pytest.raises(ConfigError, match="cannot be read"):
        images(file, key="pantavisor")

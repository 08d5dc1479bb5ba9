"""What the name of an image means, where it is looked for, and what registries ask of us."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.errors import InputError
from sbomctl.sources._registry_auth import challenges
from sbomctl.sources._registry_credentials import find_credentials
from sbomctl.sources._registry_hosts import endpoints
from sbomctl.sources._registry_reference import is_loopback, parse_reference
from sbomctl.sources.detect import find_source
from sbomctl.sources.registry import Registry

DIGEST = "sha256:" + "a" * 64
NAMES = {
    "alpine": "docker.io/library/alpine:latest",
    "alpine:3.19": "docker.io/library/alpine:3.19",
    "docker.io/alpine": "docker.io/library/alpine:latest",
    "index.docker.io/library/alpine:3": "docker.io/library/alpine:3",
    "grafana/grafana": "docker.io/grafana/grafana:latest",
    f"alpine@{DIGEST}": f"docker.io/library/alpine@{DIGEST}",
    f"alpine:3.19@{DIGEST}": f"docker.io/library/alpine:3.19@{DIGEST}",
    "localhost/app": "localhost/app:latest",
    "localhost:5000/app": "localhost:5000/app:latest",
    "[::1]:5000/app:1": "[::1]:5000/app:1",
    "registry.example/a/b/c:1.2-3_x": "registry.example/a/b/c:1.2-3_x",
    "Registry/app": "Registry/app:latest",
    "quay.io/x/y__z": "quay.io/x/y__z:latest",
    "a@sha512:" + "b" * 128: "docker.io/library/a@sha512:" + "b" * 128,
}


@pytest.mark.parametrize("text", NAMES)
def test_names_are_completed_as_docker_does(text):
    found = parse_reference(text)
    assert str(found) == NAMES[text]
    assert parse_reference(str(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "", "UPPER", "a//b", "/a", "a/", "a:", "a:b:c", "a@", "a@sha256:12", "a@md5:" + "0" * 32, "../../x", "x y",
        "a/B", "https://registry.example/a", "user:hush@registry.example/a", "registry.example:port/a", "a" * 2000,
        "a\n", "é", "registry.example/a?x", "registry.example/a#x", "registry.example/%61", "[::1]x/a",
        f"a@{DIGEST}@{DIGEST}",
    ],
)  # fmt: skip
def test_what_is_no_name(text):
    with pytest.raises(InputError, match="no name of an image") as caught:
        parse_reference(text)
    assert "hush" not in caught.value.message


@given(st.text(max_size=200))
def test_any_text_is_a_name_or_told_to_be_none(text):
    try:
        found = parse_reference(text)
    except InputError:
        return
    assert parse_reference(str(found)) == found


def test_nothing_goes_to_the_network_unasked():
    for name in NAMES:
        assert not Registry().accepts(name)
    source, rest = find_source("registry:alpine:3.19")
    assert (source.scheme, rest) == ("registry", "alpine:3.19")


@pytest.mark.parametrize(
    ("host", "is_here"),
    [("localhost", True), ("localhost:5000", True), ("127.0.0.1", True), ("127.1.2.3:80", True), ("[::1]:5000", True),
     ("localhost.example", False), ("127.0.0.1.example", False), ("10.0.0.1", False), ("[::2]", False)],
)  # fmt: skip
def test_what_this_machine_is_called(host, is_here):
    assert is_loopback(host) is is_here


CONF = """
unqualified-search-registries = ["elsewhere.example"]
[[registry]]
prefix = "docker.io/library"
location = "mirror.example/hub"
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "near.example:5000"
insecure = true
[[registry.mirror]]
location = "pinned.example"
pull-from-mirror = "digest-only"
[[registry]]
prefix = "*.corp.example"
location = "proxy.corp.example"
[[registry]]
location = "lab.example:5000"
insecure = true
"""
PLACES = {
    "alpine": ["mirror.example/hub/alpine"],
    "grafana/grafana": ["near.example:5000/grafana/grafana (plain)", "docker.io/grafana/grafana"],
    f"grafana/grafana@{DIGEST}": [
        "near.example:5000/grafana/grafana (plain)",
        "pinned.example/grafana/grafana",
        "docker.io/grafana/grafana",
    ],
    "docker.io/libraryx/a": ["near.example:5000/libraryx/a (plain)", "docker.io/libraryx/a"],
    "team.corp.example/x": ["proxy.corp.example/x"],
    "lab.example:5000/x": ["lab.example:5000/x (plain)"],
    "lab.example/x": ["lab.example/x"],
    "localhost:5000/x": ["localhost:5000/x (plain)"],
    "quay.io/x/y": ["quay.io/x/y"],
}


@pytest.mark.parametrize("name", PLACES)
def test_registries_conf_says_where_an_image_is_looked_for(monkeypatch, tmp_path, name):
    (tmp_path / "registries.conf").write_text(CONF)
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(tmp_path / "registries.conf"))
    found = [f"{place}{' (plain)' if place.plain else ''}" for place in endpoints(parse_reference(name))]
    assert found == PLACES[name]


def test_what_lies_in_the_home_of_the_user(monkeypatch, tmp_path):
    monkeypatch.delenv("CONTAINERS_REGISTRIES_CONF", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".config/containers"
    (folder / "registries.conf.d").mkdir(parents=True)
    (folder / "registries.conf").write_text('[[registry]]\nlocation = "a.example"\ninsecure = true\n')
    (folder / "registries.conf.d/9.conf").write_text('[[registry]]\nprefix = "b.example"\nlocation = "c.example/d"\n')
    assert [str(place) for place in endpoints(parse_reference("b.example/x"))] == ["c.example/d/x"]
    assert [place.plain for place in endpoints(parse_reference("a.example/x"))] == [True]


AUTHS = {
    "registry.example": {"auth": "dXNlcjpwYXNz"},  # user:pass
    "https://index.docker.io/v1/": {"username": "hub", "password": "word"},
    "https://old.example/v1/": {"auth": "b2xkOm9sZA=="},
    "paths.example/team": {"auth": "dGVhbTp0ZWFt"},
    "broken.example": {"auth": "not base64!"},
    "empty.example": {},
}


@pytest.mark.parametrize(
    ("host", "name", "user"),
    [
        ("registry.example", "a", "user"),
        ("docker.io", "library/alpine", "hub"),
        ("old.example", "a", "old"),
        ("paths.example", "team/app", "team"),
        ("paths.example", "other/app", ""),
        ("registry.example:5000", "a", ""),
        ("empty.example", "a", ""),
        ("example", "a", ""),
    ],
)
def test_for_whom_docker_login_has_kept_credentials(monkeypatch, tmp_path, host, name, user):
    for variable in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "config.json").write_text(json.dumps({"auths": AUTHS, "HttpHeaders": {"x": "y"}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    found = find_credentials(host, name)
    assert found.user == user
    assert "word" not in repr(found)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", []),
        ("Basic", [("basic", {})]),
        ('Basic realm="a, b=c"', [("basic", {"realm": "a, b=c"})]),
        (
            'Bearer realm="https://a/token",service="x y",scope="repository:a/b:pull"',
            [("bearer", {"realm": "https://a/token", "service": "x y", "scope": "repository:a/b:pull"})],
        ),
        (
            'Basic realm="a", Bearer realm=b,service=c',
            [("basic", {"realm": "a"}), ("bearer", {"realm": "b", "service": "c"})],
        ),
        (r'BEARER Realm="a\"b"', [("bearer", {"realm": 'a"b'})]),
        ('Negotiate, Basic realm="a"', [("negotiate", {}), ("basic", {"realm": "a"})]),
    ],
)
def test_challenges(header, found):
    assert list(challenges(header)) == found


@given(st.text(alphabet='Basicre"=,\\ \t;', max_size=300))
def test_any_challenge_is_read(header):
    list(challenges(header))

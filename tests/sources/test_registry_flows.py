"""What a registry does only when something is wrong, or somebody means harm: by a small server that does it."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
from email.utils import formatdate

import pytest
from image_builder import OCI_INDEX, OCI_LAYER, OCI_MANIFEST, TWO_LAYERS, config, encoded, opened, read_all, sha256
from registry_server import STARTS_WITHIN, login
from scripted_registry import Asked, Reply, scripted

from sbomctl import tools
from sbomctl.errors import ConfigError, CorruptInput, DigestMismatch, InputError, ToolFailed, UnsupportedInput
from sbomctl.model import Platform
from sbomctl.sources import _registry_auth, _registry_blob, _registry_http, _registry_repository
from sbomctl.sources._registry_http import Http
from sbomctl.sources.base import Limits

SECRET = "hush-hush-password"
NOW = 1_700_000_000.0


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    for name in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "CONTAINERS_REGISTRIES_CONF"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(Http, "pause", 0.05)


@pytest.fixture
def server():
    with scripted() as one:
        yield one


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """Seconds that would have been waited between two tries, at a time that stands still."""
    asked: list[float] = []
    monkeypatch.setattr(Http, "_wait", lambda self, seconds: asked.append(seconds))
    monkeypatch.setattr(tools, "now", lambda: NOW)
    return asked


def refused(target: str, kind: type[Exception], says: str, platform: Platform | None = None, limits=Limits()):  # noqa: B008
    """The one error, whose message and hint hold no secret."""
    with pytest.raises(kind, match=says) as caught, opened(target, platform, limits) as image:
        for layer in image.layers:
            list(layer.members(limits))
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"
    return caught.value


def contents(layer: bytes) -> dict[str, bytes | str]:
    """What :func:`read_all` gives of a layer, as Python's own tar reads it."""
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        return {one.name: one.linkname or (tar.extractfile(one).read() if one.isreg() else b"") for one in tar}


def test_what_is_read_is_what_the_registry_holds(server):
    server.image()
    assert read_all(server.target()) == [contents(layer) for layer in TWO_LAYERS]
    assert all(one.headers["user-agent"].startswith("sbomctl/") for one in server.asked)
    assert all("authorization" not in one.headers for one in server.asked)


# Busy and broken servers


@pytest.mark.parametrize(("after", "seconds"), [("1", 1), (formatdate(NOW + 7, usegmt=True), 7), ("", 0.05)])
def test_a_server_that_asks_to_wait_is_given_time(server, waits, after, seconds):
    server.image()
    path = "/v2/edge/app/manifests/1"
    fine = server.paths[path]
    header = {"Retry-After": after} if after else {}
    server.paths[path] = lambda asked, number: Reply(429, headers=header) if number == 0 else fine
    with opened(server.target()):
        pass
    assert server.times(path) == 2
    assert waits == [seconds]


def test_tries_are_apart_in_time_and_ever_more(server):
    server.paths["/v2/edge/app/manifests/1"] = Reply(503)
    began = time.monotonic()
    refused(server.target(), ToolFailed, "fails with status 503")
    assert time.monotonic() - began >= 0.05 * (1 + 2 + 4 + 8)  # a busy machine waits longer, none less


def test_a_server_that_asks_to_wait_for_an_hour_is_left(server, waits):
    server.paths["/v2/edge/app/manifests/1"] = Reply(429, headers={"Retry-After": "3600"})
    error = refused(server.target(), ToolFailed, r"answers no more requests for now \(429\); it asks to wait 3,600 s")
    assert "docker login" in error.hint
    assert error.exit_code == 5
    assert waits == []


@pytest.mark.parametrize("after", ["-1", "soon", "9" * 400, "Fri, 99 Xyz 99999 99:99:99 GMT", "\u00b2", "1e9"])
def test_what_is_no_time_to_wait(server, after):
    server.paths["/v2/edge/app/manifests/1"] = Reply(429, headers={"Retry-After": after})
    refused(server.target(), ToolFailed, "answers no more requests for now")


def test_a_server_that_fails_once_is_asked_again(server):
    for path in server.image():
        fine = server.paths[path]
        server.paths[path] = lambda asked, number, fine=fine: Reply(503) if number == 0 else fine
    assert len(read_all(server.target())) == 2


def test_a_server_that_goes_on_failing_is_left(server):
    server.paths["/v2/edge/app/manifests/1"] = Reply(502)
    refused(server.target(), ToolFailed, "fails with status 502")
    assert server.times("/v2/edge/app/manifests/1") == 5


@pytest.mark.parametrize("ranges", [True, False])
def test_a_layer_that_breaks_off_is_taken_up_where_it_did(server, ranges):
    whole = server.image()
    before = read_all(server.target())
    for path in whole:
        data = server.paths[path].body

        def answer(asked: Asked, number: int, data: bytes = data) -> Reply:
            if number < 2:
                start = _start(asked) if ranges else 0
                return _part(data, start, cut=60)
            return _part(data, _start(asked) if ranges else 0)

        server.paths[path] = answer
    del server.asked[:]
    assert read_all(server.target()) == before
    wanted = [one.headers.get("range", "") for one in server.asked if one.path == whole[0]]
    assert wanted == ["", "bytes=60-", "bytes=120-"] if ranges else ["", "bytes=60-", "bytes=60-"]


def _start(asked: Asked) -> int:
    return int(asked.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))


def _part(data: bytes, start: int, cut: int | None = None) -> Reply:
    if not start:
        return Reply(200, data, cut=cut)
    there = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
    return Reply(206, data[start:], there, cut=cut)


def test_a_layer_that_always_breaks_off_at_the_same_place(server):
    path = server.image()[0]
    data = server.paths[path].body
    server.paths[path] = lambda asked, number: Reply(200, data, cut=50)
    error = refused(server.target(), ToolFailed, f"after 50 of {len(data):,} bytes: the transfer from .* broke off")
    assert error.exit_code == 5
    assert server.times(path) == 5


def test_a_part_that_is_not_the_one_that_was_asked_for(server):
    path = server.image()[0]
    data = server.paths[path].body
    wrong = {"Content-Range": f"bytes 0-{len(data) - 1}/{len(data)}"}
    server.paths[path] = lambda asked, number: Reply(200, data, cut=50) if not number else Reply(206, data, wrong)
    refused(server.target(), ToolFailed, "does not send the part that was asked for")


def test_a_layer_that_hangs_is_taken_up_again(server, monkeypatch):
    held = threading.Event()
    paths = server.image()
    before = read_all(server.target())
    monkeypatch.setattr(_registry_http, "SILENCE", 2)  # five tries: what does answer has five times as long
    data = server.paths[paths[0]].body
    server.paths[paths[0]] = lambda asked, number: (
        Reply(200, data, cut=40, hold=held) if "range" not in asked.headers else _part(data, _start(asked))
    )
    try:
        assert read_all(server.target()) == before
    finally:
        held.set()


def test_a_layer_that_hardly_comes_is_given_up(server, monkeypatch):
    """Each piece comes in time, but all of it never would."""
    monkeypatch.setattr(_registry_blob, "_WINDOW", 0)
    path = server.image()[0]
    assert refused(server.target(), ToolFailed, "is too slow").exit_code == 5
    assert server.times(path) == 5


def test_a_layer_that_breaks_off_at_every_byte_is_given_up(server, monkeypatch):
    """Each try brings something, so that none is in vain, and it would take for ever."""
    monkeypatch.setattr(Http, "pause", 0.001)
    path = server.image()[0]
    data = server.paths[path].body
    server.paths[path] = lambda asked, number: _part(data, _start(asked), cut=1)
    refused(server.target(), ToolFailed, f"after 40 of {len(data):,} bytes: the transfer from .* broke off")
    assert server.times(path) == 40


@pytest.mark.parametrize("kind", ["manifest", "token", "explanation"])
def test_a_document_that_never_ends_is_given_up(server, monkeypatch, kind):
    """As many bytes as keep the connection alive: what counts is the time that all of it takes."""
    for module, name in (
        (_registry_repository, "_PATIENCE"),
        (_registry_repository, "_BRIEF"),
        (_registry_auth, "_PATIENCE"),
    ):
        monkeypatch.setattr(module, name, 0.2)
    held = threading.Event()
    server.image()
    path = "/v2/edge/app/manifests/1"
    begun = {"cut": 1, "hold": held}
    if kind == "token":
        realm = f'Bearer realm="http://{server.host}/token",service="edge"'
        server.paths[path] = Reply(401, headers={"WWW-Authenticate": realm})
        server.paths["/token"] = Reply(200, b'{"token": "x"}', **begun)
    else:
        server.paths[path] = Reply(404 if kind == "explanation" else 200, b"{} ", **begun)
    try:
        says = {
            "manifest": "is too slow",
            "token": "there is none in the answer",
            "explanation": "has no 1 in edge/app",
        }
        refused(server.target(), InputError if kind == "explanation" else ToolFailed, says[kind])
        assert not held.wait(0)
    finally:
        held.set()


# Redirects


def test_a_secret_does_not_follow_a_redirect_to_another_host(server, monkeypatch, tmp_path, caplog):
    """As registries do that keep blobs in the storage of a cloud; its addresses are secrets too."""
    caplog.set_level("DEBUG")
    monkeypatch.setenv("DOCKER_CONFIG", str(login(tmp_path / "d", server.host, "edge", SECRET)))
    with scripted() as storage:
        for number, path in enumerate(server.image()):
            storage.paths[f"/storage/{number}"] = server.paths[path]
            there = f"http://localhost:{storage.port}/storage/{number}?X-Signature={SECRET}"
            server.paths[path] = _asking(Reply(307, headers={"Location": there}))
        for path, reply in list(server.paths.items()):
            if isinstance(reply, Reply):
                server.paths[path] = _asking(reply)
        assert read_all(server.target())[1]["opt/app/run"]
        assert len(storage.asked) == 2
        assert not any("authorization" in one.headers for one in storage.asked)
        assert any("authorization" in one.headers for one in server.asked)
        storage.paths.clear()
        refused(server.target(), ToolFailed, "the host that .* sends us to answers with status 404")
    assert "/storage/1" in caplog.text
    assert SECRET not in caplog.text


def _asking(reply: Reply):
    """Gives ``reply`` to whoever says who they are."""

    def answer(asked: Asked, number: int) -> Reply:
        known = "authorization" in asked.headers
        return reply if known else Reply(401, headers={"WWW-Authenticate": 'Basic realm="edge"'})

    return answer


def test_nor_does_it_when_the_other_host_leads_home_again(server, monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_CONFIG", str(login(tmp_path / "d", server.host, "edge", SECRET)))
    path = server.image()[0]
    data = server.paths[path]
    with scripted() as other:
        other.paths["/x"] = Reply(302, headers={"Location": f"http://{server.host}/home"})
        server.paths["/home"] = data
        server.paths[path] = _asking(Reply(302, headers={"Location": f"http://localhost:{other.port}/x"}))
        read_all(server.target())
    (home,) = [one for one in server.asked if one.path == "/home"]
    assert "authorization" not in home.headers


@pytest.mark.parametrize(
    "there",
    [
        "file:///etc/passwd",
        "ftp://x/y",
        "//",
        "http://",
        "gopher://127.0.0.1/",
        "http://../x",
        "http://x/\u00ff",
        "http://x:99999/",
    ],
)
def test_redirects_to_where_nothing_is_fetched_from(server, there):
    server.paths["/v2/edge/app/manifests/1"] = Reply(302, headers={"Location": there})
    refused(
        server.target(),
        ToolFailed,
        "redirects to where|redirects in circles|is not known|cannot be asked|connection broke",
    )


@pytest.mark.parametrize(
    ("here", "location", "there"),
    [
        ("https://registry.example/v2/x", "/y", "https://registry.example/y"),
        ("https://registry.example/v2/x", "//storage.example/y", "https://storage.example/y"),
        ("http://127.0.0.1:5000/v2/x", "http://127.0.0.1:5001/y", "http://127.0.0.1:5001/y"),
        ("http://127.0.0.1:5000/v2/x", "https://storage.example/y", "https://storage.example/y"),
        ("https://registry.example/v2/x", "http://registry.example/y", ""),
        ("https://registry.example/v2/x", "http://127.0.0.1/y", ""),
        ("https://registry.example/v2/x", "file:///etc/passwd", ""),
    ],
)
def test_no_redirect_leads_from_tls_to_where_there_is_none(here, location, there):
    http = Http("app")
    if there:
        assert http._next(here, location) == there
    else:
        with pytest.raises(ToolFailed, match="no secure connection"):
            http._next(here, location)


def test_redirects_without_end(server):
    server.paths["/v2/edge/app/manifests/1"] = Reply(302, headers={"Location": "/v2/edge/app/manifests/1"})
    refused(server.target(), ToolFailed, "redirects in circles")


# Tokens


@pytest.fixture
def tokens(server, monkeypatch, tmp_path):
    """A registry that wants a token for everything, and gives it out at /token; ``used`` ends one."""
    monkeypatch.setenv("DOCKER_CONFIG", str(login(tmp_path / "d", server.host, "edge", SECRET)))
    server.image()
    given: list[str] = []

    def token(asked: Asked, number: int) -> Reply:
        given.append(f"token-{number}")
        return Reply(body=encoded({"access_token": given[-1]}))

    challenge = f'Bearer realm="http://{server.host}/token",service="edge"'
    for path, reply in list(server.paths.items()):

        def answer(asked: Asked, number: int, reply: Reply = reply) -> Reply:
            if given and asked.headers.get("authorization") == f"Bearer {given[-1]}":
                return reply
            return Reply(401, headers={"WWW-Authenticate": challenge})

        server.paths[path] = answer
    server.paths["/token"] = token
    return given


def test_a_token_that_has_ended_is_renewed(server, tokens):
    with opened(server.target()) as image:
        assert len(tokens) == 1
        tokens.append("another")  # the one that was given out is good for nothing now
        assert sum(1 for layer in image.layers for _ in layer.members(Limits()))
        assert [one for one in tokens if one != "another"] == ["token-0", "token-1"]
    asked = [one for one in server.asked if one.path.startswith("/token")]
    assert {one.path for one in asked} == {"/token?service=edge&scope=repository%3Aedge%2Fapp%3Apull"}
    assert all(one.headers["authorization"].startswith("Basic ") for one in asked)


def test_an_identity_token_is_exchanged(server, tokens, monkeypatch, tmp_path):
    """OAuth 2, as registries of clouds want it."""
    settings = {"auths": {server.host: {"auth": "", "identitytoken": SECRET}}}
    (tmp_path / "d/config.json").write_text(json.dumps(settings))
    with opened(server.target()):
        pass
    (asked,) = [one for one in server.asked if one.path == "/token"]
    assert asked.method == "POST"
    assert b"grant_type=refresh_token" in asked.body
    assert SECRET.encode() in asked.body
    assert "authorization" not in asked.headers


def test_a_token_for_the_registry_itself(server, tokens, tmp_path):
    tokens.append("ready-made")
    (tmp_path / "d/config.json").write_text(json.dumps({"auths": {server.host: {"registrytoken": "ready-made"}}}))
    with opened(server.target()):
        pass
    assert not server.times("/token")


@pytest.mark.parametrize(
    "challenge",
    [
        "",
        "Bearer",
        'Bearer realm="file:///etc/passwd"',
        f'Bearer realm="http://edge:{SECRET}@127.0.0.1/"',
        'Bearer realm="http://["',
        'Bearer realm="http://127.0.0.1:9/token#x"',
        "Digest " + "a=" * 5000,
        '"' * 9000,
    ],
)
def test_challenges_that_lead_nowhere(server, challenge):
    server.paths["/v2/edge/app/manifests/1"] = Reply(401, headers={"WWW-Authenticate": challenge} if challenge else {})
    assert refused(server.target(), (InputError, ToolFailed), "refuses access|names no usable place").exit_code in (
        3,
        5,
    )


def test_a_token_server_that_breaks_off(server):
    challenge = {"WWW-Authenticate": f'Bearer realm="http://{server.host}/token"'}
    server.paths["/v2/edge/app/manifests/1"] = Reply(401, headers=challenge)
    server.paths["/token"] = Reply(body=b'{"token": "abcdef"}', cut=5)
    refused(server.target(), ToolFailed, "gives out tokens there is none in the answer")


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"token": "a b"}', b'{"token": "a\\r\\nX: y"}', b"\xff" * 100])
def test_a_token_server_without_tokens(server, body):
    server.paths["/v2/edge/app/manifests/1"] = Reply(
        401, headers={"WWW-Authenticate": f'Bearer realm="http://{server.host}/token"'}
    )
    server.paths["/token"] = Reply(body=body)
    refused(server.target(), ToolFailed, "gives out tokens there is none in the answer")


def test_the_password_of_a_registry_is_for_that_registry_only(server, monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_CONFIG", str(login(tmp_path / "d", "elsewhere.example", "edge", SECRET)))
    server.image()
    for path, reply in list(server.paths.items()):
        server.paths[path] = _asking(reply)
    error = refused(server.target(), InputError, "refuses access without credentials")
    assert error.exit_code == 3
    assert not any("authorization" in one.headers for one in server.asked)


# Manifests that lie


def test_a_layer_with_other_content(server):
    path = server.image()[1]
    data = server.paths[path].body
    server.paths[path] = Reply(body=data[:-1] + bytes([data[-1] ^ 1]))
    assert refused(server.target(), InputError, "stored blob|damaged").exit_code == 3
    evil = gzip.compress(TWO_LAYERS[0], 9, mtime=0)
    server.paths[path] = Reply(body=evil + bytes(len(data) - len(evil)) if len(evil) < len(data) else evil[: len(data)])
    refused(server.target(), InputError, "the image promises|damaged|ends early")


@pytest.mark.parametrize("change", [b" ", b"\n"])
def test_a_pinned_manifest_with_other_content(server, change):
    server.image()
    data = server.paths["/v2/edge/app/manifests/1"].body
    server.paths[f"/v2/edge/app/manifests/{sha256(data)}"].body = data + change
    refused(f"registry:{server.host}/edge/app@{sha256(data)}", DigestMismatch, "but the image promises")


def test_a_registry_that_calls_a_manifest_what_it_is_not(server):
    server.image()
    server.paths["/v2/edge/app/manifests/1"].headers["Docker-Content-Digest"] = "sha256:" + "0" * 64
    refused(server.target(), DigestMismatch, "the registry calls the manifest sha256:0000")


def test_a_config_with_other_content(server):
    server.image()
    document = encoded(config())
    server.paths[f"/v2/edge/app/blobs/{sha256(document)}"].body = document.replace(b"arm64", b"amd64")
    refused(server.target(), DigestMismatch, "config: the content is")


def test_a_layer_of_another_size(server):
    path = server.image()[0]
    server.paths[path].body += b"\0"
    refused(server.target(), CorruptInput, "bytes, but the image promises")


HOSTILE = {
    "schema 1": (b'{"schemaVersion": 1, "fsLayers": []}', "application/json", UnsupportedInput, "schema 1"),
    "schema 1, signed": (
        b'{"schemaVersion": 1}',
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        UnsupportedInput,
        "schema 1",
    ),
    "no JSON": (b"<html>", "text/html", CorruptInput, "not the document it should be"),
    "nothing": (b"", OCI_MANIFEST, CorruptInput, "not the document it should be"),
    "deep": (b"[" * 100_000, OCI_MANIFEST, CorruptInput, "not the document it should be"),
    "both": (b'{"config": {}, "manifests": []}', OCI_MANIFEST, CorruptInput, "an index too"),
    "no config": (b'{"schemaVersion": 2, "layers": []}', OCI_MANIFEST, UnsupportedInput, "a manifest without config"),
    "empty index": (b'{"schemaVersion": 2, "manifests": []}', OCI_INDEX, UnsupportedInput, "an empty index"),
    "a chart": (
        encoded({"config": {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": "x", "size": 1}}),
        OCI_MANIFEST,
        UnsupportedInput,
        "helm",
    ),
    "a path for a digest": (
        encoded({"manifests": [{"digest": "sha256:../../../x", "size": 1, "mediaType": OCI_MANIFEST}]}),
        OCI_INDEX,
        CorruptInput,
        "is no digest",
    ),
    "an address for a digest": (
        encoded({"manifests": [{"digest": "http://x/", "size": 1, "mediaType": OCI_MANIFEST}]}),
        OCI_INDEX,
        InputError,
        "cannot be verified|is no digest",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_manifests_that_are_none(server, case):
    data, kind, error, says = HOSTILE[case]
    server.manifest(data, kind=kind)
    refused(server.target(), error, says)


def test_a_manifest_without_end(server):
    server.manifest(b"{" + b" " * 100_000)
    refused(server.target(), CorruptInput, "a document of more than 10,000 bytes", limits=Limits(document_bytes=10_000))


def test_an_index_of_many_indexes(server):
    inner = [
        {
            "mediaType": OCI_INDEX,
            "digest": server.index(
                {"digest": f"sha256:{number:064x}", "size": 1, "mediaType": "x/y"}, tag=f"i{number}"
            ),
            "size": 1,
        }
        for number in range(300)
    ]
    server.index(*inner)
    refused(server.target(), CorruptInput, "more than 256 manifests")


def test_an_index_that_lists_what_is_not_there(server):
    gone = {
        "digest": f"sha256:{1:064x}",
        "size": 1,
        "mediaType": OCI_MANIFEST,
        "platform": {"os": "linux", "architecture": "arm64"},
    }
    server.index(gone)
    refused(server.target(), InputError, "has no sha256:0000")


def test_an_index_without_platforms_is_asked_of_its_configs(server):
    server.image()
    data = server.paths["/v2/edge/app/manifests/1"].body
    server.index({"digest": sha256(data), "size": len(data)})
    with opened(server.target(), Platform("linux", "arm64")) as image:
        assert image.image.platform.architecture == "arm64"


# What is not here


def test_layers_that_may_not_be_distributed(server):
    """One is elsewhere, one is stored all the same."""
    packed = [gzip.compress(layer, mtime=0) for layer in TWO_LAYERS]
    kind = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    stored = [
        {
            "mediaType": kind,
            "digest": sha256(packed[0]),
            "size": len(packed[0]),
            "urls": ["https://elsewhere.example/a"],
        },
        {"mediaType": kind, "digest": server.blob(packed[1]), "size": len(packed[1])},
    ]
    server.image(stored=stored)
    with opened(server.target()) as image:
        (problem,) = image.problems
        assert "may not be distributed" in problem
        assert "https://elsewhere.example/a" in problem
    assert [bool(layer) for layer in read_all(server.target())] == [False, True]


@pytest.mark.parametrize("kind", [OCI_LAYER + "+encrypted", "application/vnd.x.wasm"])
def test_layers_that_are_no_tars(server, kind):
    server.image(stored=[{"mediaType": kind, "digest": server.blob(bytes([n])), "size": 1} for n in range(2)])
    with opened(server.target()) as image:
        assert len(image.problems) == 2


def test_a_name_that_nobody_knows():
    error = refused("registry:registry.invalid/edge/app:1", ToolFailed, "the name registry.invalid is not known here")
    assert error.exit_code == 5


def test_nobody_answers():
    with socket.socket() as taken:  # by somebody who does not listen: nobody else can begin to
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        refused(f"registry:127.0.0.1:{port}/edge/app:1", ToolFailed, f"nobody answers at 127.0.0.1:{port}")


def test_without_tls_only_this_machine_is_spoken_with(monkeypatch, tmp_path):
    """By a name that is not one of its own: TLS is tried, and nothing else unless registries.conf allows it."""
    with scripted() as server:
        server.image()
        host = f"127.1:{server.port}"  # leads here (inet_aton), and is no name of this machine to us
        error = refused(f"registry:{host}/edge/app:1", ToolFailed, "no secure connection")
        assert "registries.conf" in error.hint
        assert not server.asked
        settings = tmp_path / "registries.conf"
        settings.write_text(f'[[registry]]\nlocation = "{host}"\ninsecure = true\n')
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(settings))
        monkeypatch.setenv("NO_PROXY", "*")
        assert len(read_all(f"registry:{host}/edge/app:1")) == 2


# What is attached


def test_what_referrers_list_page_by_page(server):
    server.image()
    digest = sha256(server.paths["/v2/edge/app/manifests/1"].body)
    base = f"/v2/edge/app/referrers/{digest}"
    first = {
        "mediaType": OCI_MANIFEST,
        "digest": f"sha256:{1:064x}",
        "size": 1,
        "artifactType": "application/spdx+json",
    }
    second = {**first, "digest": f"sha256:{2:064x}", "artifactType": "application/vnd.dev.cosign.artifact.sig.v1+json"}

    def answer(asked: Asked, number: int) -> Reply:
        listed, onward = (
            ([second], {}) if "page=2" in asked.path else ([first], {"Link": f'<{base}?page=2>; rel="next"'})
        )
        return Reply(body=encoded({"manifests": listed}), headers={"Content-Type": OCI_INDEX, **onward})

    server.paths[base] = answer
    with opened(server.target()) as image:
        assert [(one.kind, one.digest[-1], one.subject) for one in image.image.attached] == [
            ("application/spdx+json", "1", digest),
            ("application/vnd.dev.cosign.artifact.sig.v1+json", "2", digest),
        ]
        assert not image.problems


def test_what_is_listed_by_tags(server):
    """The fallback of the distribution-spec, and the tags of cosign."""
    server.image()
    digest = sha256(server.paths["/v2/edge/app/manifests/1"].body)
    tag = digest.replace(":", "-")
    listed = {"mediaType": OCI_MANIFEST, "digest": f"sha256:{1:064x}", "size": 1, "artifactType": "application/x.sbom"}
    server.index(listed, tag=tag)
    layers = [{"mediaType": "application/vnd.dev.cosign.simplesigning.v1+json", "digest": "sha256:0", "size": 1}]
    signature = server.manifest({"layers": layers}, tag=f"{tag}.sig")
    sbom = server.manifest(
        {"layers": [{"mediaType": "text/spdx+json", "digest": "sha256:0", "size": 1}]}, f"{tag}.sbom"
    )
    with opened(server.target()) as image:
        found = {(one.kind, one.digest) for one in image.image.attached}
    assert found == {
        ("application/x.sbom", listed["digest"]),
        ("signature (cosign: application/vnd.dev.cosign.simplesigning.v1+json)", signature),
        ("SBOM (cosign: text/spdx+json)", sbom),
    }


def test_what_is_about_an_index_is_told_with_it(server):
    """Where cosign puts the signature of an image for several platforms."""
    server.image()
    data = server.paths["/v2/edge/app/manifests/1"].body
    listed = {"mediaType": OCI_MANIFEST, "digest": sha256(data), "size": len(data)}
    top = server.index(listed, tag="1")
    server.manifest({"layers": []}, tag=f"{top.replace(':', '-')}.sig")
    with opened(server.target()) as image:
        assert [(one.kind, one.subject) for one in image.image.attached] == [("signature (cosign)", top)]


@pytest.mark.parametrize(
    "onward",
    ["https://elsewhere.example/v2/edge/app/referrers/x", "/v2/other/referrers/x", "/v2/edge/app/referrers/../../x"],
)
def test_a_list_that_leads_elsewhere_or_never_ends_is_a_problem(server, onward):
    server.image()
    digest = sha256(server.paths["/v2/edge/app/manifests/1"].body)
    there = {"Content-Type": OCI_INDEX, "Link": f'<{onward}>; rel="next"'}
    server.paths[f"/v2/edge/app/referrers/{digest}"] = Reply(body=b'{"manifests": []}', headers=there)
    with opened(server.target()) as image:
        (problem,) = image.problems
        assert problem.startswith(f"what is attached to {digest} is not known")


def test_a_registry_that_cannot_say_what_is_attached_is_a_problem(server):
    server.image()
    digest = sha256(server.paths["/v2/edge/app/manifests/1"].body)
    server.paths[f"/v2/edge/app/referrers/{digest}"] = Reply(507)
    with opened(server.target()) as image:
        (problem,) = image.problems
        assert "status 507" in problem


# The configuration of the user


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("config.json", "{", "not as docker login writes it"),
        ("config.json", f'{{"auths": {{"x": "{SECRET}"}}}}', "not as docker login writes it"),
        ("registries.conf", "[[registry]\n", "not as containers-registries.conf"),
        ("registries.conf", "[[registry]]\nlocation = 5\n", "not as containers-registries.conf"),
    ],
)
def test_a_configuration_that_cannot_be_read(server, monkeypatch, tmp_path, name, text, says):
    (tmp_path / name).write_text(text)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    if name == "registries.conf":
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(tmp_path / name))
    refused(server.target(), ConfigError, says)


def test_a_registry_that_is_blocked(server, monkeypatch, tmp_path):
    (tmp_path / "r").write_text(f'[[registry]]\nprefix = "{server.host}/edge"\nblocked = true\n')
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(tmp_path / "r"))
    refused(server.target(), InputError, "registries.conf blocks")
    assert not server.asked


def test_a_proxy_is_asked(server, monkeypatch):
    """For what is not on this machine; with its own password, which is told nobody else."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://edge:{SECRET}@{server.host}")
    monkeypatch.setenv("NO_PROXY", "")
    refused("registry:elsewhere.example/edge/app:1", ToolFailed, "the proxy does not connect to elsewhere.example")


# Ctrl-C

INTERRUPTED = """
import signal, sys
from sbomctl.__main__ import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell runs the tests in the background
sys.argv = ["sbomctl", "scan", "--engine=native", "--jobs={jobs}", "-o", "sbomctl-json={out}", "{target}"]
main()
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_a_transfer_that_hangs_and_leaves_nothing(server, tmp_path, jobs):
    held = threading.Event()
    paths = server.image()
    for path in paths:
        server.paths[path].cut, server.paths[path].hold = 40, held
    (tmp_path / "tmp").mkdir()
    out = tmp_path / "out.json"
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    code = INTERRUPTED.format(jobs=jobs, out=out, target=server.target())
    running = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, cwd=tmp_path, env=environment)
    until = time.monotonic() + STARTS_WITHIN
    while server.holding < jobs:
        assert time.monotonic() < until
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    try:
        _, errors = running.communicate(timeout=60)  # the server holds out longer
    finally:
        held.set()
        running.kill()
    assert running.returncode == 130, errors.decode()
    assert b"interrupted" in errors
    assert b"Traceback" not in errors
    assert not out.exists()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_many_large_manifests_are_one_error(server):
    """Each may be as large as a document may be; all of those that an index lists may not."""
    limits = Limits(document_bytes=10_000)
    listed = []
    for number in range(9):
        described = {"mediaType": "application/vnd.example", "digest": f"sha256:{number:064}", "size": 1}
        document = encoded({"schemaVersion": 2, "config": described, "pad": "x" * 9000})
        listed.append({"mediaType": OCI_MANIFEST, "digest": server.manifest(document, f"m{number}"), "size": 9})
    server.index(*listed)
    refused(server.target(), CorruptInput, "manifests of more than 40,000 bytes", limits=limits)
    assert len([one for one in server.asked if "/manifests/sha256:" in one.path]) < 9

"""What we say of ourselves, and to whom: answers as registries with TLS give them, without one."""

from __future__ import annotations

import io
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from image_builder import opened
from registry_server import PASSWORD, login
from scripted_registry import Reply, scripted

from sbomctl.errors import InputError, ToolFailed
from sbomctl.sources._registry_failures import NoTls
from sbomctl.sources._registry_hosts import Endpoint
from sbomctl.sources._registry_http import Answer, Http
from sbomctl.sources._registry_repository import Repository

HOST = "registry.example"


@pytest.fixture(autouse=True)
def known(monkeypatch, tmp_path):
    """A user who has logged in at the registry."""
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "CONTAINERS_REGISTRIES_CONF"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("DOCKER_CONFIG", str(login(tmp_path / "docker", HOST)))


class Answering(Http):
    """Gives these answers, one after the other, and tells what was asked."""

    def __init__(self, *answers: urllib3.HTTPResponse | Exception) -> None:
        super().__init__("registry:app")
        self.answers, self.asked = list(answers), []

    def send(self, method, url, headers, *, body=None, follow=True) -> Answer:
        self.asked.append(url)
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return Answer(found, elsewhere=False)


def response(status: int = 200, body: bytes = b"", challenge: str = "") -> urllib3.HTTPResponse:
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    return urllib3.HTTPResponse(io.BytesIO(body), headers=headers, status=status, preload_content=False)


def repository(http: Http, *, plain: bool = False) -> Repository:
    return Repository(Endpoint(HOST, "edge/app", plain), http)


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ("", "repository:edge/app:pull"),
        ("repository:edge/app:pull", "repository:edge/app:pull"),
        ("repository:hub/edge/app:pull", "repository:hub/edge/app:pull"),  # a proxy has another name for it
        ("repository:edge/app:pull,push", "repository:edge/app:pull"),
        ("repository:edge/app:*", "repository:edge/app:pull"),
        ("repository:a:pull repository:b:push", "repository:edge/app:pull"),
        ("registry:catalog:*", "repository:edge/app:pull"),
    ],
)
def test_a_token_is_good_for_pulling_and_nothing_else(wanted, asked):
    challenge = 'Bearer realm="https://tokens.example/t"' + (f',scope="{wanted}"' if wanted else "")
    http = Answering(response(401, challenge=challenge), response(body=b'{"token": "t"}'), response())
    assert repository(http).ask("manifests/1").status == 200
    assert parse_qs(urlsplit(http.asked[1]).query)["scope"] == [asked]


def test_no_password_goes_where_there_is_no_tls_when_the_registry_has_it():
    challenge = response(401, challenge='Bearer realm="http://tokens.example/t"')
    http = Answering(challenge, response(body=b'{"token": "t"}'), response())
    with pytest.raises(ToolFailed, match="names no usable place that gives out tokens"):
        repository(http).ask("manifests/1")
    assert http.asked == [f"https://{HOST}/v2/edge/app/manifests/1"]


def test_a_registry_that_has_answered_with_tls_is_not_asked_without_it_later():
    """Where registries.conf allows both: whoever stands between could ask for it."""
    http = Answering(response(), NoTls("it speaks no TLS now"), response())
    insecure = repository(http, plain=True)
    assert insecure.ask("manifests/1").status == 200
    with pytest.raises(NoTls):
        insecure.ask("manifests/2")
    assert [urlsplit(url).scheme for url in http.asked] == ["https", "https"]
    http = Answering(NoTls("it speaks no TLS"), response(), response())
    insecure = repository(http, plain=True)
    assert [insecure.ask(f"manifests/{number}").status for number in (1, 2)] == [200, 200]
    assert [urlsplit(url).scheme for url in http.asked] == ["https", "http", "http"]


def test_a_host_that_the_registry_sends_us_to_cannot_ask_who_we_are(monkeypatch, tmp_path):
    with scripted() as server, scripted() as storage:
        monkeypatch.setenv("DOCKER_CONFIG", str(login(tmp_path / "d", server.host)))
        server.image()
        there = {"Location": f"http://localhost:{storage.port}/x"}
        server.paths["/v2/edge/app/manifests/1"] = Reply(307, headers=there)
        realm = f'Bearer realm="http://localhost:{storage.port}/token"'
        storage.paths["/x"] = Reply(401, headers={"WWW-Authenticate": realm})
        storage.paths["/token"] = Reply(body=b'{"token": "t"}')
        with pytest.raises(ToolFailed, match="sends us to answers with status 401"), opened(server.target()):
            pass
        assert [one.path for one in storage.asked] == ["/x"]


def test_wrong_credentials_are_told_as_such_and_never_repeated():
    http = Answering(response(401, challenge="Basic"), response(401, challenge="Basic"))
    with pytest.raises(InputError, match="refuses access with the credentials") as caught:
        repository(http).ask("manifests/1")
    assert len(http.asked) == 2
    assert PASSWORD not in f"{caught.value.message} {caught.value.hint}"

"""A real registry for tests: Debian's docker-registry, with TLS, passwords or tokens, and skopeo to fill it."""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from conftest import tool

STARTS_WITHIN = 120  # seconds, on a busy machine
USER, PASSWORD = "edge", "s3cret-of-edge"


def run(*command: str | Path, stdin: bytes | None = None) -> bytes:
    done = subprocess.run([str(part) for part in command], input=stdin, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Authority:
    """A certificate authority made with openssl, in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = folder / "ca.crt"
        name = ("-subj", "/CN=sbomctl test authority", "-days", "2")
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", *name, "-keyout", "ca.key", "-out", "ca.crt")

    def issue(self, name: str, *alternatives: str) -> tuple[Path, Path]:
        """A certificate for ``alternatives`` (``DNS:…``, ``IP:…``) and its key."""
        key, request, certificate, extra = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "cert", "ext"))
        extra.write_text(f"subjectAltName={','.join(alternatives)}\n" if alternatives else "\n")
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        signed = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", extra)
        self._openssl("x509", "-req", "-in", request, *signed, "-out", certificate)
        return certificate, key

    def _openssl(self, *arguments: str | Path) -> None:
        done = subprocess.run(
            [tool("openssl"), *map(str, arguments)], cwd=self.folder, capture_output=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode()


@dataclass
class Server:
    """A registry that runs; ``host`` is what stands before the name of an image."""

    host: str
    log: Path
    push_options: tuple[str, ...] = ()

    def target(self, name: str) -> str:
        return f"registry:{self.host}/{name}"

    def push(self, source: str, name: str, *options: str) -> None:
        """By skopeo; ``source`` as skopeo names it."""
        destination = f"docker://{self.host}/{name}"
        run(tool("skopeo"), "copy", "--quiet", *self.push_options, *options, source, destination)

    def fetched(self, start: int = 0) -> list[str]:
        """What sbomctl asked for, as METHOD PATH STATUS, by the access log from byte ``start``."""
        line = re.compile(r'"(GET|HEAD|POST|PUT) (\S+) HTTP/1.1" (\d+) .*"sbomctl/')
        return [" ".join(found.groups()) for found in line.finditer(self.log.read_text()[start:])]

    def marked(self) -> int:
        """A place in the access log."""
        return len(self.log.read_text())


@contextmanager
def docker_registry(
    place: Path, *, tls: tuple[Path, Path] | None = None, clients: Path | None = None, auth: str = ""
) -> Iterator[Server]:
    """docker-registry with its data in ``place``; ``auth`` is YAML, ``clients`` the authority of whom it lets in."""
    program = tool("docker-registry")
    place.mkdir(exist_ok=True)
    secure = f"  tls:\n    certificate: {tls[0]}\n    key: {tls[1]}\n" if tls else ""
    secure += f"    clientcas: [{clients}]\n" if clients else ""
    settings = place / "config.yml"
    settings.write_text(
        "version: 0.1\nlog: {level: info}\n"
        f"storage:\n  filesystem: {{rootdirectory: {place / 'data'}}}\n"
        f"http:\n  addr: 127.0.0.1:0\n{secure}{auth}"
    )
    log = place / "log"
    with log.open("wb") as out:
        running = subprocess.Popen([program, "serve", str(settings)], stdout=out, stderr=out)
    try:
        yield Server(f"localhost:{_port(running, log)}", log)
    finally:
        running.terminate()
        running.wait()


def _port(running: subprocess.Popen, log: Path) -> int:
    """The one that the system gave it, by its log: a port that is looked for before may be another's by then."""
    until = time.monotonic() + STARTS_WITHIN
    while not (found := re.search(r"listening on 127\.0\.0\.1:(\d+)", log.read_text())):
        assert running.poll() is None and time.monotonic() < until, log.read_text()
        time.sleep(0.05)
    return int(found[1])


def passwords(place: Path) -> str:
    """The setting of a registry that knows one user, by htpasswd."""
    place.write_bytes(run(tool("htpasswd"), "-nbB", USER, PASSWORD).strip() + b"\n")
    return f"auth:\n  htpasswd:\n    realm: edge\n    path: {place}\n"


def login(folder: Path, host: str, user: str = USER, password: str = PASSWORD) -> Path:
    """What ``docker login`` leaves in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = base64.b64encode(f"{user}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": secret}}}))
    return folder


@dataclass
class TokenServer:
    """Gives tokens, signed as docker-registry verifies them, to whoever may pull."""

    realm: str
    setting: str
    asked: list[dict[str, str]] = field(default_factory=list)  # the parameters and the Authorization of each request


@contextmanager
def token_server(authority: Authority, place: Path, *, anonymous: Sequence[str] = (), lasts: int = 300):
    """Distribution's token authentication (spec/auth/jwt.md); ``anonymous`` are repositories for everybody."""
    certificate, key = authority.issue("tokens")
    plain = run(tool("openssl"), "x509", "-in", certificate, "-outform", "DER")

    def signed(access: list[dict]) -> str:
        now = int(time.time())
        head = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(plain).decode()]}
        times = {"exp": now + lasts, "nbf": now - 10, "iat": now - 10}
        body = {"iss": "sbomctl-test", "sub": USER, "aud": "edge", **times, "jti": "1", "access": access}
        text = f"{_url64(json.dumps(head).encode())}.{_url64(json.dumps(body).encode())}"
        return f"{text}.{_url64(run(tool('openssl'), 'dgst', '-sha256', '-sign', key, stdin=text.encode()))}"

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            authorization = self.headers.get("Authorization", "")
            asked.append({**query, "authorization": authorization})
            known = authorization == "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if authorization and not known:
                self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            kind, name, actions = (query.get("scope") or "::").split(":")
            allowed = known or name in anonymous
            access = [{"type": kind, "name": name, "actions": actions.split(",")}] if allowed and name else []
            data = json.dumps({"token": signed(access), "expires_in": lasts}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None:
            pass

    with serving(Answers) as port:
        realm = f"http://127.0.0.1:{port}/token"
        setting = (
            f"auth:\n  token:\n    realm: {realm}\n    service: edge\n    issuer: sbomctl-test\n"
            f"    rootcertbundle: {authority.certificate}\n"
        )
        server = TokenServer(realm, setting)
        asked = server.asked
        yield server


@contextmanager
def tunnel(server: Server):
    """A proxy that leads every CONNECT to ``server``; its host and port, and what it was asked with whose password."""
    asked: list[tuple[str, str]] = []

    class Tunnel(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.append((self.requestline, self.headers.get("Proxy-Authorization", "")))
            self.send_response(200)
            self.end_headers()
            with socket.create_connection(("127.0.0.1", int(server.host.rpartition(":")[2]))) as there:
                back = threading.Thread(target=_pump, args=(there, self.connection))
                back.start()
                _pump(self.connection, there)
                back.join()
            self.close_connection = True

        def log_message(self, *arguments: object) -> None:
            pass

    with serving(Tunnel) as port:
        yield f"127.0.0.1:{port}", asked


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request, client_address) -> None:
        """Those who ask hang up when they have seen enough."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(answers: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """An HTTP server on a port of its own, as long as the block runs."""
    with _Quiet(("127.0.0.1", 0), answers) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()

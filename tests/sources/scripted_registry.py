"""A small registry that misbehaves as it is told: what a real one cannot be made to do."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from image_builder import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, TWO_LAYERS, config, encoded, sha256
from registry_server import serving


@dataclass(frozen=True)
class Asked:
    """One request; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Reply:
    """``cut`` sends only so many bytes of the body and hangs up; ``hold`` waits for an event before the rest of it."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    hold: threading.Event | None = None


@dataclass
class Scripted:
    """``paths`` are the answers: a reply, or what makes one of the request and of how often it came."""

    port: int = 0
    paths: dict[str, Reply | Callable[[Asked, int], Reply]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    holding: int = 0  # replies that waited for their event, or still do

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def target(self, name: str = "edge/app:1") -> str:
        return f"registry:{self.host}/{name}"

    def times(self, path: str) -> int:
        return sum(one.path == path for one in self.asked)

    def blob(self, data: bytes, name: str = "edge/app") -> str:
        """Offer a blob; its digest."""
        self.paths[f"/v2/{name}/blobs/{sha256(data)}"] = Reply(body=data)
        return sha256(data)

    def manifest(self, document: object, tag: str = "1", kind: str = OCI_MANIFEST, name: str = "edge/app") -> str:
        """Offer a manifest, by tag and by digest; its digest."""
        data = document if isinstance(document, bytes) else encoded(document)
        for reference in (tag, sha256(data)):
            self.paths[f"/v2/{name}/manifests/{reference}"] = Reply(body=data, headers={"Content-Type": kind})
        return sha256(data)

    def image(self, layers: Sequence[bytes] = TWO_LAYERS, *, tag: str = "1", stored: Sequence[dict] = ()) -> list[str]:
        """Offer an image; the paths of its layers."""
        document = encoded(config(layers))
        packed = [gzip.compress(layer, mtime=0) for layer in layers]
        listed = list(stored) or [
            {"mediaType": OCI_LAYER + "+gzip", "digest": self.blob(data), "size": len(data)} for data in packed
        ]
        described = {"mediaType": OCI_CONFIG, "digest": self.blob(document), "size": len(document)}
        self.manifest({"schemaVersion": 2, "config": described, "layers": listed}, tag)
        return [f"/v2/edge/app/blobs/{one['digest']}" for one in listed]

    def index(self, *descriptors: dict, tag: str = "1") -> str:
        """Offer an index; its digest."""
        return self.manifest({"schemaVersion": 2, "manifests": descriptors}, tag, OCI_INDEX)


@contextmanager
def scripted() -> Iterator[Scripted]:
    """The registry, as long as the block runs."""
    server = Scripted()
    lock = threading.Lock()

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            path = self.path
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                request = Asked(self.command, path, headers, body)
                number = server.times(path)
                server.asked.append(request)
            found = server.paths.get(path) or server.paths.get(path.partition("?")[0]) or Reply(404)
            self._send(found(request, number) if callable(found) else found)

        do_HEAD = do_POST = do_GET

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "HEAD":
                return
            self.wfile.write(reply.body[: reply.cut])
            self.wfile.flush()
            if reply.hold is not None:
                with lock:
                    server.holding += 1
                reply.hold.wait(120)
            self.close_connection = self.close_connection or reply.cut is not None

        def log_message(self, *arguments: object) -> None:
            pass

    with serving(Answers) as server.port:
        yield server

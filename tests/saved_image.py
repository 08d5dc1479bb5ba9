"""Images as ``docker save`` writes them, made here from layers; syft reads them too."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path

from conftest import Entry, tar_of, tool

from sbomctl import api
from sbomctl.model import ImageSpec, Inventory, Product, Role


def docker_archive(path: Path, *layers: dict[str, Entry]) -> str:
    """Write an image of these layers, lowest first; its target."""
    tars = [tar_of(layer) for layer in layers]
    diff_ids = [f"sha256:{hashlib.sha256(tar).hexdigest()}" for tar in tars]
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": [{"created_by": f"step {index}"} for index in range(len(tars))],
        }
    )
    name = hashlib.sha256(config.encode()).hexdigest() + ".json"
    names = [f"{index}/layer.tar" for index in range(len(tars))]
    manifest = json.dumps([{"Config": name, "RepoTags": ["edge:1"], "Layers": names}])
    path.write_bytes(tar_of({**dict(zip(names, tars, strict=True)), name: config, "manifest.json": manifest}))
    return f"docker-archive:{path}"


def scan(target: str, engine: str, **options: object) -> Inventory:
    """The image at ``target`` as a whole scan sees it."""
    product = Product("edge", images=(ImageSpec("image", Role.CONTAINER, target),))
    (inventory,) = api.scan(product, api.ScanOptions(engine=engine, cache=False, **options))
    return inventory


@functools.cache
def go_binary(module: str = "example.com/hello") -> bytes:
    """A small program, built here and stripped; it carries its build information all the same."""
    with tempfile.TemporaryDirectory() as home:
        Path(home, "go.mod").write_text(f"module {module}\n\ngo 1.19\n")
        Path(home, "main.go").write_text("package main\n\nfunc main() {}\n")
        command = [tool("go"), "build", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", "program", "."]
        offline = {"GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0", "GOOS": "linux"}
        subprocess.run(command, cwd=home, env=os.environ | offline, check=True)
        return Path(home, "program").read_bytes()


def jar(group: str, artifact: str, version: str, members: dict[str, bytes] | None = None) -> bytes:
    """A Java archive as Maven makes it; "" for all three: one that says nothing of itself."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if artifact:
            title = f"Implementation-Title: {artifact}\r\nImplementation-Version: {version}\r\n"
            archive.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\r\n{title}\r\n")
            maven = f"groupId={group}\nartifactId={artifact}\nversion={version}\n"
            archive.writestr(f"META-INF/maven/{group}/{artifact}/pom.properties", maven)
        for name, data in (members or {"com/example/Main.class": b"\xca\xfe\xba\xbe"}).items():
            archive.writestr(name, data)
    return buffer.getvalue()


def dpkg_status(**versions: str) -> dict[str, str]:
    """A dpkg database with these packages."""
    record = (
        "Package: {}\nStatus: install ok installed\nVersion: {}\nArchitecture: amd64\nMaintainer: x\nDescription: x\n"
    )
    text = "\n".join(record.format(name, version) for name, version in versions.items())
    return {"etc/os-release": 'ID=debian\nVERSION_ID="12"\n', "var/lib/dpkg/status": text}


def gemspec(name: str, version: str) -> str:
    return (
        f'Gem::Specification.new do |s|\n  s.name = "{name}".freeze\n  s.version = "{version}"\n'
        f'  s.licenses = ["MIT".freeze]\n  s.homepage = "https://{name}.example".freeze\nend\n'
    )

"""Images in every stored form, made in memory from plain directories."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

from conftest import FIXTURES, layer_tar

from sbomctl.model import Platform, Role
from sbomctl.sources.base import Limits, Request
from sbomctl.sources.detect import open_target

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"

TWO_LAYERS = [layer_tar(FIXTURES / "sources" / "two-layers" / f"layer-{index}") for index in (0, 1)]


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def encoded(document: object) -> bytes:
    return json.dumps(document).encode()


def config(layers: Sequence[bytes] = TWO_LAYERS, **changes: object) -> dict[str, object]:
    """A config that fits the layers, with a history that has an empty step in it."""
    steps = [{"created_by": f"step {index}"} for index in range(len(layers))]
    return {
        "architecture": "arm64",
        "os": "linux",
        "created": "2026-01-02T03:04:05Z",
        "config": {"Labels": {"org.opencontainers.image.title": "edge", "a": "b"}},
        "rootfs": {"type": "layers", "diff_ids": [sha256(layer) for layer in layers]},
        "history": [*steps[:1], {"created_by": "ENV x=y", "empty_layer": True}, *steps[1:]],
        **changes,
    }


def archive(files: dict[str, bytes | str]) -> bytes:
    """A tar of files; a text is the target of a symbolic link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            data = b"" if isinstance(content, str) else content
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def docker_files(
    tag: str = "edge:1", layers: Sequence[bytes] = TWO_LAYERS, **changes: object
) -> dict[str, bytes | str]:
    """docker save of 1.10 to 24."""
    document = encoded(config(layers, **changes))
    names = [f"{index:064x}/layer.tar" for index in range(len(layers))]
    saved = {"Config": sha256(document)[7:] + ".json", "RepoTags": [tag], "Layers": names}
    files: dict[str, bytes | str] = dict(zip(names, layers, strict=True))
    return files | {saved["Config"]: document, "manifest.json": encoded([saved])}


def docker_blob_files(layers: Sequence[bytes] = TWO_LAYERS) -> dict[str, bytes | str]:
    """docker save since 25."""
    document = encoded(config(layers))
    blobs = {f"blobs/sha256/{sha256(data)[7:]}": data for data in (*layers, document)}
    *names, config_name = [f"blobs/sha256/{sha256(data)[7:]}" for data in (*layers, document)]
    saved = {"Config": config_name, "RepoTags": ["edge:1"], "Layers": names}
    return {**blobs, "index.json": b'{"manifests":null}', "manifest.json": encoded([saved]), "oci-layout": LAYOUT}


def docker_v1_files(layers: Sequence[bytes] = TWO_LAYERS) -> dict[str, bytes | str]:
    """docker save before 1.10."""
    files: dict[str, bytes | str] = {}
    for index, layer in enumerate(layers):
        document = {
            "id": f"{index:064x}",
            "parent": f"{index - 1:064x}" if index else None,
            "architecture": "arm64",
            "os": "linux",
            "created": "2026-01-02T03:04:05Z",
            "container_config": {"Cmd": ["/bin/sh", "-c", f"step {index}"]},
            "config": {"Labels": {"a": "b"}},
        }
        files[f"{index:064x}/json"] = encoded(document)
        files[f"{index:064x}/layer.tar"] = layer
    return files | {"repositories": encoded({"edge": {"1": f"{len(layers) - 1:064x}"}})}


LAYOUT = b'{"imageLayoutVersion": "1.0.0"}'


class Layout:
    """An OCI image layout that grows; ``files`` are its names and contents."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | str] = {"oci-layout": LAYOUT}

    def blob(self, data: bytes, media_type: str, **more: object) -> dict[str, object]:
        """Store a blob; its descriptor."""
        self.files["blobs/" + sha256(data).replace(":", "/")] = data
        return {"mediaType": media_type, "digest": sha256(data), "size": len(data), **more}

    def image(
        self, layers: Sequence[bytes] = TWO_LAYERS, *, stored: Sequence[dict[str, object]] = (), **changes: object
    ) -> dict[str, object]:
        """Store an image; the descriptor of its manifest. ``stored`` replaces the layers' descriptors."""
        manifest = {
            "schemaVersion": 2,
            "config": self.blob(encoded(config(layers, **changes)), OCI_CONFIG),
            "layers": list(stored) or [self.blob(gzip.compress(data, mtime=0), OCI_LAYER + "+gzip") for data in layers],
        }
        return self.blob(encoded(manifest), OCI_MANIFEST)

    def index(self, *manifests: dict[str, object], **more: object) -> dict[str, object]:
        """Store a nested index; its descriptor."""
        return self.blob(encoded({"schemaVersion": 2, "manifests": manifests}), OCI_INDEX, **more)

    def done(self, *manifests: dict[str, object]) -> Layout:
        """Write index.json."""
        self.files["index.json"] = encoded({"schemaVersion": 2, "manifests": manifests})
        return self

    def archive(self, path: Path) -> str:
        """As a tar at ``path``; the target."""
        path.write_bytes(archive(self.files))
        return f"oci-archive:{path}"

    def directory(self, path: Path) -> str:
        """As a directory at ``path``; the target."""
        for name, content in self.files.items():
            assert isinstance(content, bytes)
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
        return f"oci-dir:{path}"


def request(target: str, platform: Platform | None = None, limits: Limits = Limits()) -> Request:  # noqa: B008
    return Request(target, "edge", Role.CONTAINER, platform, limits)


@contextmanager
def opened(target: str, platform: Platform | None = None, limits: Limits = Limits()):  # noqa: B008
    with open_target(request(target, platform, limits)) as image:
        yield image


def read_all(target: str, platform: Platform | None = None) -> list[dict[str, bytes | str]]:
    """Path to content, or link target, of every member of each layer."""
    with opened(target, platform) as image:
        return [
            {member.path: member.link_target or b"".join(member.chunks()) for member in layer.members(Limits())}
            for layer in image.layers
        ]


@contextmanager
def unprivileged():
    """As a user who may not read everything; nothing happens where the tests are run by one."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(mine)

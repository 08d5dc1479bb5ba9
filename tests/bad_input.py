"""How a scan must end whatever it is given: what every test of bad input checks."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from click.testing import CliRunner
from conftest import tar_of

from sbomctl.cli.main import cli
from sbomctl.readers.sbomctl_json import decode

FORMATS = (
    "sbomctl-json", "spdx-json", "spdx-json@3.0", "spdx-tag-value", "cyclonedx-json", "cyclonedx-json@1.6",
    "cyclonedx-xml", "cyclonedx-xml@1.6", "table",
)  # fmt: skip
STATUS = "Package: demo\nStatus: install ok installed\nVersion: 1.0-1\nArchitecture: arm64\n\n"
DEBIAN = {"etc/os-release": 'ID=debian\nVERSION_ID="12"\n', "var/lib/dpkg/status": STATUS}
ROOTFS = tar_of(DEBIAN)
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Ended:
    """How a command ended, and the documents it wrote."""

    code: int
    out: str
    err: str
    documents: dict[str, bytes] = field(default_factory=dict)

    @property
    def bom(self):
        return decode(self.documents["sbomctl-json"], "sbomctl-json")


class Place:
    """A directory with inputs, outputs and temporary files apart, so that whatever is left over shows."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.inputs, self.outputs, self.temporary = root / "in", root / "out", root / "tmp"
        for directory in (self.inputs, self.outputs, self.temporary):
            directory.mkdir()

    @classmethod
    def used(cls, root: Path, monkeypatch) -> Place:
        """One in whose ``inputs`` the test works."""
        place = cls(root)
        monkeypatch.setenv("TMPDIR", str(place.temporary))
        monkeypatch.setattr("tempfile.tempdir", None)
        monkeypatch.chdir(place.inputs)
        return place

    def write(self, name: str, data: bytes) -> str:
        """An input; its path."""
        (self.inputs / name).write_bytes(data)
        return str(self.inputs / name)

    def scan(self, *arguments: str, formats: tuple[str, ...] = FORMATS) -> Ended:
        """Scan into documents of all formats and check what must hold however it ends."""
        before = self._contents(self.inputs)
        for file in self.outputs.iterdir():
            file.unlink()
        wishes = [word for name in formats for word in ("-o", f"{name}={self.outputs / name}")]
        command = ["scan", "--no-cache", "--engine", "native", *arguments, *wishes]
        result = CliRunner().invoke(cli, command)
        documents = {file.name: file.read_bytes() for file in self.outputs.iterdir()}
        ended = Ended(result.exit_code, result.stdout, result.stderr, documents)
        assert self._contents(self.inputs) == before, "inputs are never changed"
        self.check(ended)
        assert sorted(documents) == (sorted(formats) if ended.code in (0, 4) else []), "all documents or none"
        for name, data in documents.items():
            check_document(name, data)
        return ended

    def refused(self, *arguments: str) -> str:
        """Scan what cannot be read: exit 3, one message, a remedy. The message."""
        ended = self.scan(*arguments)
        assert ended.code == 3, ended.err
        message, hint, *rest = ended.err.splitlines()
        assert message.startswith("sbomctl: ")
        assert hint.startswith("hint: ")
        assert not rest
        return message

    def check(self, ended: Ended) -> None:
        """What holds for every command."""
        assert ended.code in (0, 2, 3, 4, 5), ended.err
        assert "Traceback" not in ended.err
        assert not _STEERING.search(ended.err + ended.out)
        assert sorted(path.name for path in self.root.iterdir()) == ["in", "out", "tmp"]
        assert not list(self.temporary.iterdir()), "nothing is left behind"
        assert not [path for path in self.outputs.iterdir() if path.name.endswith(".part")]

    @staticmethod
    def _contents(directory: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def check_document(name: str, data: bytes) -> None:
    """That the document can be read by anybody."""
    text = data.decode("utf-8")
    if "json" in name:
        json.loads(text)
        text.encode("utf-8")
    elif "xml" in name:
        ET.fromstring(text)
    else:
        assert not _STEERING.search(text)


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def encoded(document: object) -> bytes:
    return json.dumps(document).encode()


def config(*layers: bytes, **changes: object) -> dict[str, object]:
    rootfs = {"type": "layers", "diff_ids": [sha256(one) for one in layers]}
    return {"os": "linux", "architecture": "arm64", "rootfs": rootfs, **changes}


def docker_files(*layers: bytes, **changes: object) -> dict[str, bytes]:
    """The members of what docker save writes; ``changes`` are of the config."""
    document = encoded(config(*layers, **changes))
    name = sha256(document)[7:] + ".json"
    names = [f"{index:064x}/layer.tar" for index in range(len(layers))]
    saved = {"Config": name, "RepoTags": ["edge:1"], "Layers": names}
    return {**dict(zip(names, layers, strict=True)), name: document, "manifest.json": encoded([saved])}


def blob(files: dict[str, bytes], data: bytes, kind: str, **more: object) -> dict[str, object]:
    """Store a blob of an image layout; its descriptor."""
    files["blobs/" + sha256(data).replace(":", "/")] = data
    media_type = f"application/vnd.oci.image.{kind}"
    return {"mediaType": media_type, "digest": sha256(data), "size": len(data), **more}


def oci_image(files: dict[str, bytes], *layers: bytes, stored: tuple[bytes, ...] = (), **changes: object) -> bytes:
    """Store an image but for its manifest, which it gives; ``stored`` are the layers' blobs, by default gzip."""
    blobs = stored or tuple(gzip.compress(one, mtime=0) for one in layers)
    document = encoded(config(*layers, **changes))
    return encoded(
        {
            "schemaVersion": 2,
            "config": blob(files, document, "config.v1+json"),
            "layers": [blob(files, one, "layer.v1.tar+gzip") for one in blobs],
        }
    )


def oci_files(*layers: bytes, stored: tuple[bytes, ...] = (), **changes: object) -> dict[str, bytes]:
    """The files of an image layout with one image."""
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    manifest = oci_image(files, *layers, stored=stored, **changes)
    return files | {"index.json": encoded({"manifests": [blob(files, manifest, "manifest.v1+json")]})}


def saved(*layers: bytes, **changes: object) -> bytes:
    return tar_of(docker_files(*layers, **changes))

"""Images that are hard on a scanner: very many layers, very many files.

python benchmarks/images.py OUTPUT_DIRECTORY [ROOT_FILE_SYSTEM.tar]

writes ``layers74.oci.tar`` and ``million.oci.tar``. The first stands on the root filesystem if
one is given (a Debian one, uncompressed tar), else on a package database of 500 made-up packages.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from isal import igzip

LAYERS = 74
FILES = 1_000_000
OCI = "application/vnd.oci.image"
STATUS = "var/lib/dpkg/status"
RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'


class Hashing(io.RawIOBase):
    """Passes everything written on, and knows its SHA-256."""

    def __init__(self, out: BinaryIO) -> None:
        self.out, self.sha256 = out, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.sha256.update(data)
        return self.out.write(data)


def header(name: str, size: int = 0, kind: bytes = b"0") -> bytes:
    """A ustar header; tarfile needs five times as long for each of a million."""
    fields = (
        name.encode().ljust(100, b"\0")
        + b"0000644\0" + b"0000000\0" * 2
        + b"%011o\0" % size + b"00000000000\0"
        + b" " * 8 + kind + bytes(100) + b"ustar\x0000"
    ).ljust(512, b"\0")  # fmt: skip
    return fields[:148] + b"%06o\0 " % sum(fields) + fields[156:]


def tar(files: dict[str, bytes]) -> bytes:
    """``files`` as a tar archive."""
    parts = [header(path, len(data)) + data + bytes(-len(data) % 512) for path, data in files.items()]
    return b"".join(parts) + bytes(1024)


def stanza(number: int, release: int = 1) -> str:
    """The dpkg record of a made-up package."""
    return (
        f"Package: made-up-{number:03}\nStatus: install ok installed\nMaintainer: Nobody <nobody@example.org>\n"
        f"Architecture: amd64\nVersion: 1.{number}-{release}\nDepends: libc6 (>= 2.36)\nDescription: number {number}\n"
    )


def write_image(out: Path, layers: Iterator[Callable[[BinaryIO], None]]) -> None:
    """An OCI archive of gzip layers; each writes its tar to the stream it is given."""
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        blobs = Path(scratch) / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        diff_ids, descriptors = [], []

        def keep(document: object, kind: str) -> dict[str, object]:
            data = json.dumps(document, sort_keys=True).encode()
            name = hashlib.sha256(data).hexdigest()
            (blobs / name).write_bytes(data)
            return {"mediaType": f"{OCI}.{kind}.v1+json", "digest": f"sha256:{name}", "size": len(data)}

        for write in layers:
            stored = Path(scratch) / "layer"
            with stored.open("wb") as file:
                packed = Hashing(file)
                with igzip.IGzipFile(fileobj=packed, mode="wb", mtime=0) as gzip:
                    plain = Hashing(gzip)
                    write(plain)
            name = packed.sha256.hexdigest()
            size = stored.stat().st_size
            stored.rename(blobs / name)
            diff_ids.append(f"sha256:{plain.sha256.hexdigest()}")
            media_type = f"{OCI}.layer.v1.tar+gzip"
            descriptors.append({"mediaType": media_type, "digest": f"sha256:{name}", "size": size})
        history = [{"created_by": f"RUN step {number}"} for number in range(len(diff_ids))]
        rootfs = {"type": "layers", "diff_ids": diff_ids}
        config = keep({"architecture": "amd64", "os": "linux", "rootfs": rootfs, "history": history}, "config")
        manifest = {"schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json", "config": config, "layers": descriptors}
        index = {"schemaVersion": 2, "manifests": [keep(manifest, "manifest")]}
        (Path(scratch) / "index.json").write_text(json.dumps(index))
        (Path(scratch) / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        with tarfile.open(out, "w") as archive:
            for name in ("oci-layout", "index.json", "blobs"):
                archive.add(Path(scratch) / name, name)


def many_layers(root: Path | None) -> Iterator[Callable[[BinaryIO], None]]:
    """One base, then layers that each rewrite the package database: one package more, or a newer one."""
    if root is None:
        packages = dict.fromkeys(range(500), 1)
        base = ""
        files = {"etc/os-release": RELEASE, STATUS: "\n".join(map(stanza, packages)).encode()}
        yield lambda out: out.write(tar(files))
    else:
        packages = {}
        with tarfile.open(root) as archive:
            database = archive.extractfile(f"./{STATUS}")
            assert database
            base = database.read().decode() + "\n"
        yield lambda out: copy(root, out)
    for number in range(500, 500 + LAYERS - 1):
        packages[number] = 1
        if number % 3 == 0:
            packages[number - 1] = 2
        status = base + "\n".join(stanza(key, release) for key, release in packages.items())
        name = f"made-up-{number:03}"
        changed = {
            STATUS: status.encode(),
            f"var/lib/dpkg/info/{name}.list": f"/.\n/usr/share/doc/{name}/copyright\n".encode(),
            f"usr/share/doc/{name}/copyright": b"License: MIT\n",
        }
        yield lambda out, changed=changed: out.write(tar(changed))


def copy(source: Path, out: BinaryIO) -> None:
    with source.open("rb") as file:
        shutil.copyfileobj(file, out, 1 << 20)


def many_files() -> Iterator[Callable[[BinaryIO], None]]:
    """One layer of a million empty files in a thousand directories, and a small package database."""

    def write(out: BinaryIO) -> None:
        status = "\n".join(map(stanza, range(100))).encode()
        out.write(tar({"etc/os-release": RELEASE, STATUS: status})[:-1024])
        for directory in range(FILES // 1000):
            path = f"srv/data/{directory:04}/"
            out.write(header(path, kind=b"5") + b"".join(header(f"{path}file-{file:04}.dat") for file in range(1000)))
        out.write(bytes(1024))

    yield write


def build(out: Path, root: Path | None) -> None:
    """Writes both images below ``out``."""
    write_image(out / "layers74.oci.tar", many_layers(root))
    write_image(out / "million.oci.tar", many_files())


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)

"""Update bundles made by the tools of those who read them, from small trees."""

from __future__ import annotations

import subprocess
from pathlib import Path

from conftest import tool
from system_builder import run, write


def certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate of its own."""
    key, found = folder / "key.pem", folder / "cert.pem"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", found, "-subj", "/CN=edge")
    return key, found


def rauc(folder: Path, images: dict[str, Path], form: str = "plain", files: dict[str, str] | None = None) -> Path:
    """A bundle of images by slot, and of other files."""
    content = folder / f"content-{form}"
    lines = ["[update]", "compatible=edge-gateway", "version=2026.1", "[bundle]", f"format={form}"]
    lines += ["[hooks]", "filename=hook.sh"] if files and "hook.sh" in files else []
    content.mkdir()
    write(content, files or {})
    for slot, image in images.items():
        if not (content / image.name).exists():
            (content / image.name).hardlink_to(image)
        lines += [f"[image.{slot}]", f"filename={image.name}"]
    write(content, {"manifest.raucm": "\n".join(lines) + "\n"})
    key, found = certificate(folder)
    bundle = folder / f"{form}.raucb"
    bundle.unlink(missing_ok=True)
    run("rauc", "bundle", f"--cert={found}", f"--key={key}", content, bundle)
    return bundle


def swu(folder: Path, description: str, *files: Path, form: str = "newc") -> Path:
    """An archive of files, its description first, as SWUpdate's documentation makes it."""
    write(folder, {"sw-description": description})
    names = ["sw-description", *(str(file.relative_to(folder)) for file in files)]
    packed = subprocess.run(
        [tool("cpio"), "-o", "-H", form, "--quiet"],
        input="\n".join(names).encode() + b"\n",
        capture_output=True,
        check=True,
        cwd=folder,
    )
    archive = folder / "edge.swu"
    archive.write_bytes(packed.stdout)
    return archive


def mender(folder: Path, *files: Path, kind: str = "rootfs-image", compression: str = "gzip") -> Path:
    """An Artifact of one image, or of files for an update module."""
    artifact = folder / "edge.mender"
    words = ["-t", "raspberrypi4", "-n", "release-1", "--compression", compression, "-o", artifact]
    for file in files:
        words += ["-f", file]
    module = [] if kind == "rootfs-image" else ["-T", kind]
    run("mender-artifact", "write", "module-image" if module else kind, *module, *words)
    return artifact

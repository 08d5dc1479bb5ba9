"""A real Debian image, made on this machine with the tools that people make images with.

:func:`debian` bootstraps a root filesystem with mmdebstrap, imports it into a Docker engine, builds
``image/Dockerfile`` on top and saves the result in every form that sbomctl reads, together with
what dpkg, pip and npm themselves say is in it. Made once per directory; it takes two to four minutes.
Uses the package mirrors the machine is configured for.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import ssl
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

RECIPE = Path(__file__).resolve().parent / "image"
SUITE = "bookworm"
INCLUDE = "python3,python3-yaml,nodejs,npm,git"
REFERENCE = "sbomctl-test/debian:latest"
BASE = "sbomctl-test/debian-base:latest"
DPKG_FORMAT = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${db:Status-Status}\n"
TOOLS = ("mmdebstrap", "docker", "skopeo", "dpkg-query")


@dataclass(frozen=True)
class DebianImage:
    """Where everything lies."""

    directory: Path

    @property
    def rootfs(self) -> Path:
        """The bootstrapped root filesystem, a plain tar."""
        return self.directory / "rootfs.tar"

    @property
    def docker_archive(self) -> Path:
        """As ``docker save`` writes it."""
        return self.directory / "debian.docker.tar"

    @property
    def oci_archive(self) -> Path:
        """As skopeo writes it, gzip layers."""
        return self.directory / "debian.oci.tar"

    @property
    def oci_directory(self) -> Path:
        """As skopeo writes it, gzip layers."""
        return self.directory / "oci"

    @property
    def zstd_directory(self) -> Path:
        """As skopeo writes it, zstd layers."""
        return self.directory / "zstd"

    def targets(self) -> dict[str, str]:
        """The same image in every way it can be read."""
        return {
            "docker": f"docker:{REFERENCE}",
            "docker-archive": f"docker-archive:{self.docker_archive}",
            "oci-archive": f"oci-archive:{self.oci_archive}",
            "oci-dir": f"oci-dir:{self.oci_directory}",
            "zstd": f"oci-dir:{self.zstd_directory}",
        }

    def says(self, name: str) -> str:
        """What a tool said: rootfs.dpkg, image.dpkg, image.pip, image.npm."""
        return (self.directory / "says" / name).read_text("utf-8")


def debian(directory: Path) -> DebianImage:
    """The image in ``directory``; made there when it is not, and put into the Docker engine."""
    directory.mkdir(parents=True, exist_ok=True)
    image = DebianImage(directory)
    with locked(directory / "lock"):
        if not (directory / "complete").exists():
            bootstrap(image)
            build(image)
            save(image)
            ask(image)
            (directory / "complete").touch()
        elif run("docker", "image", "inspect", REFERENCE, check=False).returncode:
            run("docker", "load", "--quiet", "--input", str(image.docker_archive))
    return image


def bootstrap(image: DebianImage) -> None:
    run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={INCLUDE}", SUITE, str(image.rootfs))


def build(image: DebianImage) -> None:
    """The network is the host's, because an engine that tests start for themselves has no bridge."""
    run("docker", "import", str(image.rootfs), BASE)
    proxies = [f"--build-arg={name}" for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY") if os.environ.get(name)]
    with tempfile.TemporaryDirectory() as context:
        shutil.copytree(RECIPE, context, dirs_exist_ok=True)
        trust = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
        shutil.copy(trust, Path(context) / "trust.crt")
        run("docker", "build", "--network=host", f"--build-arg=BASE={BASE}", *proxies, f"--tag={REFERENCE}", context)


def save(image: DebianImage) -> None:
    run("docker", "save", f"--output={image.docker_archive}", REFERENCE)
    source = f"docker-archive:{image.docker_archive}"
    run("skopeo", "copy", "--quiet", source, f"oci-archive:{image.oci_archive}:latest")
    run("skopeo", "copy", "--quiet", f"oci-archive:{image.oci_archive}", f"oci:{image.oci_directory}:latest")
    zstd = ("--dest-compress", "--dest-compress-format=zstd")
    run("skopeo", "copy", "--quiet", *zstd, source, f"oci:{image.zstd_directory}:latest")


def ask(image: DebianImage) -> None:
    """Lets the ecosystems' own tools say what is installed."""
    says = image.directory / "says"
    says.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as database:
        with tarfile.open(image.rootfs) as tar:
            status = tar.extractfile("./var/lib/dpkg/status")
            assert status
            (Path(database) / "status").write_bytes(status.read())
        query = run("dpkg-query", f"--admindir={database}", "-W", f"-f={DPKG_FORMAT}")
    (says / "rootfs.dpkg").write_bytes(query.stdout)
    (says / "image.dpkg").write_bytes(inside("dpkg-query", "-W", f"-f={DPKG_FORMAT}"))
    (says / "image.pip").write_bytes(inside("python3", "-m", "pip", "list", "--format=json"))
    (says / "image.npm").write_bytes(inside("npm", "ls", "--all", "--json"))


def inside(*command: str) -> bytes:
    """What a command prints in a container of the image."""
    return run("docker", "run", "--rm", "--network=none", REFERENCE, *command).stdout


def run(*command: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    """Runs a command with the classic builder of Docker, which needs no plugin."""
    environment = os.environ | {"DOCKER_BUILDKIT": "0"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    if check and done.returncode:
        said = (done.stdout[-2000:] + done.stderr[-4000:]).decode(errors="replace")
        raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n{said}")
    return done


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time; the others wait."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

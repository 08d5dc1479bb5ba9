"""Images in Podman, through the Docker API that its service offers."""

from __future__ import annotations

import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import tool
from image_builder import archive, docker_files, opened, read_all

from sbomctl.errors import InputError

STARTS_WITHIN = 120  # seconds, on a busy machine


@contextmanager
def service(podman: list[str], socket, log):
    """Podman's API at ``socket`` as long as the block runs."""
    with log.open("wb") as out:
        running = subprocess.Popen(
            [*podman, "system", "service", "--time=0", f"unix://{socket}"], stdout=out, stderr=out
        )
    try:
        until = time.monotonic() + STARTS_WITHIN
        while not socket.exists():
            assert running.poll() is None, log.read_text()
            assert time.monotonic() < until, "podman offers no socket"
            time.sleep(0.05)
        yield
    finally:
        running.terminate()
        running.wait()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """An archive as ``docker save`` writes it."""
    path = tmp_path_factory.mktemp("saved") / "edge.tar"
    path.write_bytes(archive(docker_files("localhost/edge:1")))
    return path


@pytest.fixture(scope="module")
def podman(saved):
    """DOCKER_HOST of a Podman service of its own that has the image; no container is ever started."""
    with tempfile.TemporaryDirectory(prefix="podman-") as place:  # of pytest's own the names are too long for Podman
        stores = [f"--root={place}/root", f"--runroot={place}/run", "--storage-driver=vfs", "--events-backend=file"]
        command = [tool("podman"), *stores]
        loaded = subprocess.run(
            [*command, "load", "--input", str(saved)], capture_output=True, check=False, timeout=120
        )
        assert loaded.returncode == 0, loaded.stderr.decode()
        socket = Path(place) / "podman.sock"
        with service(command, socket, Path(place) / "log"), pytest.MonkeyPatch.context() as patch:
            patch.setenv("DOCKER_HOST", f"unix://{socket}")
            yield command


def facts(target: str):
    with opened(target) as image:
        one = image.image
        layers = [(layer.diff_id, layer.created_by) for layer in one.layers]
        return one.id, one.platform, one.labels, one.created, layers, image.problems


def test_podman_gives_the_image_that_it_loaded(podman, saved):
    assert facts("docker:localhost/edge:1") == facts(f"docker-archive:{saved}")
    assert read_all("docker:localhost/edge:1") == read_all(f"docker-archive:{saved}")


def test_a_short_name_is_one_of_this_machine(podman):
    assert facts("docker:edge:1") == facts("docker:localhost/edge:1")


def test_an_image_by_its_id(podman):
    listed = subprocess.run([*podman, "images", "--no-trunc", "--quiet"], capture_output=True, check=True, timeout=60)
    image_id = listed.stdout.decode().strip()
    assert facts(f"docker:{image_id}") == facts("docker:edge:1")
    assert facts(f"docker:{image_id.removeprefix('sha256:')[:12]}") == facts("docker:edge:1")


def test_an_image_that_podman_does_not_have(podman):
    with pytest.raises(InputError, match="no such image"), opened("docker:localhost/nowhere:1"):
        pass

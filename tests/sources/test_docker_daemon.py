"""Images in a running engine, and the same image in every form that tools write it in."""

from __future__ import annotations

import gc
import os
import subprocess
from uuid import uuid4

import pytest
from conftest import missing, tar_of, tool
from image_builder import opened, read_all

from sbomctl.errors import InputError, ToolFailed, UnsupportedInput
from sbomctl.model import Platform
from sbomctl.sources.docker_daemon import DockerDaemon

DOCKERFILE = """\
FROM {base}
LABEL com.example.a=b
COPY app /opt/app
ENV X=y
COPY app /opt/again
"""


def run(*command: str, stdin: bytes | None = None) -> str:
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}  # the builder that every engine has
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


@pytest.fixture(scope="module")
def engine():
    """The docker client, with an engine behind it."""
    docker = tool("docker")
    if subprocess.run([docker, "info"], capture_output=True, check=False, timeout=60).returncode:
        missing(f"no container engine answers at DOCKER_HOST={os.environ.get('DOCKER_HOST', '')}")
    return docker


@pytest.fixture(scope="module")
def built(engine, tmp_path_factory):
    """The name of an image of three layers in the engine."""
    name = f"sbomctl-test-{uuid4().hex[:12]}"
    context = tmp_path_factory.mktemp("context")
    (context / "app").write_text("app\n")
    (context / "Dockerfile").write_text(DOCKERFILE.format(base=f"{name}:base"))
    run(engine, "import", "-", f"{name}:base", stdin=tar_of({"etc/": None, "etc/os-release": "ID=edge\n"}))
    run(engine, "build", "--quiet", "--tag", f"{name}:app", str(context))
    yield f"{name}:app"
    run(engine, "rmi", "--force", f"{name}:app", f"{name}:base")


@pytest.fixture(scope="module")
def saved(engine, built, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "save.tar"
    run(engine, "save", "--output", str(path), built)
    return path


def facts(target: str):
    with opened(target) as image:
        one = image.image
        layers = [(layer.diff_id, layer.created_by) for layer in one.layers]
        return (one.id, one.platform, one.labels, one.created, layers, image.problems), read_all(target)


def test_the_engine_gives_what_it_saves(built, saved):
    assert facts(f"docker:{built}") == facts(f"docker-archive:{saved}")
    (image_id, platform, labels, created, layers, problems), files = facts(built)
    assert labels == (("com.example.a", "b"),)
    assert platform.os == "linux"
    assert created
    assert [bool("COPY" in step) for _, step in layers] == [False, True, True]
    assert not problems
    assert [list(layer) for layer in files] == [["etc", "etc/os-release"], ["opt", "opt/app"], ["opt", "opt/again"]]
    assert image_id.startswith("sha256:")


def test_an_image_by_its_id(engine, built):
    whole = run(engine, "inspect", "--format", "{{.Id}}", built)
    for target in (whole, whole[7:19], f"docker:{whole}"):
        with opened(target) as image:
            assert image.image.id == whole
            assert image.syft_target == "docker:" + target.removeprefix("docker:")


FORMS = {
    "oci-archive": ("oci-archive:{}", "oci-archive:{}", ()),
    "oci-dir": ("oci:{}", "oci-dir:{}", ()),
    "oci-dir, zstd": ("oci:{}", "oci-dir:{}", ("--dest-compress-format", "zstd")),
    "docker-archive": ("docker-archive:{}", "docker-archive:{}", ()),
}


@pytest.mark.parametrize("form", FORMS)
def test_copies_hold_the_same_image(built, saved, tmp_path, form):
    destination, target, options = FORMS[form]
    path = tmp_path / "copy"
    run(tool("skopeo"), "copy", "--quiet", *options, f"docker-archive:{saved}", destination.format(path))
    (image_id, *image), files = facts(target.format(path))
    (saved_id, *original), saved_files = facts(f"docker-archive:{saved}")
    assert image == original
    assert files == saved_files
    assert (image_id == saved_id) is (form == "docker-archive"), "skopeo writes a new config for OCI"
    with opened(target.format(path)) as one:
        kinds = {layer.media_type.rpartition("+")[2] for layer in one.image.layers}
    assert kinds == {"zstd"} if "zstd" in form else {"gzip", ""} >= kinds


def test_an_image_that_is_not_there(engine):
    with pytest.raises(InputError, match="no such image") as caught, opened("docker:sbomctl-test-nowhere:1"):
        pass
    assert "docker pull sbomctl-test-nowhere:1" in caught.value.hint


def test_another_platform_than_the_one_there_is(built):
    with pytest.raises(UnsupportedInput, match="no image for plan9/mips"), opened(built, Platform("plan9", "mips")):
        pass


@pytest.mark.parametrize("host", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:1", "nonsense://x", "ssh://-x"])
@pytest.mark.filterwarnings("ignore:.*socket:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_engine(monkeypatch, host):
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(ToolFailed, match="no container engine answers") as caught, opened("docker:alpine:3"):
        pass
    assert "DOCKER_HOST" in caught.value.hint
    assert "Error(" not in caught.value.message  # no error of a library in Python's notation
    del caught
    gc.collect()  # the SDK leaves the socket open that it could not connect


@pytest.mark.parametrize("name", ["UPPER", "a//b", "-x", "a:b:c", "../../version"])
def test_what_is_no_image_name(name):
    with pytest.raises(InputError, match="is no image name"), opened(f"docker:{name}"):
        pass
    assert not DockerDaemon().accepts(name)

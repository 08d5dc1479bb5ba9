"""Kernel modules of a real Debian kernel, against modinfo (kmod), plain and compressed in every way."""

from __future__ import annotations

import re
import subprocess
import tarfile
from pathlib import Path

import pytest
from conftest import missing, tool
from without_database import scan

from sbomctl.catalogers._linux_image import read_image
from sbomctl.catalogers._linux_module import read_module
from sbomctl.catalogers._unpacked import STREAMS

KERNEL = "linux-image-cloud-amd64"
FIELDS = ("license", "version", "author", "alias", "description", "vermagic", "intree", "name")

pytestmark = pytest.mark.timeout(600)  # whoever comes first fetches the kernel


@pytest.fixture(scope="session")
def kernel(pytestconfig: pytest.Config) -> Path:
    """The files of Debian's smallest kernel, fetched once by apt-get and kept in pytest's cache directory."""
    assert pytestconfig.cache
    home = pytestconfig.cache.mkdir("debian-kernel")
    tree = home / "tree"
    if not (home / "complete").exists():
        for name in ("apt-get", "apt-cache", "dpkg-deb"):
            tool(name)
        said = subprocess.run(["apt-cache", "depends", KERNEL], capture_output=True, text=True, check=False).stdout
        wanted = re.search(r"Depends: (linux-image-\S+)", said)
        if wanted is None or subprocess.run(["apt-get", "download", wanted[1]], cwd=home, check=False).returncode:
            missing(f"apt-get cannot fetch {KERNEL}")
        [package] = home.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", package, tree], check=True)
        (home / "complete").touch()
    return tree


@pytest.fixture(scope="session")
def modules(kernel: Path) -> list[Path]:
    found = sorted(kernel.glob("lib/modules/*/**/*.ko"))
    assert len(found) > 1000
    return found


def said(path: Path) -> dict[str, list[str]]:
    """What modinfo says, field by field."""
    pairs = subprocess.run([tool("modinfo"), "-0", path], capture_output=True, check=True).stdout.split(b"\0")
    words: dict[str, list[str]] = {}
    for pair in pairs:
        key, _, value = pair.decode("utf-8", "replace").partition("=")
        words.setdefault(key, []).append(value)
    return {key: words.get(key, []) for key in FIELDS}


def test_every_module_says_what_modinfo_says(modules):
    for path in modules:
        words, found = said(path), read_module(path.read_bytes())
        assert found is not None, path
        assert [*found.licenses] == words["license"], path
        assert [*found.authors] == words["author"], path
        assert [*found.aliases] == words["alias"], path
        assert found.version == "".join(words["version"][:1]).strip(), path
        assert found.description == "".join(words["description"][:1]).strip(), path
        assert found.release == words["vermagic"][0].split(" ")[0], path
        assert (found.intree, found.name) == (words["intree"] == ["Y"], words["name"][0]), path


@pytest.mark.parametrize(("program", "suffix"), [("xz", ".xz"), ("gzip", ".gz"), ("zstd", ".zst")])
def test_compressed_modules_say_the_same(modules, program, suffix):
    """As ``CONFIG_MODULE_COMPRESS`` makes them."""
    for path in modules[::100]:
        packed = subprocess.run([tool(program), "-c", path], capture_output=True, check=True).stdout
        assert read_module(packed) == read_module(path.read_bytes()), suffix


def test_the_kernel_is_one_package_with_all_its_modules(kernel, modules, tmp_path):
    tar = tmp_path / "kernel.tar"
    with tarfile.open(tar, "w") as archive:
        for top in ("boot", "lib"):
            archive.add(kernel / top, top)
    found = scan(f"rootfs:{tar}")
    [linux] = found.packages
    release = modules[0].relative_to(kernel).parts[2]
    source = re.search(r"# Linux/x86 (\S+) Kernel", (kernel / f"boot/config-{release}").read_text())
    assert source
    assert (linux.version, linux.cpe) == (release, f"cpe:2.3:o:linux:linux_kernel:{source[1]}:*:*:*:*:*:*:*")
    assert {*linux.files} >= {path.relative_to(kernel).as_posix() for path in modules}
    assert f"boot/vmlinuz-{release}" in linux.files
    assert not found.unowned
    assert found.coverage.identified_bytes == found.coverage.bytes


def test_the_image_of_the_kernel_names_its_release(kernel):
    [image] = kernel.glob("boot/vmlinuz-*")
    found = read_image(image.read_bytes())
    assert found is not None
    assert found.release == image.name.removeprefix("vmlinuz-")


@pytest.mark.parametrize(
    "packer",
    ["gzip -c", "xz -c --check=crc32", "xz -c --format=lzma", "bzip2 -c", "zstd -c -19", "lz4 -l -c", "lzop -c"],
)
def test_a_banner_is_found_in_every_compression_of_a_kernel(packer):
    """Behind code that holds the magic numbers too, as the decompressors do."""
    banner = b"Linux version 6.1.0-acme (build@acme) (gcc (GCC) 12.2.0) #1 SMP PREEMPT\n\0"
    content = bytes(range(256)) * 2000 + banner + bytes(1 << 16)
    program, *options = packer.split()
    packed = subprocess.run([tool(program), *options], input=content, capture_output=True, check=True).stdout
    found = read_image(b"".join(magic + bytes(20) for magic, _ in STREAMS) + packed)
    assert found is not None
    assert found.release == "6.1.0-acme"
